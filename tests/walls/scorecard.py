"""What a wall test says about itself: counts, not adjectives, on the standard output of the test."""

import sys


def tell(area: str, **figures: object) -> None:
    """Prints one line: the area and its figures; shown by ``pytest -s`` and ``-rP``."""
    sys.stdout.write(f"\n{area}: " + ", ".join(f"{name} {value}" for name, value in figures.items()) + "\n")
