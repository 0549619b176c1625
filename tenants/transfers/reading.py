"""Rows of a transfer from what was sent: pasted from a spreadsheet, with the headings on the first line."""

import csv
import io
from collections.abc import Sequence

from tenants.errors import Invalid
from tenants.transfers.forms import COLUMNS, EMAIL
from tenants.transfers.operations import Row

_LONGEST_CELL = 254
"""Characters, as long as the longest address; longer cells are other material."""
_HEADING_WITHIN = 10
"""Lines above the headings that a person may have left in."""


def rows_of_text(text: str) -> list[Row]:
    """The lines below the headings as (line number, cells by heading); empty lines are left out.

    Raises Invalid when the headings are missing.
    """
    lines = list(csv.reader(io.StringIO(text.replace("\x00", "")), delimiter="\t"))
    return rows_of_table(lines)


def rows_of_table(lines: Sequence[Sequence[str]]) -> list[Row]:
    """The same of a table of texts, such as a parsed workbook's first sheet."""
    plain = [[" ".join(cell.split())[:_LONGEST_CELL] for cell in line] for line in lines]
    start = next((number for number, line in enumerate(plain[:_HEADING_WITHIN]) if EMAIL in line), None)
    if start is None:
        message = f"「{EMAIL}」の見出しが見つかりません。見出しの行も含めて貼り付けてください。"
        raise Invalid("no-headings", message, {"rows": message})
    headings = plain[start]
    rows: list[Row] = []
    for number, line in enumerate(plain[start + 1 :], start=start + 2):
        cells = {heading: cell for heading, cell in zip(headings, line, strict=False) if heading in COLUMNS and cell}
        if cells:
            rows.append((number, cells))
    return rows
