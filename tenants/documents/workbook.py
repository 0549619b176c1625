"""Workbooks (xlsx) in the house style, whose text can never become a formula.

There is no way to write a bare value: ``text`` writes strings, ``yen`` and ``number`` write figures, and only
``formula`` writes a formula, which states the value it must compute, so that previewers and protected views
show it too.
"""

import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, NewType
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED

import openpyxl
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from tenants.documents.archive import FixedZip
from tenants.documents.styles import RED, WRAPPING, Style, named_style, points_of
from tenants.documents.text import printable, width_of

LARGEST_EXACT = 2**53 - 1
"""A workbook's numbers are binary floats (ECMA-376 §18.3.1.96); larger whole numbers would lose digits."""

CELL_TEXT_LIMIT = 32_767
"""Characters one cell can hold (Excel specifications and limits)."""

AGREES, DIFFERS = "一致", "不一致"
"""What a check cell says."""

_FIFTEEN_DIGITS = Context(prec=15)  # what a workbook keeps and every program shows

Formula = NewType("Formula", str)
"""An expression written by a programmer; see ``formula``."""

# A created date is obligatory in a workbook; a fixed one keeps equal documents equal byte for byte.
_FIXED_INSTANT = datetime(1980, 1, 1)  # noqa: DTZ001  (openpyxl takes naive instants and writes them as UTC)
_ESCAPE_LOOKALIKE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_RISKY_START = ("=", "+", "-", "@", "\t", "\n")
# Points of row height per point of letters, with air above and below; measured on BIZ UDPGothic.
_LINE_HEIGHT, _ROW_AIR = 1.4, 5.0
_SMALLEST_ROW = 19.0
# Letters wider than the column's nominal digits, and no break inside a number: keep a tenth in hand.
_WIDTH_IN_HAND = 0.92


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its width in half-width characters (a full-width character takes two)."""

    width: float


class Sheet:
    """One sheet; rows and columns count from 1. Obtained from ``Workbook.sheet``."""

    def __init__(self, sheet: Worksheet, widths: Sequence[float]) -> None:
        self._sheet = sheet
        self._widths = list(widths)
        self._heights: dict[int, float] = {}
        self.cached: dict[str, str | int | float] = {}
        for index, width in enumerate(widths, start=1):
            sheet.column_dimensions[get_column_letter(index)].width = width

    def text(self, row: int, column: int, value: str, style: Style = Style.TEXT, *, span: int = 1) -> None:
        """Write ``value`` as a string whatever it begins with, over ``span`` columns.

        What a workbook cannot hold is removed; text beyond ``CELL_TEXT_LIMIT`` ends in 「…(以下省略)」.
        """
        plain = _ESCAPE_LOOKALIKE.sub("_x005F_", printable(value))
        if len(plain) > CELL_TEXT_LIMIT:
            ending = "…(以下省略)"
            plain = plain[: CELL_TEXT_LIMIT - len(ending)] + ending
        cell = self._cell(row, column, style, span)
        cell.value = plain
        cell.data_type = "s"
        if plain.startswith(_RISKY_START):
            # Keeps the string a string when a person edits the cell later.
            cell.quotePrefix = True
        self._grow(row, plain, style, sum(self._widths[column - 1 : column - 1 + span]))

    def yen(self, row: int, column: int, value: int, style: Style = Style.YEN, *, span: int = 1) -> None:
        """Write a whole number of yen. Raises ``ValueError`` for anything that a workbook would round."""
        if type(value) is not int or abs(value) > LARGEST_EXACT:
            raise ValueError(f"not an exact amount of yen: {value!r}")
        self._cell(row, column, style, span).value = value

    def number(
        self, row: int, column: int, value: int | Decimal, style: Style = Style.NUMBER, *, span: int = 1
    ) -> None:
        """Write a quantity. Raises ``ValueError`` when more than 15 significant digits would be lost."""
        exact = Decimal(value)
        if not exact.is_finite() or len(exact.normalize().as_tuple().digits) > _FIFTEEN_DIGITS.prec:
            raise ValueError(f"not an exact number for a workbook: {value!r}")
        self._cell(row, column, style, span).value = int(exact) if exact == exact.to_integral() else exact

    def fraction(self, row: int, column: int, value: Fraction, style: Style = Style.NUMBER, *, span: int = 1) -> None:
        """Write an exact figure as near as a workbook can hold it: to 15 significant digits."""
        nearest = _FIFTEEN_DIGITS.divide(Decimal(value.numerator), Decimal(value.denominator))
        self.number(row, column, nearest, style, span=span)

    def formula(
        self,
        row: int,
        column: int,
        expression: Formula,
        *,
        value: str | int | float,
        style: Style,
        span: int = 1,
    ) -> None:
        """Write a live formula and the ``value`` it computes today. ``expression`` has no leading ``=``."""
        cell = self._cell(row, column, style, span)
        cell.value = f"={expression}"
        self.cached[cell.coordinate] = value
        if style is Style.CHECK:
            self._mark(cell.coordinate)

    def header(self, row: int, names: Sequence[str]) -> None:
        """Write a row of column headings from column 1."""
        for column, name in enumerate(names, start=1):
            self.text(row, column, name, Style.HEADER)

    def blank(self, row: int, columns: Sequence[int], style: Style) -> None:
        """Give empty cells a style, so that lines run on under them."""
        for column in columns:
            self._cell(row, column, style, 1)

    def choices(self, first_row: int, last_row: int, column: int, values: Sequence[str]) -> None:
        """Offer ``values`` to choose from and refuse anything else. Raises ``ValueError`` for too many."""
        listed = ",".join(values)
        # ECMA-376 §18.3.1.32: a list written out holds 255 characters, and a comma or quote would end an entry.
        if len(listed) > 255 or any("," in one or '"' in one for one in values):  # noqa: PLR2004
            raise ValueError("this list of choices does not fit a cell rule")
        rule = DataValidation(type="list", formula1=f'"{listed}"', allow_blank=True)
        rule.error, rule.errorTitle = "一覧から選んでください。", "入力できない値です"
        letter = get_column_letter(column)
        rule.add(f"{letter}{first_row}:{letter}{last_row}")
        self._sheet.add_data_validation(rule)

    def freeze(self, row: int, column: int = 1) -> None:
        """Keep everything above ``row`` and left of ``column`` in sight."""
        self._sheet.freeze_panes = f"{get_column_letter(column)}{row}"

    def repeat_rows(self, first: int, last: int) -> None:
        """Print these rows at the top of every page."""
        self._sheet.print_title_rows = f"{first}:{last}"

    def repeat_columns(self, first: int, last: int) -> None:
        """Print these columns at the left of every page."""
        self._sheet.print_title_cols = f"{get_column_letter(first)}:{get_column_letter(last)}"

    def finish(self) -> None:
        """Set the row heights that the text written so far needs."""
        for row, height in self._heights.items():
            self._sheet.row_dimensions[row].height = round(height, 1)

    def _mark(self, address: str) -> None:
        """Let a check cell turn red when it says that something differs."""
        mark = CellIsRule(  # type: ignore[no-untyped-call]
            operator="equal", formula=[f'"{DIFFERS}"'], font=Font(bold=True, color=RED)
        )
        self._sheet.conditional_formatting.add(address, mark)

    def _cell(self, row: int, column: int, style: Style, span: int) -> Any:
        cell = self._sheet.cell(row, column)
        cell.style = style.value
        for extra in range(column + 1, column + span):
            self._sheet.cell(row, extra).style = style.value
        if span > 1:
            self._sheet.merge_cells(start_row=row, end_row=row, start_column=column, end_column=column + span - 1)
        self._heights.setdefault(row, _SMALLEST_ROW)
        return cell

    def _grow(self, row: int, text: str, style: Style, width: float) -> None:
        points = points_of(style)
        # Column widths count digits of the 11-point default; smaller letters fit more of them.
        room = max(width * _WIDTH_IN_HAND * 11 / points, 1)
        lines = sum(max(1, math.ceil(width_of(line) / room)) for line in text.split("\n")) if style in WRAPPING else 1
        self._heights[row] = max(self._heights[row], lines * points * _LINE_HEIGHT + _ROW_AIR)


class Workbook:
    """A workbook in the house style; ``to_bytes`` gives the same bytes for the same content."""

    def __init__(self, title: str) -> None:
        self._book = openpyxl.Workbook()
        self._book.remove(self._book.worksheets[0])
        for style in Style:
            self._book.add_named_style(named_style(style))
        self._sheets: list[Sheet] = []
        properties = self._book.properties
        properties.title = printable(title)
        properties.creator = "Yui"
        properties.created = properties.modified = _FIXED_INSTANT

    def sheet(
        self, title: str, widths: Sequence[float], *, footer: str, landscape: bool = False, pages_wide: int = 1
    ) -> Sheet:
        """Add a sheet set up for A4, fitted to ``pages_wide``, with ``footer`` and page numbers below.

        ``title`` is ours, never a person's: it may not hold ``[]:*?/\\`` and has at most 31 characters.
        """
        made = self._book.create_sheet(title)
        made.sheet_view.showGridLines = False
        page = made.page_setup
        page.paperSize, page.orientation = 9, "landscape" if landscape else "portrait"  # 9 is A4
        page.fitToWidth, page.fitToHeight = pages_wide, 0
        made.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        made.print_options.horizontalCentered = True
        margins = made.page_margins
        margins.left = margins.right = 0.55  # inches; holes for a binder still fit
        margins.top, margins.bottom, margins.header, margins.footer = 0.6, 0.75, 0.3, 0.35
        # An ampersand starts a code in a footer; the space keeps digits from reading as a letter size.
        made.oddFooter.left.text = f"&8 {printable(footer).replace('&', '&&')}"
        made.oddFooter.right.text = "&8 &P / &N 頁"
        sheet = Sheet(made, widths)
        self._sheets.append(sheet)
        return sheet

    def to_bytes(self) -> bytes:
        """The xlsx file. Raises ``ValueError`` when a formula was written past ``Sheet.formula``."""
        buffer = io.BytesIO()
        for sheet in self._sheets:
            sheet.finish()
        cached = {f"xl/worksheets/sheet{n}.xml": sheet.cached for n, sheet in enumerate(self._sheets, 1)}
        with _WorkbookZip(buffer, cached) as archive:
            ExcelWriter(self._book, archive).write_data()
        return buffer.getvalue()


def cell_name(row: int, column: int, *, fixed: bool = False) -> str:
    """The address of a cell: ``B5``, or ``$B$5`` when ``fixed``."""
    letter = get_column_letter(column)
    return f"${letter}${row}" if fixed else f"{letter}{row}"


_FORMULA_CELL = re.compile(r'<c r="([A-Z]+[0-9]+)"([^>]*)><f>(.*?)</f><v ?/></c>', re.DOTALL)
_ANY_FORMULA = re.compile("<f[ >/]")


class _WorkbookZip(FixedZip):
    """Writes a workbook's parts and puts beside each formula the value it computes."""

    def __init__(self, target: io.BytesIO, cached: dict[str, dict[str, str | int | float]]) -> None:
        super().__init__(target, "w", ZIP_DEFLATED)
        self._cached = cached

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:
        """Add a sheet that openpyxl left in a temporary file."""
        with open(filename, encoding="utf-8") as source:  # noqa: PTH123  (openpyxl names it as text)
            xml = source.read()
        values = self._cached[arcname]
        if sorted(found[1] for found in _FORMULA_CELL.finditer(xml)) != sorted(values) or _ANY_FORMULA.search(
            _FORMULA_CELL.sub("", xml)
        ):
            raise ValueError("a formula was written past the builder")
        written = _FORMULA_CELL.sub(lambda found: _with_value(found, values), xml)
        self.writestr(arcname, written)


def _with_value(found: re.Match[str], values: dict[str, str | int | float]) -> str:
    value = values[found[1]]
    kind = ' t="str"' if isinstance(value, str) else ""
    return f'<c r="{found[1]}"{found[2]}{kind}><f>{found[3]}</f><v>{escape(str(value))}</v></c>'
