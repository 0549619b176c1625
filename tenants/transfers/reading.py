"""Rows of a transfer from what was sent: a workbook or CSV, or rows pasted from a spreadsheet."""

import csv
import io
from collections.abc import Sequence

from tenants.errors import Invalid
from tenants.imports.reading import read_table
from tenants.transfers.forms import COLUMNS, EMAIL
from tenants.transfers.operations import Row

_LONGEST_CELL = 254
"""Characters, as long as the longest address; longer cells are other material."""
_HEADING_WITHIN = 10
"""Lines above the headings that a person may have left in."""


async def parsed_rows(content: bytes, file_name: str) -> list[Row]:
    """The rows of a sent file, read in a child process. Raises Invalid for what cannot be read or has no headings."""
    table = await read_table(content, file_name)
    return rows_of_table([(one.number, one.cells) for one in table.rows], "file")


def rows_of_text(text: str) -> list[Row]:
    """The rows of a pasted text, cells parted by tabs. Raises Invalid for what cannot be read or has no headings."""
    lines = csv.reader(io.StringIO(text.replace("\x00", "")), delimiter="\t")
    try:
        numbered = list(enumerate(lines, start=1))
    except csv.Error as error:  # a line ended by a bare CR, or a cell beyond what the reader takes
        message = (
            "貼り付けた行を表として読み取れません。改行が正しくないか、長すぎるセルがあります。"
            "表計算ソフトで範囲を選び直して貼り付けるか、ファイルで送ってください。"
        )
        raise Invalid("unreadable-rows", message, {"rows": message}) from error
    return rows_of_table(numbered, "rows")


def rows_of_table(lines: Sequence[tuple[int, Sequence[str]]], field: str) -> list[Row]:
    """The lines below the headings as (line number, cells by heading); empty lines are left out.

    Raises Invalid at ``field`` when the headings are missing.
    """
    plain = [(number, [" ".join(cell.split())[:_LONGEST_CELL] for cell in line]) for number, line in lines]
    start = next((place for place, (_, line) in enumerate(plain[:_HEADING_WITHIN]) if EMAIL in line), None)
    if start is None:
        message = f"「{EMAIL}」の見出しが見つかりません。見出しの行も含めて送ってください。"
        raise Invalid("no-headings", message, {field: message})
    headings = plain[start][1]
    rows: list[Row] = []
    for number, line in plain[start + 1 :]:
        cells = {heading: cell for heading, cell in zip(headings, line, strict=False) if heading in COLUMNS and cell}
        if cells:
            rows.append((number, cells))
    return rows
