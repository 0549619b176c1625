"""Workbooks of thousands of live formulas, written as text: the kit's rules and styles, a tenth of its time.

A sheet is filled like any other (``Sheet``). Its XML is made here, and a sheet that many files share is compressed
once (``LiveSheet.pressed``). Styles, theme and relations come from a workbook the kit makes once per process.
"""

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from xml.sax.saxutils import escape

from openpyxl.utils import get_column_letter

from tenants.documents.pressed import Pressed, press, zip_pressed
from tenants.documents.styles import Style
from tenants.documents.text import printable
from tenants.documents.workbook import DIFFERS, Formula, Sheet, Workbook

# The kit's style list: every style stands in the skeleton plain, then as text that must stay text.
_STYLE_NUMBERS = {style: 2 * place + 1 for place, style in enumerate(Style)}
# Columns beyond those a sheet names: a figure of 15 digits with its commas.
_USUAL_WIDTH = 17
_letter = lru_cache(maxsize=None)(get_column_letter)


@dataclass(slots=True)
class _Cell:
    """What ``Sheet`` sets on a cell; the names are openpyxl's."""

    row: int
    column: int
    style: Style
    value: object = None
    data_type: str = "n"
    quotePrefix: bool = False  # noqa: N815  (openpyxl's name)

    @property
    def coordinate(self) -> str:
        return f"{_letter(self.column)}{self.row}"


class LiveSheet(Sheet):
    """One sheet of a live workbook: A4, with ``footer`` and page numbers below.

    It is fitted to ``pages_wide`` pages side by side; 0 leaves its size and lets it run on to the right.
    """

    def __init__(
        self, title: str, widths: Sequence[float], *, footer: str, landscape: bool = False, pages_wide: int = 1
    ) -> None:
        self.title = title
        self.cached: dict[str, str | int | float] = {}
        self._widths = list(widths)
        self._heights: dict[int, float] = {}
        self._footer = f"&8 {printable(footer).replace('&', '&&')}"
        self._landscape = landscape
        self._pages_wide = pages_wide
        self._cells: dict[int, dict[int, _Cell]] = {}
        self._merged: list[str] = []
        self._marked: list[str] = []
        self._frozen: tuple[int, int] | None = None

    def freeze(self, row: int, column: int = 1) -> None:
        """Keep everything above ``row`` and left of ``column`` in sight."""
        self._frozen = (row, column)

    def pressed(self, number: int) -> Pressed:
        """The sheet as the part of that number (from 1), compressed; the same for every workbook it stands in."""
        return press(f"xl/worksheets/sheet{number}.xml", self._xml().encode())

    def _grow(self, row: int, text: str, style: Style, width: float) -> None:
        super()._grow(row, text, style, width or _USUAL_WIDTH)

    def _mark(self, address: str) -> None:
        self._marked.append(address)

    def _cell(self, row: int, column: int, style: Style, span: int) -> _Cell:
        cells = self._cells.get(row)
        if cells is None:
            cells = self._cells[row] = {}
            self._heights.setdefault(row, 19.0)
        cell = cells[column] = _Cell(row, column, style)
        for extra in range(column + 1, column + span):
            cells[extra] = _Cell(row, extra, style)
        if span > 1:
            self._merged.append(f"{cell.coordinate}:{_letter(column + span - 1)}{row}")
        return cell

    def _xml(self) -> str:
        rows = "".join(self._row(row) for row in sorted(self._cells))
        merged = "".join(f'<mergeCell ref="{area}"/>' for area in self._merged)
        marked = " ".join(self._marked)
        rule = f'<cfRule type="cellIs" priority="1" operator="equal" dxfId="0"><formula>"{DIFFERS}"</formula></cfRule>'
        orientation = "landscape" if self._landscape else "portrait"
        footer = escape(f"&L{self._footer}&R&8 &P / &N 頁")
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
            f'<sheetPr><pageSetUpPr fitToPage="{int(self._pages_wide > 0)}"/></sheetPr>'
            f"{self._view()}{self._columns()}<sheetData>{rows}</sheetData>"
            + (f"<mergeCells>{merged}</mergeCells>" if merged else "")
            + (f'<conditionalFormatting sqref="{marked}">{rule}</conditionalFormatting>' if marked else "")
            + '<printOptions horizontalCentered="1"/>'
            '<pageMargins left="0.55" right="0.55" top="0.6" bottom="0.75" header="0.3" footer="0.35"/>'
            f'<pageSetup orientation="{orientation}" paperSize="9" fitToHeight="0" fitToWidth="{self._pages_wide}"/>'
            f"<headerFooter><oddFooter>{footer}</oddFooter></headerFooter></worksheet>"
        )

    def _view(self) -> str:
        pane = ""
        if self._frozen is not None:
            row, column = self._frozen
            across = f'xSplit="{column - 1}" ' if column > 1 else ""
            name = "bottomRight" if column > 1 else "bottomLeft"
            place = f"{_letter(column)}{row}"
            pane = f'<pane {across}ySplit="{row - 1}" topLeftCell="{place}" activePane="{name}" state="frozen"/>'
        return f'<sheetViews><sheetView showGridLines="0" workbookViewId="0">{pane}</sheetView></sheetViews>'

    def _columns(self) -> str:
        columns = "".join(
            f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>'
            for place, width in enumerate(self._widths, 1)
        )
        return f'<sheetFormatPr defaultColWidth="{_USUAL_WIDTH}" defaultRowHeight="15"/><cols>{columns}</cols>'

    def _row(self, row: int) -> str:
        cells = self._cells[row]
        written = "".join(self._written(cells[column]) for column in sorted(cells))
        return f'<row r="{row}" ht="{round(self._heights[row], 1)}" customHeight="1">{written}</row>'

    def _written(self, cell: _Cell) -> str:
        address = f"{_letter(cell.column)}{cell.row}"
        start = f'<c r="{address}" s="{_STYLE_NUMBERS[cell.style] + cell.quotePrefix}"'
        if cell.value is None:
            return f"{start}/>"
        if cell.data_type == "s":
            return f'{start} t="inlineStr"><is><t xml:space="preserve">{escape(str(cell.value))}</t></is></c>'
        known = self.cached.get(address)
        if known is None:
            return f"{start}><v>{cell.value}</v></c>"
        kind = ' t="str"' if isinstance(known, str) else ""
        return f"{start}{kind}><f>{escape(str(cell.value)[1:])}</f><v>{escape(str(known))}</v></c>"


