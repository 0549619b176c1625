"""The claim workbook: live sums and checks over costs, given amounts and payments; people's text is no formula."""

from datetime import date

from billing.grant_procedures.claims.rules import ClaimView
from billing.grant_procedures.lines.rules import LineView, sums
from billing.grant_procedures.steps.rules import KINDS
from billing.grants.rules import FUNDERS, LEVELS, TAXES
from tenants.calendar import fiscal_year_label, japanese_date
from tenants.documents.styles import Style
from tenants.documents.workbook import AGREES, DIFFERS, Formula, Sheet, Workbook, cell_name

_COSTS, _GIVEN, _PAYMENTS, _EVIDENCE = "経費", "交付金の額", "受入と返還", "証拠書類"
_FIRST = 4
"""The first row of every table: title, caption, headings stand above."""


def claim_xlsx(view: ClaimView) -> bytes:
    """The workbook of one grant. Raises ValueError for amounts that a workbook would round."""
    book = Workbook(f"請求・実績報告 {view.grant.name}")
    footer = f"{fiscal_year_label(view.fiscal_year)} {view.grant.name}"
    summary = book.sheet("請求・実績報告", [30, 20, 44], footer=footer)
    costs = book.sheet(_COSTS, [26, 15, 15, 15, 15, 15, 9, 28, 15, 15, 15], footer=footer, landscape=True)
    given = book.sheet(_GIVEN, [12, 36, 18], footer=footer)
    payments = book.sheet(_PAYMENTS, [18, 18, 22, 18, 30], footer=footer)
    evidence = book.sheet(_EVIDENCE, [24, 26, 34, 14, 70], footer=footer, landscape=True)
    eligible = _write_costs(costs, view)
    total = _write_given(given, view)
    received, tax = _write_payments(payments, view)
    _write_evidence(evidence, view)
    _write_summary(summary, view, (eligible, total, received, tax))
    return book.to_bytes()


def _head(sheet: Sheet, view: ClaimView, title: str, span: int, headings: list[str]) -> None:
    sheet.text(1, 1, title, Style.TITLE, span=span)
    caption = f"{fiscal_year_label(view.fiscal_year)} {view.program_title} {view.grant.name}"
    sheet.text(2, 1, caption, Style.CAPTION, span=span)
    sheet.header(_FIRST - 1, headings)
    sheet.freeze(_FIRST)
    sheet.repeat_rows(_FIRST - 1, _FIRST - 1)


def _write_costs(sheet: Sheet, view: ClaimView) -> str:
    """The costs with their sums; the address of the sum of eligible yen."""
    names = ["経費", "経費(税込)", "特定財源", "差引", "対象", "対象外", "検算", "対象外の理由"]
    _head(sheet, view, "経費ごとの対象額", 8, [*names, "契約日", "検収日", "支払完了日"])
    row = _FIRST
    for line in view.lines:
        _write_line(sheet, row, line)
        row += 1
    total = sums(view.lines)
    amounts = (
        sum(one.cost.amount_yen for one in view.lines),
        sum(one.cost.revenue_yen for one in view.lines),
        total.net_yen,
        total.eligible_yen,
        total.ineligible_yen,
    )
    sheet.text(row, 1, "合計", Style.SUM_TEXT)
    for column, amount in enumerate(amounts, 2):
        _sum(sheet, row, column, amount)
    _check(sheet, row, 7, f"E{row}+F{row}=D{row}", holds=total.adds_up)
    sheet.blank(row, (8, 9, 10, 11), Style.SUM_TEXT)
    return f"'{_COSTS}'!E{row}"


def _write_line(sheet: Sheet, row: int, line: LineView) -> None:
    sheet.text(row, 1, line.cost.name)
    sheet.yen(row, 2, line.cost.amount_yen)
    sheet.yen(row, 3, line.cost.revenue_yen)
    sheet.formula(row, 4, Formula(f"B{row}-C{row}"), value=line.cost.net_yen, style=Style.YEN)
    sheet.yen(row, 5, line.assumed.eligible_yen)
    sheet.yen(row, 6, line.assumed.ineligible_yen)
    _check(sheet, row, 7, f"E{row}+F{row}=D{row}", holds=line.adds_up)
    sheet.text(row, 8, line.assumed.reason)
    days = (line.dates.contract_date, line.dates.delivery_date, line.dates.payment_date)
    for column, day in enumerate(days, 9):
        sheet.text(row, column, _day(day), Style.CENTRE)


def _write_given(sheet: Sheet, view: ClaimView) -> str:
    """What the last approved run gave, by bearer; the address of the sum."""
    _head(sheet, view, f"交付金の額(計算の結果 {view.run or 'なし'})", 3, ["コード", "団体", "交付金の額"])
    row = _FIRST
    for one in view.given:
        sheet.text(row, 1, one.code)
        sheet.text(row, 2, one.name)
        sheet.yen(row, 3, one.grant_yen)
        row += 1
    sheet.text(row, 1, "合計", Style.SUM_TEXT, span=2)
    _sum(sheet, row, 3, view.given_yen or 0)
    return f"'{_GIVEN}'!C{row}"


