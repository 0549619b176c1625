"""負担金算定書 as a sheet to print: what the member pays and why; every figure a formula into the steps, or a value."""

from collections.abc import Sequence

from billing.statements.rules import LineView, StatementMeta, StatementView, difference_word
from billing.statements.workbook.shown import Shown
from billing.statements.workbook.steps import Cell
from tenants.calendar import fiscal_year_label, japanese_date
from tenants.documents.figures import fraction_text, yen_text
from tenants.documents.live_workbook import LiveSheet
from tenants.documents.styles import Style
from tenants.documents.workbook import AGREES, DIFFERS, Formula, Sheet, cell_name

STATEMENT = "負担金算定書"
# 経費, 対象額, 按分方法, 按分率, 端数処理前, 端数, 負担額; together A4 portrait at a readable size.
_WIDTHS = (30, 16, 20, 16, 18, 11, 17)
_ALL = len(_WIDTHS)


def statement_sheet(view: StatementView, meta: StatementMeta, shown: Shown, note: str) -> LiveSheet:
    """One member's statement. Where its figures are values only, ``note`` says why."""
    footer = f"{meta.document_number} {STATEMENT} {view.member_name} {meta.sample_note}".strip()
    sheet = LiveSheet(STATEMENT, _WIDTHS, footer=footer)
    row = _head(sheet, view, meta, shown)
    overall = row - 2
    row = _steps(sheet, view, row, shown)
    row = _lines(sheet, view, row, shown)
    row = _shares(sheet, view, row)
    row = _proof(sheet, view, row, shown, overall) if shown.live else _sums(sheet, view, row, note)
    _fingerprints(sheet, meta, row)
    return sheet


def _figure(
    sheet: Sheet, row: int, column: int, value: int, cell: Cell | None, style: Style = Style.YEN, *, span: int = 1
) -> None:
    """Write yen: the formula where there is one, the value otherwise."""
    if cell is None:
        sheet.yen(row, column, value, style, span=span)
    else:
        sheet.formula(row, column, Formula(cell.expression), value=cell.value, style=style, span=span)


def _head(sheet: Sheet, view: StatementView, meta: StatementMeta, shown: Shown) -> int:
    sheet.text(1, 1, f"{view.member_name} 御中", Style.RECIPIENT, span=4)
    sheet.text(1, 5, meta.document_number, Style.RIGHT, span=3)
    sheet.text(2, 1, meta.sample_note, Style.NOTE, span=4)
    sheet.text(2, 5, japanese_date(meta.issued_on), Style.RIGHT, span=3)
    sheet.text(3, 1, meta.contact, Style.NOTE, span=4)
    sheet.text(3, 5, meta.prefecture_name, Style.RIGHT, span=3)
    sheet.text(4, 1, "負担金算定書", Style.TITLE, span=_ALL)
    run = f"{meta.stage_label}(第{meta.run_number}回)"
    caption = f"{fiscal_year_label(meta.fiscal_year)}　{meta.program_title}　{run}"
    sheet.text(5, 1, caption, Style.CAPTION, span=_ALL)
    sheet.text(7, 1, "納めていただく額(円)", Style.KEY_TEXT, span=4)
    _figure(sheet, 7, 5, view.invoice_yen, shown.cell("invoice"), Style.KEY_YEN, span=3)
    row = _instalments(sheet, view, meta, 8)
    if not shown.live:
        return row
    if shown.number is not None:
        sheet.text(6, 4, "団体コード・計算シートの順", Style.NOTE, span=2)
        sheet.text(6, 6, view.member_code, Style.RIGHT)
        sheet.formula(6, 7, Formula(shown.number.expression), value=shown.number.value, style=Style.YEN)
    sheet.text(row - 1, 1, "検算(入力から式で計算し直した額とシステムの額)", Style.SUM_TEXT, span=5)
    return row + 1


def _instalments(sheet: Sheet, view: StatementView, meta: StatementMeta, row: int) -> int:
    words = _scheduled(view)
    for place, amount in enumerate(view.instalments_yen if not words else ()):
        due = f" 納期限 {japanese_date(meta.due_dates[place])}" if place < len(meta.due_dates) else ""
        words.append(f"第{place + 1}期 {yen_text(amount)}円{due}" if len(view.instalments_yen) > 1 else due.strip())
    if any(words):
        sheet.text(row, 1, "　　".join(words), Style.NOTE, span=_ALL)
    return row + 2


def _scheduled(view: StatementView) -> list[str]:
    """The payments as they were kept with the run; the calculation's own split is only that of the first notice."""
    lines = view.year.schedule if view.year else ()
    words = []
    for one in lines:
        due = f" 納期限 {japanese_date(one.due_date)}" if one.due_date else ""
        name = "還付" if one.is_refund else f"第{one.number}期"
        words.append(f"{name} {yen_text(one.yen)}円{due}" if len(lines) > 1 else due.strip())
    return words


_Step = tuple[str, str, int, Cell | None]


