"""Adopting a scenario as a draft: the program's registered inputs become the scenario's, by their own operations."""
