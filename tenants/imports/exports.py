"""Workbooks of imports: the empty table to fill in, and the wrong rows as they came, with what is to be corrected."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from tenants.documents.styles import FONT_NAME, RED, Style, named_style
from tenants.documents.text import printable
from tenants.imports.checking import Result, told
from tenants.imports.matching import plain_heading
from tenants.imports.rules import ImportColumn, Outcome

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROW_NUMBER, REASON = "元の行番号", "直すところ"
"""The two columns put beside the rows that come back; they stay unused when the file is sent again."""
_OURS = frozenset({plain_heading(ROW_NUMBER), plain_heading(REASON)})
_WRONG = PatternFill("solid", fgColor="FDEEEE")  # Red 50 of the Digital Agency design system
_WRONG_FONT = Font(name=FONT_NAME, size=10, color=RED, bold=True, charset=128, family=2)
_TOP = Alignment(vertical="top", wrap_text=True)
_NUMBER_WIDTH, _CELL_WIDTH, _REASON_WIDTH = 12, 22, 60
_CELL_LIMIT = 32_767
"""What one cell can hold (Excel specifications and limits)."""
_RISKY = ("=", "+", "-", "@", "\t", "\n")


def rejected_rows(
    title: str,
    headings: Sequence[str],
    mapping: Mapping[str, int],
    columns: Sequence[ImportColumn],
    results: Sequence[Result],
) -> bytes | None:
    """The wrong rows as a workbook: number in the file, every cell as it came, wrong ones marked, and the reasons.

    None when no row is wrong. What a person wrote is text, whatever it begins with.
    """
    wrong = [one for one in results if one.outcome is Outcome.WRONG]
    if not wrong:
        return None
    width = max(len(headings), *(len(one.cells) for one in wrong))
    shown = [at for at in range(width) if at >= len(headings) or plain_heading(headings[at]) not in _OURS]
    book, sheet = _book("誤りの行")
    _lay_out(sheet, [_NUMBER_WIDTH, *(_CELL_WIDTH for _ in shown), _REASON_WIDTH])
    named = [headings[at] if at < len(headings) else "" for at in shown]
    sheet.append([_cell(sheet, word, Style.HEADER) for word in (ROW_NUMBER, *named, REASON)])
    for one in wrong:
        bad = {mapping[key] for key in one.faults if key in mapping}
        cells = [one.cells[at] if at < len(one.cells) else "" for at in shown]
        sheet.append(
            [
                one.number,
                *(_marked(sheet, text, wrong=at in bad) for at, text in zip(shown, cells, strict=True)),
                _marked(sheet, "\n".join(told(one.faults, columns)), wrong=False),
            ]
        )
    book.properties.title = printable(title)
    return _bytes(book)


def template_workbook(title: str, columns: Sequence[ImportColumn]) -> bytes:
    """A workbook to fill in: the headings, what is needed, and an explanation on a sheet of its own."""
    book, sheet = _book("記入用")
    _lay_out(sheet, [_CELL_WIDTH for _ in columns])
    sheet.append([_cell(sheet, one.label, Style.HEADER) for one in columns])
    notes = book.create_sheet("説明")
    _lay_out(notes, [24, 10, 32, _REASON_WIDTH])
    notes.append([_cell(notes, word, Style.HEADER) for word in ("列", "必須", "記入例", "説明")])
    for one in columns:
        words = (one.label, "必須" if one.required else "任意", one.example, one.hint)
        notes.append([_marked(notes, word, wrong=False) for word in words])
    book.properties.title = printable(title)
    return _bytes(book)


def _book(name: str) -> tuple[Any, Any]:
    book = openpyxl.Workbook(write_only=True)
    book.add_named_style(named_style(Style.HEADER))
    return book, book.create_sheet(name)


def _lay_out(sheet: Any, widths: Sequence[float]) -> None:
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = "A2"


def _cell(sheet: Any, text: str, style: Style) -> Any:
    cell = WriteOnlyCell(sheet, printable(text)[:_CELL_LIMIT])
    cell.data_type = "s"
    cell.style = style.value
    return cell


def _marked(sheet: Any, text: str, *, wrong: bool) -> Any:
    plain = printable(text)[:_CELL_LIMIT]
    cell = WriteOnlyCell(sheet, plain)
    cell.data_type = "s"
    cell.alignment = _TOP
    if plain.startswith(_RISKY):
        cell.quotePrefix = True
    if wrong:
        cell.fill, cell.font = _WRONG, _WRONG_FONT
    return cell


def _bytes(book: Any) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
