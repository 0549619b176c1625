"""Members that leave (退会): from when, why, and how the rest of the year is then borne."""
