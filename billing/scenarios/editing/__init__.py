"""Changing a scenario's case on pages: one page per part, every field named by its place in the case."""
