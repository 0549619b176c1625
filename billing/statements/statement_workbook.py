"""負担金算定書 as a workbook: a sheet to print, and a sheet that computes it again from the frozen inputs."""

from billing.statements.inputs_sheet import write_inputs
from billing.statements.rules import StatementMeta, StatementView, difference_word
from tenants.calendar import fiscal_year_label, japanese_date
from tenants.documents.figures import fraction_text, yen_text
from tenants.documents.styles import Style
from tenants.documents.workbook import AGREES, DIFFERS, Formula, Sheet, Workbook, cell_name

# 経費, 対象額, 按分方法, 按分率, 端数処理前, 端数, 負担額; together A4 portrait at a readable size.
_WIDTHS = (30, 16, 20, 16, 18, 11, 17)
_ALL = len(_WIDTHS)


def statement_xlsx(view: StatementView, meta: StatementMeta) -> bytes:
    """One member's statement as xlsx. Holds the member's own figures and sums over all, nobody else's."""
    book = Workbook(f"負担金算定書 {fiscal_year_label(meta.fiscal_year)} {view.member_name}")
    footer = f"{meta.document_number} 負担金算定書 {view.member_name} {meta.sample_note}".strip()
    sheet = book.sheet("負担金算定書", _WIDTHS, footer=footer)
    inputs = book.sheet("入力", (32, 16, 15, 16, 22, 15, 15, 17, 12, 15, 17, 17, 11), footer=footer, landscape=True)
    all_agree = write_inputs(inputs, view, meta)
    row = _head(sheet, view, meta)
    row = _steps(sheet, view, row)
    row, lines_sum = _lines(sheet, view, row)
    row = _shares(sheet, view, row)
    _proof(sheet, view, meta, row, {"lines": lines_sum, "inputs": all_agree})
    return book.to_bytes()


def _head(sheet: Sheet, view: StatementView, meta: StatementMeta) -> int:
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
    sheet.yen(7, 5, view.invoice_yen, Style.KEY_YEN, span=3)
    return _instalments(sheet, view, meta, 8)


def _instalments(sheet: Sheet, view: StatementView, meta: StatementMeta, row: int) -> int:
    words = []
    for place, amount in enumerate(view.instalments_yen):
        due = f" 納期限 {japanese_date(meta.due_dates[place])}" if place < len(meta.due_dates) else ""
        words.append(f"第{place + 1}期 {yen_text(amount)}円{due}" if len(view.instalments_yen) > 1 else due.strip())
    if any(words):
        sheet.text(row, 1, "　　".join(words), Style.NOTE, span=_ALL)
    return row + 2


def _steps(sheet: Sheet, view: StatementView, row: int) -> int:
    sheet.text(row, 1, "なぜこの金額ですか", Style.SECTION, span=_ALL)
    steps = [("1 負担総額", "経費ごとの負担額の合計(内訳は次の表)", view.gross_yen)]
    steps += [(f"2 {grant.name}", grant.words, -grant.amount_yen) for grant in view.grants]
    steps.append(("3 負担金", "負担総額から交付金を引いた額(1 − 2)", view.burden_yen))
    for label, words, amount in steps:
        row += 1
        _step(sheet, row, (label, words, amount), (Style.TEXT, Style.YEN))
    row += 1
    _step(sheet, row, ("4 請求額", f"負担金の{view.invoice_words}", view.invoice_yen), (Style.SUM_TEXT, Style.SUM_YEN))
    after = []
    if view.issued_yen:
        after.append(("通知済みの額", "前回までに通知した額", view.issued_yen))
        word = difference_word(view.difference_yen)
        after.append((f"差額({word})", "請求額から通知済みの額を引いた額", view.difference_yen))
    if view.last_year_yen is not None:
        change = f"前年度との差 {yen_text(view.invoice_yen - view.last_year_yen)}円"
        after.append(("前年度の請求額", change, view.last_year_yen))
    for each in after:
        row += 1
        _step(sheet, row, each, (Style.TEXT, Style.YEN))
    return row + 2


def _step(sheet: Sheet, row: int, step: tuple[str, str, int], styles: tuple[Style, Style]) -> None:
    label, words, amount = step
    sheet.text(row, 1, label, styles[0], span=2)
    sheet.text(row, 3, words, styles[0], span=3)
    sheet.yen(row, 6, amount, styles[1], span=2)