def _write_payments(sheet: Sheet, view: ClaimView) -> tuple[str, str]:
    """Received and repaid, repaid as negative; the address of the sum, and what was repaid as consumption tax."""
    _head(sheet, view, "受入と返還", 5, ["日付", "区分", "文書番号", "額", "メモ"])
    row, total = _FIRST, 0
    for step, amount in view.payments:
        sheet.text(row, 1, japanese_date(step.step_date), Style.CENTRE)
        sheet.text(row, 2, step.label)
        sheet.text(row, 3, step.document_number)
        sheet.yen(row, 4, amount)
        sheet.text(row, 5, step.note)
        row, total = row + 1, total + amount
    sheet.text(row, 1, "受入の計(返還を引いた額)", Style.SUM_TEXT, span=3)
    _sum(sheet, row, 4, total)
    sheet.blank(row, (5,), Style.SUM_TEXT)
    kinds, amounts = (f"'{_PAYMENTS}'!{column}{_FIRST}:{column}{row - 1}" for column in "BD")
    tax = f'0-SUMIF({kinds},"{KINDS["repay_tax"]}",{amounts})' if row > _FIRST else "0"
    return f"'{_PAYMENTS}'!D{row}", tax


def _write_evidence(sheet: Sheet, view: ClaimView) -> None:
    headings = ["記録・経費", "示すもの・文書番号", "ファイル名", "大きさ(バイト)", "SHA-256"]
    _head(sheet, view, "証拠書類の一覧", 5, headings)
    for row, one in enumerate(view.evidence, _FIRST):
        sheet.text(row, 1, one.belongs_to)
        sheet.text(row, 2, one.proves)
        sheet.text(row, 3, one.file.name)
        sheet.number(row, 4, one.file.size_bytes)
        sheet.text(row, 5, one.file.sha256)


def _write_summary(sheet: Sheet, view: ClaimView, places: tuple[str, str, str, str]) -> None:
    eligible, given, received, tax = places
    now, row = view.standing, _write_facts(sheet, view)
    paid = sum(amount for _, amount in view.payments)
    total = sums(view.lines).eligible_yen
    row += 1
    sheet.header(row, ["項目", "額(円)", "説明"])
    decided, settled = row + 4, row + 5
    due = f'IF(B{settled}="",B{decided},B{settled})-B{row + 6}-B{row + 7}'
    amounts: tuple[tuple[str, int | None, str, str], ...] = (
        ("対象経費の計", total, eligible, "「経費」の対象の合計"),
        (
            "計算による交付金の額",
            view.given_yen,
            given if view.given_yen is not None else "",
            "最後に承認した計算の結果",
        ),
        ("実績報告の額", now.reported_yen if now.reported_on else None, "", "実績報告の記録"),
        ("交付決定額", now.decided_yen, "", "最後の交付決定・変更決定の記録"),
        ("確定額", now.settled_yen, "", "額の確定の記録。確定の前は空欄"),
        ("消費税分の返還", now.repaid_tax_yen, tax, "「受入と返還」のうち消費税分。確定額のうち手元に残らない額"),
        ("受入の計", paid, received, "「受入と返還」の合計(消費税分の返還も引いた額)"),
        (
            "差引(正は未受領、負は要返還)",
            now.granted_yen - now.repaid_tax_yen - paid,
            due,
            "確定額(確定前は決定額)− 消費税分の返還 − 受入の計",
        ),
    )
    for place, (label, amount, expression, words) in enumerate(amounts, row + 1):
        _amount(sheet, place, label, amount, expression)
        sheet.text(place, 3, words, Style.NOTE)
    end = row + len(amounts) + 1
    if view.given_yen is not None:
        sheet.text(end, 1, "確定額(決定額)と計算の一致", Style.SUM_TEXT)
        known = now.granted_yen
        same = f'IF(B{settled}="",B{decided},B{settled})=B{row + 2}'
        _check(sheet, end, 2, same, holds=known == view.given_yen)


def _write_facts(sheet: Sheet, view: ClaimView) -> int:
    """What the grant is and where it stands; the row below."""
    now, grant = view.standing, view.grant
    sheet.text(1, 1, "請求・実績報告の資料", Style.TITLE, span=3)
    sheet.text(2, 1, f"{fiscal_year_label(view.fiscal_year)} {view.program_title}", Style.CAPTION, span=3)
    procedure = view.procedure
    period = f"{_day(procedure.period_from)} 〜 {_day(procedure.period_to)}"
    facts = (
        ("交付金", grant.name),
        ("財源・率", f"{FUNDERS[grant.funder]} {grant.rate}({TAXES[grant.tax]}、{LEVELS[grant.level]}で計算)"),
        ("状態", now.status.label),
        ("事業期間", period),
        ("交付決定日", _day(now.first_decided_on)),
        ("実績報告日", _day(now.reported_on)),
    )
    row = _FIRST - 1
    for label, text in facts:
        sheet.text(row, 1, label)
        sheet.text(row, 2, text, span=2)
        row += 1
    return row


def _amount(sheet: Sheet, row: int, label: str, amount: int | None, expression: str) -> None:
    sheet.text(row, 1, label, Style.KEY_TEXT)
    if amount is None:
        sheet.blank(row, (2,), Style.KEY_YEN)
    elif expression:
        sheet.formula(row, 2, Formula(expression), value=amount, style=Style.KEY_YEN)
    else:
        sheet.yen(row, 2, amount, Style.KEY_YEN)


def _sum(sheet: Sheet, row: int, column: int, amount: int) -> None:
    """A live sum over the rows above; nothing above is zero."""
    cells = f"SUM({cell_name(_FIRST, column)}:{cell_name(row - 1, column)})" if row > _FIRST else "0"
    sheet.formula(row, column, Formula(cells), value=amount, style=Style.SUM_YEN)


def _check(sheet: Sheet, row: int, column: int, condition: str, *, holds: bool) -> None:
    expression = Formula(f'IF({condition},"{AGREES}","{DIFFERS}")')
    sheet.formula(row, column, expression, value=AGREES if holds else DIFFERS, style=Style.CHECK)


def _day(day: date | None) -> str:
    return "" if day is None else japanese_date(day)
