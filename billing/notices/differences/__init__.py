"""差額調書: what a later run changes for each member, against the run approved before it; for prefecture and member."""