def _lines(sheet: Sheet, view: StatementView, row: int) -> tuple[int, str]:
    """The costs; returns the next row and the address of their sum."""
    sheet.text(row, 1, "経費ごとの内訳", Style.SECTION, span=_ALL)
    row += 1
    sheet.header(
        row, ("経費", "按分の対象額(円)", "按分方法", "貴団体の按分率", "端数処理前(円)", "端数", "負担額(円)")
    )
    first = row + 1
    for line in view.lines:
        row += 1
        eligible = "(補助対象)" if line.eligible else ""
        sheet.text(row, 1, line.name + eligible)
        sheet.yen(row, 2, line.net_yen)
        sheet.text(row, 3, line.key.name if line.key else "個別負担")
        sheet.fraction(row, 4, line.share, Style.RATIO)
        sheet.fraction(row, 5, line.exact, Style.EXACT)
        if line.share_yen is None or line.extra_yen is None:
            sheet.blank(row, (6, 7), Style.TEXT)
        else:
            sheet.yen(row, 6, line.extra_yen, Style.EXTRA)
            sheet.yen(row, 7, line.share_yen)
    if view.total:
        row += 1
        sheet.text(row, 1, "按分する経費の合計(合計してから端数を処理)", span=4)
        sheet.fraction(row, 5, view.total.exact, Style.EXACT)
        sheet.yen(row, 6, view.total.extra_yen, Style.EXTRA)
        sheet.yen(row, 7, view.total.share_yen)
        # Direct charges stand on their own lines without yen when the run rounds on the total.
        for place, line in enumerate(view.lines):
            if not line.key:
                sheet.yen(first + place, 7, int(line.exact))
    row += 1
    sheet.text(row, 1, "合計", Style.SUM_TEXT, span=6)
    cells = f"{cell_name(first, 7)}:{cell_name(row - 1, 7)}"
    lines_sum = cell_name(row, 7)
    expression = Formula(f"SUM({cells})") if row > first else Formula("0")
    sheet.formula(row, 7, expression, value=view.gross_yen, style=Style.SUM_YEN)
    roundings = [view.total.rounding] if view.total else [line.rounding for line in view.lines if line.key]
    for words in dict.fromkeys(roundings):
        row += 1
        sheet.text(row, 1, f"端数処理: {words}。", Style.NOTE, span=_ALL)
    return row + 2, lines_sum


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
        f"全{view.member_count}団体の合計",
    )
    sheet.header(row, names)
    for key in view.keys:
        for part in key.components:
            row += 1
            sheet.text(row, 1, f"{part.basis_name}({part.unit})")
            sheet.text(row, 2, fraction_text(part.weight), Style.CENTRE)
            sheet.text(row, 3, f"{japanese_date(part.as_of)} {part.source}" if part.as_of else "")
            sheet.fraction(row, 4, part.share, Style.RATIO)
            sheet.fraction(row, 5, part.value)
            factors = f"{part.months}/12" + (f" ×{fraction_text(part.factor)}" if part.factor != 1 else "")
            sheet.text(row, 6, "対象外" if part.excluded else factors, Style.CENTRE)
            sheet.fraction(row, 7, part.total)
        row += 1
        kind = "(あらかじめ定めた割合)" if key.fixed else "(所在団体)" if key.is_host else ""
        sheet.text(row, 1, f"{key.name} の按分率{kind}", Style.SUM_TEXT, span=3)
        sheet.fraction(row, 4, key.share, Style.SUM_RATIO)
        sheet.text(row, 5, f"= {fraction_text(key.share)}", Style.SUM_TEXT, span=3)
    return row + 2


def _proof(sheet: Sheet, view: StatementView, meta: StatementMeta, row: int, cells: dict[str, str]) -> None:
    sheet.text(row, 1, "検算(この表の式が計算します)", Style.SECTION, span=_ALL)
    lines, *others = view.checks
    row += 1
    sheet.text(row, 1, lines.label, span=3)
    sheet.formula(row, 4, Formula(cells["lines"]), value=lines.left_yen, style=Style.YEN)
    _verdict(sheet, row, lines.right_yen, holds=lines.holds)
    for check in others:
        row += 1
        sheet.text(row, 1, check.label, span=3)
        sheet.yen(row, 4, check.left_yen)
        _verdict(sheet, row, check.right_yen, holds=check.holds)
    row += 1
    sheet.text(row, 1, "凍結した入力から計算し直した額(「入力」シート)", span=5)
    value = AGREES if view.agrees else DIFFERS
    sheet.formula(row, 6, Formula(cells["inputs"]), value=value, style=Style.CHECK, span=2)
    row += 2
    approved = f"　承認: {meta.approved_by}" if meta.approved_by else ""
    sheet.text(row, 1, f"文書番号 {meta.document_number}{approved}", Style.NOTE, span=_ALL)
    sheet.text(row + 1, 1, f"入力の指紋 {meta.input_sha256}", Style.NOTE, span=_ALL)
    sheet.text(row + 2, 1, f"結果の指紋 {meta.result_sha256}", Style.NOTE, span=_ALL)


def _verdict(sheet: Sheet, row: int, right_yen: int, *, holds: bool) -> None:
    sheet.yen(row, 5, right_yen)
    left, right = cell_name(row, 4), cell_name(row, 5)
    expression = Formula(f'IF({left}={right},"{AGREES}","{DIFFERS}")')
    sheet.formula(row, 6, expression, value=AGREES if holds else DIFFERS, style=Style.CHECK, span=2)