def _steps(sheet: Sheet, view: StatementView, row: int, shown: Shown) -> int:
    sheet.text(row, 1, "なぜこの金額ですか", Style.SECTION, span=_ALL)
    steps: list[_Step] = [("1 負担総額", "経費ごとの負担額の合計(内訳は次の表)", view.gross_yen, shown.cell("gross"))]
    for grant in view.grants:
        taken = shown.cell(f"grant/{grant.id}")
        minus = taken and Cell(f"-{taken.expression}", -taken.value)
        steps.append((f"2 {grant.name}", grant.words, -grant.amount_yen, minus))
    words = "負担総額から交付金を引いた額(1 − 2)"
    steps.append(("3 負担金", words, view.burden_yen, shown.cell("burden")))
    last: list[_Step] = [("4 請求額", f"負担金の{view.invoice_words}", view.invoice_yen, shown.cell("invoice"))]
    after: list[_Step] = []
    if view.issued_yen:
        after.append(("通知済みの額", "前回までに通知した額", view.issued_yen, None))
        label = f"差額({difference_word(view.difference_yen)})"
        after.append((label, "請求額から通知済みの額を引いた額", view.difference_yen, shown.cell("difference")))
    if view.last_year_yen is not None:
        change = f"前年度との差 {yen_text(view.invoice_yen - view.last_year_yen)}円"
        after.append(("前年度の請求額", change, view.last_year_yen, None))
    row = _step_rows(sheet, row, steps, (Style.TEXT, Style.YEN))
    row = _step_rows(sheet, row, last, (Style.SUM_TEXT, Style.SUM_YEN))
    return _step_rows(sheet, row, after, (Style.TEXT, Style.YEN)) + 2


def _step_rows(sheet: Sheet, row: int, steps: Sequence[_Step], styles: tuple[Style, Style]) -> int:
    for label, words, amount, cell in steps:
        row += 1
        sheet.text(row, 1, label, styles[0], span=2)
        sheet.text(row, 3, words, styles[0], span=3)
        _figure(sheet, row, 6, amount, cell, styles[1], span=2)
    return row


def _lines(sheet: Sheet, view: StatementView, row: int, shown: Shown) -> int:
    """The costs; returns the next row."""
    sheet.text(row, 1, "経費ごとの内訳", Style.SECTION, span=_ALL)
    row += 1
    sheet.header(
        row, ("経費", "按分の対象額(円)", "按分方法", "貴団体の按分率", "端数処理前(円)", "端数", "負担額(円)")
    )
    first = row + 1
    for line in view.lines:
        row += 1
        _line(sheet, row, line, shown)
    if view.total:
        row += 1
        sheet.text(row, 1, "按分する経費の合計(合計してから端数を処理)", span=4)
        sheet.fraction(row, 5, view.total.exact, Style.EXACT)
        _figure(sheet, row, 6, view.total.extra_yen, shown.cell("total_added"), Style.EXTRA)
        _figure(sheet, row, 7, view.total.share_yen, shown.cell("total"))
    row += 1
    sheet.text(row, 1, "合計", Style.SUM_TEXT, span=6)
    expression = f"SUM({cell_name(first, 7)}:{cell_name(row - 1, 7)})" if row > first else "0"
    gross = shown.cell("gross")
    value = gross.value if gross else view.gross_yen
    _figure(sheet, row, 7, value, Cell(expression, value), Style.SUM_YEN)
    roundings = [view.total.rounding] if view.total else [line.rounding for line in view.lines if line.key]
    for line in view.lines:
        for words in line.notes:
            row += 1
            sheet.text(row, 1, f"{line.name}: {words}", Style.NOTE, span=_ALL)
    for words in dict.fromkeys(roundings):
        row += 1
        sheet.text(row, 1, f"端数処理: {words}。", Style.NOTE, span=_ALL)
    return row + 2


def _line(sheet: Sheet, row: int, line: LineView, shown: Shown) -> None:
    """One cost. Where the run rounds on the total, only direct charges have yen of their own."""
    sheet.text(row, 1, line.name + ("(補助対象)" if line.eligible else ""))
    _figure(sheet, row, 2, line.net_yen, shown.cell(f"net/{line.cost_id}"))
    sheet.text(row, 3, line.how)
    exact = shown.exact.get(line.cost_id)
    if exact:
        net, before = cell_name(row, 2), cell_name(row, 5)
        ratio = Formula(f"IF({net}=0,0,{before}/{net})")
        sheet.formula(row, 4, ratio, value=float(line.share), style=Style.RATIO)
        sheet.formula(row, 5, Formula(exact), value=float(line.exact), style=Style.EXACT)
    elif line.tariff:
        sheet.blank(row, (4,), Style.TEXT)
        _figure(sheet, row, 5, int(line.exact), shown.cell(f"share/{line.cost_id}"), Style.EXACT)
    else:
        sheet.fraction(row, 4, line.share, Style.RATIO)
        sheet.fraction(row, 5, line.exact, Style.EXACT)
    if line.key is None:
        sheet.yen(row, 6, 0, Style.EXTRA)
        _figure(sheet, row, 7, int(line.exact), shown.cell(f"share/{line.cost_id}"))
    elif line.share_yen is None or line.extra_yen is None:
        sheet.blank(row, (6, 7), Style.TEXT)
    else:
        _figure(sheet, row, 6, line.extra_yen, shown.cell(f"added/{line.cost_id}"), Style.EXTRA)
        _figure(sheet, row, 7, line.share_yen, shown.cell(f"share/{line.cost_id}"))


