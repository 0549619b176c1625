"""試算: what-if copies of a case, for finance officers to change, compare and adopt as a draft; never issued."""