def live_xlsx(title: str, sheets: Sequence[tuple[str, Pressed]]) -> bytes:
    """The xlsx file of sheets with their names, each pressed under its number; equal contents give equal bytes."""
    before, after = _skeleton(tuple(name for name, _ in sheets))
    core = re.sub(
        "<dc:title>.*?</dc:title>",
        lambda _: f"<dc:title>{escape(printable(title))}</dc:title>",
        before["docProps/core.xml"],
        flags=re.DOTALL,
    )
    return zip_pressed([*after, press("docProps/core.xml", core.encode()), *(part for _, part in sheets)])


@lru_cache(maxsize=16)
def _skeleton(names: tuple[str, ...]) -> tuple[dict[str, str], tuple[Pressed, ...]]:
    """What a workbook with these sheets holds beside them: the part with its title, and the parts that never change."""
    book = Workbook("title")
    for name in names:
        sheet = book.sheet(name, (10,), footer="")
        for place, style in enumerate(Style, 1):
            sheet.text(place, 1, "text", style)
            sheet.text(place, 2, "=text", style)
        sheet.formula(len(Style) + 1, 1, Formula("1"), value=1, style=Style.CHECK)
    with zipfile.ZipFile(io.BytesIO(book.to_bytes())) as archive:
        parts = {name: archive.read(name) for name in archive.namelist() if not name.startswith("xl/worksheets/")}
    core = parts.pop("docProps/core.xml").decode()
    # The list of contents comes first, as readers that stream a package expect it.
    order = sorted(parts, key=lambda name: (name != "[Content_Types].xml", name))
    return {"docProps/core.xml": core}, tuple(press(name, parts[name]) for name in order)
