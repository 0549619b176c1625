"""Scenarios side by side: what every town would pay, against the program as it stands or its last approved run."""
