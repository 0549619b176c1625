"""A table for a terminal, whose columns stay straight although Japanese characters are two cells wide."""

import unicodedata
from collections.abc import Sequence


def text_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The lines of the table, indented by two, columns two cells apart."""
    lines = [heads, *rows]
    widths = [max(_cells(line[column]) for line in lines) for column in range(len(heads))]
    return "\n".join(
        "  " + "  ".join(text + " " * (width - _cells(text)) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _cells(text: str) -> int:
    """Terminal cells the text takes; wide and full-width characters take two (Unicode Annex 11)."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
