"""A list as a workbook, written row by row, so that a hundred thousand rows need no more memory than a page."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

from tenants.calendar import JST
from tenants.documents.styles import NUMBER_FORMAT, YEN_FORMAT, Style, named_style
from tenants.documents.text import printable
from tenants.documents.workbook import CELL_TEXT_LIMIT, LARGEST_EXACT

_FORMATS = {"yen": YEN_FORMAT, "figure": NUMBER_FORMAT, "date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm:ss"}
_WIDTHS = {"yen": 16, "figure": 12, "date": 12, "datetime": 20, "code": 14}
_TEXT_WIDTH = 28
_RISKY_START = ("=", "+", "-", "@", "\t", "\n")
_HEAD_ROWS = 3
"""Title, what was asked, an empty row; the headings follow."""


def write_list_workbook(
    path: Path, title: str, note: str, columns: Sequence[tuple[str, str]], rows: Iterable[Sequence[Any]]
) -> int:
    """Writes ``rows`` under the columns (label, kind) to ``path`` and returns how many there were.

    Text is a string whatever it begins with; figures beyond what a workbook holds exactly are written as text.
    """
    book = openpyxl.Workbook(write_only=True)
    for style in (Style.TITLE, Style.NOTE, Style.HEADER):
        book.add_named_style(named_style(style))
    sheet = book.create_sheet("一覧")
    for place, (_, kind) in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = _WIDTHS.get(kind, _TEXT_WIDTH)
    sheet.freeze_panes = f"A{_HEAD_ROWS + 2}"
    sheet.print_title_rows = f"{_HEAD_ROWS + 1}:{_HEAD_ROWS + 1}"
    sheet.append([_text(sheet, title, Style.TITLE)])
    sheet.append([_text(sheet, note, Style.NOTE)])
    sheet.append([])
    sheet.append([_text(sheet, label, Style.HEADER) for label, _ in columns])
    written = 0
    for row in rows:
        sheet.append([_cell(sheet, value, kind) for value, (_, kind) in zip(row, columns, strict=True)])
        written += 1
    last = get_column_letter(len(columns))
    sheet.auto_filter.ref = f"A{_HEAD_ROWS + 1}:{last}{_HEAD_ROWS + 1 + written}"
    book.save(path)
    return written


def _cell(sheet: Any, value: Any, kind: str) -> Any:
    if value is None:
        return None
    if isinstance(value, bool):
        return _text(sheet, "はい" if value else "いいえ")
    if isinstance(value, int | Decimal) and -LARGEST_EXACT <= value <= LARGEST_EXACT:
        return _plain(sheet, value, kind)
    if isinstance(value, datetime):  # a workbook knows no time zones
        return _plain(sheet, value.astimezone(JST).replace(tzinfo=None, microsecond=0), "datetime")
    if isinstance(value, date):
        return _plain(sheet, value, "date")
    if isinstance(value, str | int | Decimal):
        return _text(sheet, str(value))
    return _text(sheet, "、".join(str(one) for one in value))


def _plain(sheet: Any, value: Any, kind: str) -> Any:
    cell = WriteOnlyCell(sheet, value)
    if kind in _FORMATS:
        cell.number_format = _FORMATS[kind]
    return cell


def _text(sheet: Any, text: str, style: Style | None = None) -> Any:
    plain = printable(text)[:CELL_TEXT_LIMIT]
    cell = WriteOnlyCell(sheet, plain)
    cell.data_type = "s"
    if style is not None:
        cell.style = style.value
    if plain.startswith(_RISKY_START):
        cell.quotePrefix = True
    return cell
