"""One table as the reading process hands it over: rows of text with the numbers they have in the file."""

from collections.abc import Iterator
from dataclasses import dataclass

from tenants.imports.parsing.refusals import Refused


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most a table may hold."""

    rows: int
    columns: int
    cell_characters: int
    content_bytes: int
    zip_entries: int
    uncompressed_bytes: int
    compression_ratio: int


@dataclass(frozen=True, slots=True)
class Found:
    """What was found out about a file before, and besides, its rows."""

    format: str
    encoding: str
    sheet: str
    remarks: tuple[tuple[str, int, str], ...]
    """Code, count and name of each remark."""


NumberedRow = tuple[int, list[str]]


def bounded(rows: Iterator[NumberedRow], bounds: Bounds) -> Iterator[NumberedRow]:
    """The rows that hold anything, without blank cells at their end; raises Refused beyond the bounds."""
    given = 0
    for number, cells in rows:
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells:
            continue
        given += 1
        if given > bounds.rows:
            raise Refused("too-many-rows", limit=bounds.rows)
        if len(cells) > bounds.columns:
            raise Refused("too-many-columns", row=number, limit=bounds.columns)
        if any(len(cell) > bounds.cell_characters for cell in cells):
            raise Refused("cell-too-long", row=number, limit=bounds.cell_characters)
        yield number, cells
    if given == 0:
        raise Refused("nothing-to-read")
