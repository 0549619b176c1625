"""差額調書 as a workbook: members with live differences and sums, and what changed item by item."""

from billing.notices.differences.rules import DifferenceReport, ItemDifference, MemberDifference
from tenants.calendar import fiscal_year_label
from tenants.documents.styles import Style
from tenants.documents.workbook import AGREES, DIFFERS, Formula, Sheet, Workbook, cell_name

_BEFORE, _NOW, _DIFFERENCE = 3, 4, 5
"""Columns of the figures on both sheets; the first two say whose and what."""
_FIRST = 6


def difference_xlsx(report: DifferenceReport, prefecture_name: str, sample_note: str) -> bytes:
    """The 差額調書 as xlsx; every difference and sum is a formula."""
    book = Workbook(f"差額調書 {fiscal_year_label(report.fiscal_year)} {report.title}")
    footer = f"{report.document_number} 差額調書 {report.title} {sample_note}".strip()
    _members(
        book.sheet("差額調書", [10, 34, 17, 17, 17, 11, 44], footer=footer, landscape=True), report, prefecture_name
    )
    _items(book.sheet("団体別の内訳", [34, 44, 17, 17, 17], footer=footer, landscape=True), report, prefecture_name)
    return book.to_bytes()


def _head(sheet: Sheet, report: DifferenceReport, prefecture_name: str, names: list[str]) -> None:
    sheet.text(1, 1, "差額調書", Style.TITLE, span=5)
    caption = f"{fiscal_year_label(report.fiscal_year)}　{report.title}　{report.stage_label}　{prefecture_name}"
    sheet.text(2, 1, caption, Style.CAPTION, span=5)
    compared = f"今回 {report.document_number}　前回 {report.previous_number}({report.previous_label})　単位: 円"
    sheet.text(3, 1, compared, Style.NOTE, span=5)
    sheet.header(_FIRST - 1, names)
    sheet.freeze(_FIRST, 3)
    sheet.repeat_rows(_FIRST - 1, _FIRST - 1)


def _members(sheet: Sheet, report: DifferenceReport, prefecture_name: str) -> None:
    _head(sheet, report, prefecture_name, ["コード", "団体", "前回の額", "今回の額", "差額", "区分", "理由"])
    row = _FIRST - 1
    for row, one in enumerate(report.members, start=_FIRST):
        sheet.text(row, 1, one.code)
        sheet.text(row, 2, one.name)
        _figures(sheet, row, one)
        cell = cell_name(row, _DIFFERENCE)
        word = Formula(f'IF({cell}>0,"追徴",IF({cell}<0,"還付","増減なし"))')
        sheet.formula(row, 6, word, value=one.word, style=Style.CENTRE)
        sheet.text(row, 7, one.reason)
    last, row = row, row + 1
    sheet.text(row, 1, "", Style.SUM_TEXT)
    sheet.text(row, 2, "合計", Style.SUM_TEXT)
    sums = (report.before_yen, report.now_yen, report.now_yen - report.before_yen)
    for column, amount in zip((_BEFORE, _NOW, _DIFFERENCE), sums, strict=True):
        cells = f"{cell_name(_FIRST, column)}:{cell_name(last, column)}"
        sheet.formula(row, column, Formula(f"SUM({cells})"), value=amount, style=Style.SUM_YEN)
    before, now, difference = (cell_name(row, column) for column in (_BEFORE, _NOW, _DIFFERENCE))
    verdict = Formula(f'IF({now}-{before}={difference},"{AGREES}","{DIFFERS}")')
    sheet.formula(row, 6, verdict, value=AGREES, style=Style.CHECK)
    sheet.blank(row, (7,), Style.SUM_TEXT)


def _items(sheet: Sheet, report: DifferenceReport, prefecture_name: str) -> None:
    _head(sheet, report, prefecture_name, ["団体", "項目", "前回の額", "今回の額", "差額"])
    row = _FIRST - 1
    for member in report.members:
        first = row + 1
        for item in member.items:
            row += 1
            sheet.text(row, 1, member.name)
            sheet.text(row, 2, item.name)
            _figures(sheet, row, item)
        last, row = row, row + 1
        sheet.text(row, 1, member.name, Style.SUM_TEXT)
        sheet.text(row, 2, "請求額", Style.SUM_TEXT)
        sums = (member.before_yen, member.now_yen, member.difference_yen)
        for column, amount in zip((_BEFORE, _NOW, _DIFFERENCE), sums, strict=True):
            if last < first:
                sheet.yen(row, column, amount, Style.SUM_YEN)
                continue
            cells = f"{cell_name(first, column)}:{cell_name(last, column)}"
            sheet.formula(row, column, Formula(f"SUM({cells})"), value=amount, style=Style.SUM_YEN)


def _figures(sheet: Sheet, row: int, one: MemberDifference | ItemDifference) -> None:
    sheet.yen(row, _BEFORE, one.before_yen)
    sheet.yen(row, _NOW, one.now_yen)
    expression = Formula(f"{cell_name(row, _NOW)}-{cell_name(row, _BEFORE)}")
    sheet.formula(row, _DIFFERENCE, expression, value=one.difference_yen, style=Style.YEN)