def _shares(sheet: Sheet, view: StatementView, row: int) -> int:
    if not view.keys:
        return row
    sheet.text(row, 1, "按分率の根拠", Style.SECTION, span=_ALL)
    row += 1
    names = (
        "按分方法と基準",
        "構成割合",
        "基準日・出典",
        "割合",
        "貴団体の値",
        "月数・係数",
        "按分に入る団体の合計",
    )
    sheet.header(row, names)
    for key in view.keys:
        for part in key.components:
            row += 1
            sheet.text(row, 1, f"{part.basis_name}({part.unit})、計は{part.counted:,}団体")
            sheet.text(row, 2, fraction_text(part.weight), Style.CENTRE)
            sheet.text(row, 3, f"{japanese_date(part.as_of)} {part.source}" if part.as_of else "")
            sheet.fraction(row, 4, part.share, Style.RATIO)
            sheet.fraction(row, 5, part.value)
            factors = f"{part.months}/12" + (f" ×{fraction_text(part.factor)}" if part.factor != 1 else "")
            sheet.text(row, 6, "対象外" if part.excluded else factors, Style.CENTRE)
            if part.excluded:  # over the only other member the total would be its value
                sheet.text(row, 7, "—", Style.CENTRE)
            else:
                sheet.fraction(row, 7, part.total)
        row += 1
        kind = "(あらかじめ定めた割合)" if key.fixed else "(所在団体)" if key.is_host else ""
        sheet.text(row, 1, f"{key.name} の按分率{kind}", Style.SUM_TEXT, span=3)
        sheet.fraction(row, 4, key.share, Style.SUM_RATIO)
        sheet.text(row, 5, f"= {fraction_text(key.share)}", Style.SUM_TEXT, span=3)
    return row + 2


def _proof(sheet: Sheet, view: StatementView, row: int, shown: Shown, overall: int) -> int:
    """Every yen twice: computed by the formulas, and as the system computed it; the verdict on all stands on top."""
    sheet.text(row, 1, "検算(式で計算し直した額とシステムの額)", Style.SECTION, span=_ALL)
    row += 1
    sheet.text(row, 1, "項目", Style.HEADER, span=3)
    for column, name in ((4, "計算し直した額(円)"), (5, "システムの額(円)"), (6, "検算")):
        sheet.text(row, column, name, Style.HEADER, span=2 if column == 6 else 1)  # noqa: PLR2004
    first, agrees = row + 1, True
    for label, cell, yen in shown.checked(view):
        row += 1
        sheet.text(row, 1, label, span=3)
        _figure(sheet, row, 4, cell.value, cell)
        agrees = _verdict(sheet, row, yen, holds=cell.value == yen) and agrees
    area = f"{cell_name(first, 6, fixed=True)}:{cell_name(row, 6, fixed=True)}"
    # Counted are the agreements, so that a cell with an error is none.
    expression = Formula(f'IF(COUNTIF({area},"{AGREES}")={row - first + 1},"{AGREES}","{DIFFERS}")')
    value = AGREES if agrees else DIFFERS
    sheet.formula(overall, 6, expression, value=value, style=Style.CHECK, span=2)
    return row + 2


def _sums(sheet: Sheet, view: StatementView, row: int, note: str) -> int:
    """The sums a reader can repeat, where the figures are values."""
    sheet.text(row, 1, "検算", Style.SECTION, span=_ALL)
    sheet.text(row + 1, 1, f"値のみです。{note}", Style.NOTE, span=_ALL)
    row += 1
    for check in view.checks:
        row += 1
        sheet.text(row, 1, check.label, span=3)
        sheet.yen(row, 4, check.left_yen)
        _verdict(sheet, row, check.right_yen, holds=check.holds)
    return row + 2


def _fingerprints(sheet: Sheet, meta: StatementMeta, row: int) -> None:
    approved = f"　承認: {meta.approved_by}" if meta.approved_by else ""
    sheet.text(row, 1, f"文書番号 {meta.document_number}{approved}", Style.NOTE, span=_ALL)
    if meta.input_sha256:
        sheet.text(row + 1, 1, f"入力の指紋 {meta.input_sha256}", Style.NOTE, span=_ALL)
        sheet.text(row + 2, 1, f"結果の指紋 {meta.result_sha256}", Style.NOTE, span=_ALL)


def _verdict(sheet: Sheet, row: int, right_yen: int, *, holds: bool) -> bool:
    sheet.yen(row, 5, right_yen)
    left, right = cell_name(row, 4), cell_name(row, 5)
    expression = Formula(f'IF({left}={right},"{AGREES}","{DIFFERS}")')
    sheet.formula(row, 6, expression, value=AGREES if holds else DIFFERS, style=Style.CHECK, span=2)
    return holds
