"""The comparison as a workbook: towns down, sides across, sums and differences as live formulas."""

from billing.scenarios.comparison.rules import MARKS, Comparison, Figure, Row
from tenants.calendar import fiscal_year_label
from tenants.documents.styles import Style
from tenants.documents.workbook import Formula, Sheet, Workbook, cell_name

_BASE = 3
_FIRST = 7
"""The first row of a town: title, program, note, a blank, names of the sides, headings."""


def comparison_xlsx(comparison: Comparison, title: str, fiscal_year: int) -> bytes:
    """The comparison as xlsx."""
    further = len(comparison.sides) - 1
    book = Workbook(f"試算の比較 {fiscal_year_label(fiscal_year)} {title}")
    widths = [10, 26, 16, *[16, 16, 13] * further]
    sheet = book.sheet("試算の比較", widths, footer=f"試算の比較 {title}", landscape=True)
    sheet.text(1, 1, "試算の比較", Style.TITLE, span=6)
    sheet.text(2, 1, f"{fiscal_year_label(fiscal_year)}　{title}", Style.CAPTION, span=6)
    sheet.text(3, 1, "試算です。負担金の通知ではありません。", Style.NOTE, span=6)
    names = "　".join(f"{mark} = {side.name}" for mark, side in comparison.marked)
    sheet.text(_FIRST - 2, 1, names, Style.TEXT, span=len(widths))
    heads = [head for mark in MARKS[1 : further + 1] for head in (f"{mark} 負担金", f"{mark} 差額", f"{mark} 増減率")]
    sheet.header(_FIRST - 1, ["コード", "団体", f"{MARKS[0]} 負担金", *heads])
    sheet.freeze(_FIRST, _BASE)
    sheet.repeat_rows(_FIRST - 1, _FIRST - 1)
    for row, one in enumerate(comparison.rows, _FIRST):
        _line(sheet, row, one)
    last = _FIRST + len(comparison.rows)
    _line(sheet, last, comparison.total, rows=(_FIRST, last - 1))
    for row, one in enumerate(comparison.others, last + 2):
        _line(sheet, row, one)
    return book.to_bytes()


def _line(sheet: Sheet, row: int, one: Row, rows: tuple[int, int] | None = None) -> None:
    """One town, or with ``rows`` the sum over these rows."""
    text, yen = (Style.TEXT, Style.YEN) if rows is None else (Style.SUM_TEXT, Style.SUM_YEN)
    ratio = Style.RATIO if rows is None else Style.SUM_RATIO
    sheet.text(row, 1, one.code, text)
    sheet.text(row, 2, one.name, text)
    for side, figure in enumerate(one.figures):
        column = _BASE if side == 0 else _BASE + 3 * side - 2
        _amount(sheet, (row, column), figure, yen, rows)
        if side:
            _difference(sheet, (row, column), figure, yen, ratio)


def _amount(sheet: Sheet, place: tuple[int, int], figure: Figure, style: Style, rows: tuple[int, int] | None) -> None:
    row, column = place
    if figure.yen is None:
        sheet.blank(row, (column,), style)
    elif rows is None or rows[1] < rows[0]:
        sheet.yen(row, column, figure.yen, style)
    else:
        cells = f"{cell_name(rows[0], column)}:{cell_name(rows[1], column)}"
        sheet.formula(row, column, Formula(f"SUM({cells})"), value=figure.yen, style=style)


def _difference(sheet: Sheet, place: tuple[int, int], figure: Figure, yen: Style, ratio: Style) -> None:
    row, column = place
    if figure.difference_yen is None:
        sheet.blank(row, (column + 1, column + 2), yen)
        return
    now, base, difference = (cell_name(row, one) for one in (column, _BASE, column + 1))
    sheet.formula(row, column + 1, Formula(f"{now}-{base}"), value=figure.difference_yen, style=yen)
    if figure.rate is None:
        sheet.blank(row, (column + 2,), ratio)
    else:
        sheet.formula(row, column + 2, Formula(f"{difference}/{base}"), value=float(figure.rate), style=ratio)
