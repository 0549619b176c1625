"""総括表 as a workbook for the prefecture: members × costs with live sums, and the same in thousands of yen."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from billing.statements.rules import StatementMeta, SummaryRow, SummaryView
from tenants.calendar import fiscal_year_label, japanese_date
from tenants.documents.styles import Style
from tenants.documents.workbook import AGREES, DIFFERS, Formula, Sheet, Workbook, cell_name

TRUNCATION_NOTE = "端数処理のため合計が一致しない場合がある"
"""What a table in thousands of yen says (千円未満切捨て)."""

_FIRST_COST = 3
# Columns of figures on one A4 landscape page that still print legibly.
_COLUMNS_A_PAGE = 15
_NOTES = 4


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where each group of figures stands; columns count from 1."""

    costs: range
    adjustment: int | None
    gross: int
    grants: range
    burden: int
    invoice: int
    issued: int
    difference: int
    check: int


def summary_xlsx(view: SummaryView, meta: StatementMeta) -> bytes:
    """The run's summary as xlsx: 総括表 in yen with sum checks, and 千円 truncated."""
    book = Workbook(f"総括表 {fiscal_year_label(meta.fiscal_year)} {view.title}")
    places = _columns(view)
    widths = [10, 28, *[15] * (places.check - _FIRST_COST), 11]
    footer = f"{meta.document_number} 総括表 {view.title} {meta.sample_note}".strip()
    pages = -(-(places.check - _FIRST_COST) // _COLUMNS_A_PAGE)
    yen = book.sheet("総括表", widths, footer=footer, landscape=True, pages_wide=pages)
    _write_yen(yen, view, meta, places)
    thousands = book.sheet("総括表(千円)", widths[:-1], footer=footer, landscape=True, pages_wide=pages)
    _write_thousands(thousands, view, meta, places)
    return book.to_bytes()


def _columns(view: SummaryView) -> _Columns:
    costs = range(_FIRST_COST, _FIRST_COST + len(view.costs))
    adjustment = costs.stop if view.rounds_on_total else None
    gross = costs.stop + (1 if view.rounds_on_total else 0)
    grants = range(gross + 1, gross + 1 + len(view.grant_names))
    end = grants.stop
    return _Columns(costs, adjustment, gross, grants, end, end + 1, end + 2, end + 3, end + 4)


def _write_yen(sheet: Sheet, view: SummaryView, meta: StatementMeta, places: _Columns) -> None:
    first = _head(sheet, view, meta, places, "円", checked=True)
    row = first - 1
    for bearer in view.rows:
        row += 1
        _bearer(sheet, row, bearer, places, _yen)
        _row_check(sheet, row, bearer, places)
    for bearer in (view.prefecture, view.undistributed):
        row += 1
        _bearer(sheet, row, bearer, places, _yen, claims=False)
        _row_check(sheet, row, bearer, places, claims=False)
    row += 1
    _sums(sheet, row, (first, row - 1), view, places)
    row = _cost_checks(sheet, row, view, places)
    _run_check(sheet, row + 2, view, (places.gross, first))


def _head(sheet: Sheet, view: SummaryView, meta: StatementMeta, places: _Columns, unit: str, *, checked: bool) -> int:
    """The title and the headings; returns the first row of bearers."""
    width = places.check if checked else places.difference
    run = f"{meta.stage_label}(第{meta.run_number}回)"
    sheet.text(1, 1, "総括表", Style.TITLE, span=8)
    caption = f"{fiscal_year_label(meta.fiscal_year)}　{view.title}　{run}　{meta.prefecture_name}"
    sheet.text(2, 1, caption, Style.CAPTION, span=8)
    approved = f"　承認 {meta.approved_by}" if meta.approved_by else ""
    words = f"{meta.document_number}　{japanese_date(meta.issued_on)}{approved}　入力の指紋 {meta.input_sha256}"
    sheet.text(3, 1, words, Style.NOTE, span=8)
    note = f"単位: {unit}" + ("" if checked else f"(千円未満切捨て)　{TRUNCATION_NOTE}")
    sheet.text(_NOTES, 1, f"{note}　{meta.sample_note}".strip(), Style.NOTE, span=8)
    names = ["コード", "団体", *(cost.name for cost in view.costs)]
    names += ["端数調整"] if places.adjustment else []
    names += ["負担総額", *view.grant_names, "負担金", "請求額", "通知済み", "差額"]
    row = _NOTES + 2
    sheet.header(row, names + (["検算"] if checked else []))
    how = ["", "", *(cost.charge for cost in view.costs)] + [""] * (width - places.costs.stop + 1)
    sheet.header(row + 1, how)
    sheet.freeze(row + 2, _FIRST_COST)
    sheet.repeat_rows(row, row + 1)
    sheet.repeat_columns(1, _FIRST_COST - 1)
    return row + 2


def _figures(bearer: SummaryRow, places: _Columns, *, claims: bool) -> Iterable[tuple[int, int]]:
    """Column and yen of every figure in a row; the prefecture is not invoiced and shows no claims."""
    yield from zip(places.costs, bearer.shares_yen, strict=True)
    if places.adjustment:
        yield places.adjustment, bearer.adjustment_yen
    yield places.gross, bearer.gross_yen
    yield from zip(places.grants, bearer.grants_yen, strict=True)
    yield places.burden, bearer.burden_yen
    if claims:
        yield places.invoice, bearer.invoice_yen
        yield places.issued, bearer.issued_yen
        yield places.difference, bearer.difference_yen


def _bearer(
    sheet: Sheet,
    row: int,
    bearer: SummaryRow,
    places: _Columns,
    scale: Callable[[int], int],
    *,
    claims: bool = True,
    styles: tuple[Style, Style] = (Style.TEXT, Style.YEN),
) -> None:
    sheet.text(row, 1, bearer.code, styles[0])
    sheet.text(row, 2, bearer.name, styles[0])
    for column, amount in _figures(bearer, places, claims=claims):
        sheet.yen(row, column, scale(amount), styles[1])
    if not claims:
        sheet.blank(row, (places.invoice, places.issued, places.difference), styles[1])


def _row_check(sheet: Sheet, row: int, bearer: SummaryRow, places: _Columns, *, claims: bool = True) -> None:
    gross, burden = cell_name(row, places.gross), cell_name(row, places.burden)
    shares = f"{cell_name(row, places.costs.start)}:{cell_name(row, places.gross - 1)}"
    granted = "".join(f"-{cell_name(row, column)}" for column in places.grants)
    conditions = [
        f"SUM({shares})={gross}" if places.gross > _FIRST_COST else f"{gross}=0",
        f"{gross}{granted}={burden}",
    ]
    if claims:
        invoice, issued, difference = (
            cell_name(row, column) for column in (places.invoice, places.issued, places.difference)
        )
        conditions.append(f"{invoice}-{issued}={difference}")
    expression = Formula(f'IF(AND({",".join(conditions)}),"{AGREES}","{DIFFERS}")')
    sheet.formula(row, places.check, expression, value=AGREES if bearer.adds_up else DIFFERS, style=Style.CHECK)


def _totals(view: SummaryView) -> SummaryRow:
    """The sum of all bearers; claims are the members' alone."""
    bearers = (*view.rows, view.prefecture, view.undistributed)
    return SummaryRow(
        code="",
        name="合計",
        shares_yen=tuple(map(sum, zip(*(bearer.shares_yen for bearer in bearers), strict=True))),
        adjustment_yen=sum(bearer.adjustment_yen for bearer in bearers),
        gross_yen=sum(bearer.gross_yen for bearer in bearers),
        grants_yen=tuple(map(sum, zip(*(bearer.grants_yen for bearer in bearers), strict=True))),
        burden_yen=sum(bearer.burden_yen for bearer in bearers),
        invoice_yen=sum(row.invoice_yen for row in view.rows),
        issued_yen=sum(row.issued_yen for row in view.rows),
        difference_yen=sum(row.difference_yen for row in view.rows),
    )


def _sums(sheet: Sheet, row: int, rows: tuple[int, int], view: SummaryView, places: _Columns) -> None:
    sheet.text(row, 1, "", Style.SUM_TEXT)
    sheet.text(row, 2, "合計", Style.SUM_TEXT)
    for column, amount in _figures(_totals(view), places, claims=True):
        cells = f"{cell_name(rows[0], column)}:{cell_name(rows[1], column)}"
        sheet.formula(row, column, Formula(f"SUM({cells})"), value=amount, style=Style.SUM_YEN)
    sheet.blank(row, (places.check,), Style.SUM_TEXT)


def _cost_checks(sheet: Sheet, row: int, view: SummaryView, places: _Columns) -> int:
    """Under the sums: what each cost comes to, and whether its column agrees; returns the last row."""
    totals = _totals(view)
    facts = (
        ("経費額", [cost.amount_yen for cost in view.costs], view.cost_yen),
        ("特定財源", [cost.revenue_yen for cost in view.costs], view.revenue_yen),
        ("按分の対象額", [cost.net_yen for cost in view.costs], view.net_yen),
    )
    sum_row = row
    for name, amounts, whole in facts:
        row += 1
        sheet.text(row, 2, name)
        for column, amount in zip((*places.costs, places.gross), (*amounts, whole), strict=True):
            sheet.yen(row, column, amount)
    net_row, row = row, row + 1
    sheet.text(row, 2, "検算")
    checks = [(places.gross, totals.gross_yen == view.net_yen)]
    if not view.rounds_on_total:
        nets = zip(places.costs, totals.shares_yen, view.costs, strict=True)
        checks += [(column, amount == cost.net_yen) for column, amount, cost in nets]
    for column, holds in checks:
        left, right = cell_name(sum_row, column), cell_name(net_row, column)
        expression = Formula(f'IF({left}={right},"{AGREES}","{DIFFERS}")')
        sheet.formula(row, column, expression, value=AGREES if holds else DIFFERS, style=Style.CHECK)
    return row


def _run_check(sheet: Sheet, row: int, view: SummaryView, place: tuple[int, int]) -> None:
    """対象額 = 構成団体 + 県 + 未配分, in figures and as a check."""
    column, first = place
    last = first + len(view.rows) - 1
    members = f"SUM({cell_name(first, column)}:{cell_name(last, column)})"
    prefecture, nobody = cell_name(last + 1, column), cell_name(last + 2, column)
    sheet.text(row, 2, "按分の対象額 = 構成団体 + 県 + 未配分", Style.SUM_TEXT)
    sheet.yen(row, 3, view.net_yen, Style.SUM_YEN)
    total = view.members_gross_yen + view.prefecture.gross_yen + view.undistributed.gross_yen
    expression = Formula(f"{members}+{prefecture}+{nobody}")
    sheet.formula(row, 4, expression, value=total, style=Style.SUM_YEN)
    left, right = cell_name(row, 3), cell_name(row, 4)
    verdict = Formula(f'IF({left}={right},"{AGREES}","{DIFFERS}")')
    sheet.formula(row, 5, verdict, value=AGREES if view.net_agrees else DIFFERS, style=Style.CHECK)


def _write_thousands(sheet: Sheet, view: SummaryView, meta: StatementMeta, places: _Columns) -> None:
    row = _head(sheet, view, meta, places, "千円", checked=False) - 1
    for bearer in view.rows:
        row += 1
        _bearer(sheet, row, bearer, places, _thousands)
    for bearer in (view.prefecture, view.undistributed):
        row += 1
        _bearer(sheet, row, bearer, places, _thousands, claims=False)
    row += 1
    _bearer(sheet, row, _totals(view), places, _thousands, styles=(Style.SUM_TEXT, Style.SUM_YEN))
    sheet.text(row + 1, 1, TRUNCATION_NOTE, Style.NOTE, span=8)


def _yen(amount: int) -> int:
    return amount


def _thousands(amount: int) -> int:
    """Cut towards zero, so that a refund is not made larger than it is."""
    return -(-amount // 1000) if amount < 0 else amount // 1000
