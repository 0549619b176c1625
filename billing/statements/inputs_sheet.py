"""The sheet 「入力」: the frozen inputs of one member, and live formulas that compute its statement again."""

from dataclasses import dataclass
from fractions import Fraction

from billing.statements.rules import KeyView, LineView, StatementMeta, StatementView
from tenants.calendar import japanese_date
from tenants.documents.figures import fraction_text
from tenants.documents.styles import Style
from tenants.documents.workbook import AGREES, DIFFERS, Formula, Sheet, cell_name

_ALL = 13
_SHARE_NAMES = ("基準", "単位", "基準日", "出典", "按分方法", "構成割合", "貴団体の値", "係数", "月数", "算入値",
                "全団体の合計", "割合", "率への算入")  # fmt: skip
_COST_NAMES = ("経費", "経費額(円)", "特定財源(円)", "按分の対象額(円)", "按分方法", "按分率", "単価(円)",
               "端数処理前(円)", "単位(円)", "端数", "負担額(円)", "計算し直した額(円)", "検算")  # fmt: skip
# Binary arithmetic may land a hair under a whole yen: this much is forgiven, far less than any exact share's
# own distance from the next yen (which ``_hair`` makes sure of), more than six roundings at nine digits.
_HAIR_DIGITS, _SAFE_DIGITS, _FLOAT_DIGITS = 6, 9, 15


@dataclass(frozen=True, slots=True)
class _KeyCells:
    """Where a key's results stand: its rate, and the member's measure (for unit prices)."""

    rate: str
    measure: str


def write_inputs(sheet: Sheet, view: StatementView, meta: StatementMeta) -> str:
    """Fill the sheet and return the expression, for another sheet, that says whether everything agrees."""
    sheet.text(1, 1, "入力と再計算", Style.TITLE, span=_ALL)
    note = f"{view.member_name} {meta.document_number} 入力の指紋 {meta.input_sha256}"
    sheet.text(2, 1, note, Style.NOTE, span=_ALL)
    sheet.text(
        3, 1, "基準値・合計・経費・端数・交付金は計算した時点の写しです。ほかの欄は式です。", Style.NOTE, span=_ALL
    )
    row, keys = _keys(sheet, view, 5)
    row, gross, checks = _costs(sheet, view, row, keys)
    last = _claims(sheet, view, row, gross)
    area = f"'入力'!{cell_name(checks, _ALL, fixed=True)}:{cell_name(last, _ALL, fixed=True)}"
    return f'IF(COUNTIF({area},"{DIFFERS}")=0,"{AGREES}","{DIFFERS}")'


def _keys(sheet: Sheet, view: StatementView, row: int) -> tuple[int, dict[str, _KeyCells]]:
    cells: dict[str, _KeyCells] = {}
    if not view.keys:
        return row, cells
    sheet.text(row, 1, "按分率", Style.SECTION, span=_ALL)
    row += 1
    sheet.header(row, _SHARE_NAMES)
    for key in view.keys:
        first = row + 1
        for place in range(len(key.components)):
            row += 1
            _component(sheet, row, key, place)
        row += 1
        kind = "あらかじめ定めた割合" if key.fixed else "所在団体の割合" if key.is_host else "按分率の計"
        sheet.text(row, 1, f"{key.name} {kind}", Style.SUM_TEXT, span=11)
        if key.components:
            total = Formula(f"SUM({cell_name(first, 13)}:{cell_name(row - 1, 13)})")
            sheet.formula(row, 12, total, value=float(key.share), style=Style.SUM_RATIO, span=2)
        else:
            sheet.fraction(row, 12, key.share, Style.SUM_RATIO, span=2)
        cells[key.id] = _KeyCells(cell_name(row, 12), cell_name(first, 10))
    return row + 2, cells


def _component(sheet: Sheet, row: int, key: KeyView, place: int) -> None:
    part = key.components[place]
    sheet.text(row, 1, part.basis_name + ("(対象外)" if part.excluded else ""))
    sheet.text(row, 2, part.unit, Style.CENTRE)
    sheet.text(row, 3, japanese_date(part.as_of) if part.as_of else "")
    sheet.text(row, 4, part.source)
    sheet.text(row, 5, key.name)
    sheet.fraction(row, 6, part.weight * (1 - key.host_share))
    sheet.fraction(row, 7, part.value)
    sheet.fraction(row, 8, Fraction(0) if part.excluded else part.factor)
    sheet.number(row, 9, part.months)
    value, factor, months, measure, total, share = (cell_name(row, column) for column in (7, 8, 9, 10, 11, 12))
    sheet.formula(row, 10, Formula(f"{value}*{factor}*{months}/12"), value=float(part.measure), style=Style.NUMBER)
    sheet.fraction(row, 11, part.total)
    divided = Formula(f"IF({total}=0,0,{measure}/{total})")
    sheet.formula(row, 12, divided, value=float(part.share), style=Style.RATIO)
    counted = part.weight * (1 - key.host_share) * part.share
    sheet.formula(row, 13, Formula(f"{cell_name(row, 6)}*{share}"), value=float(counted), style=Style.RATIO)


def _costs(sheet: Sheet, view: StatementView, row: int, keys: dict[str, _KeyCells]) -> tuple[int, str, int]:
    """The costs; returns the next row, the address of the recomputed gross, and the first row of checks."""
    sheet.text(row, 1, "経費", Style.SECTION, span=_ALL)
    row += 1
    sheet.header(row, _COST_NAMES)
    first = row + 1
    for line in view.lines:
        row += 1
        _cost(sheet, row, line, keys)
        if not view.total:
            _recomputed(sheet, row, (line.exact, line.unit_yen, line.extra_yen or 0, line.share_yen or 0))
        elif line.key:
            sheet.blank(row, range(9, _ALL + 1), Style.TEXT)
        else:
            _recomputed(sheet, row, (line.exact, 1, 0, int(line.exact)))
    if view.total:
        keyed = [cell_name(first + place, 8) for place, line in enumerate(view.lines) if line.key]
        row += 1
        sheet.text(row, 1, "按分する経費の合計", span=7)
        total = view.total
        summed = Formula("+".join(keyed) or "0")
        sheet.formula(row, 8, summed, value=float(total.exact), style=Style.EXACT)
        _recomputed(sheet, row, (total.exact, total.unit_yen, total.extra_yen, total.share_yen))
    row += 1
    sheet.text(row, 1, "合計", Style.SUM_TEXT, span=10)
    for column in (11, 12):
        cells = f"{cell_name(first, column)}:{cell_name(row - 1, column)}"
        expression = Formula(f"SUM({cells})" if row > first else "0")
        sheet.formula(row, column, expression, value=view.gross_yen, style=Style.SUM_YEN)
    sheet.blank(row, (13,), Style.SUM_TEXT)
    return row + 2, cell_name(row, 12), first


def _cost(sheet: Sheet, row: int, line: LineView, keys: dict[str, _KeyCells]) -> None:
    sheet.text(row, 1, line.name)
    sheet.yen(row, 2, line.amount_yen)
    sheet.yen(row, 3, line.revenue_yen)
    net, rate = cell_name(row, 4), cell_name(row, 6)
    expression = Formula(f"{cell_name(row, 2)}-{cell_name(row, 3)}")
    sheet.formula(row, 4, expression, value=line.net_yen, style=Style.YEN)
    sheet.text(row, 5, line.key.name if line.key else "個別負担")
    exact = Formula(f"{net}*{rate}")
    sheet.blank(row, (7,), Style.TEXT)
    if line.key is None:
        sheet.number(row, 6, 1, Style.RATIO)
    elif line.key.unit_price_decimals is None:
        sheet.formula(row, 6, Formula(keys[line.key.id].rate), value=float(line.key.share), style=Style.RATIO)
    else:
        sheet.text(row, 6, "単価", Style.CENTRE)
        sheet.fraction(row, 7, line.key.unit_price(line.net_yen))
        exact = Formula(f"{cell_name(row, 7)}*{keys[line.key.id].measure}")
    sheet.formula(row, 8, exact, value=float(line.exact), style=Style.EXACT)


def _recomputed(sheet: Sheet, row: int, figures: tuple[Fraction, int, int, int]) -> None:
    exact, unit, extra, share = figures
    sheet.yen(row, 9, unit)
    sheet.yen(row, 10, extra, Style.EXTRA)
    sheet.yen(row, 11, share)
    before, step, added = cell_name(row, 8), cell_name(row, 9), cell_name(row, 10)
    again = Formula(f"INT(({before}+{_hair(exact, unit)})/{step})*{step}+{added}")
    value = (exact / unit).__floor__() * unit + extra
    sheet.formula(row, 12, again, value=value, style=Style.YEN)
    _verdict(sheet, row, (cell_name(row, 11), cell_name(row, 12)), holds=value == share)


def _claims(sheet: Sheet, view: StatementView, row: int, gross: str) -> int:
    """Grants, burden and invoice; returns the last row."""
    sheet.text(row, 1, "交付金と請求額", Style.SECTION, span=_ALL)
    claims = [("負担総額", gross, view.gross_yen, view.gross_yen)]
    first = row + 1
    grants = []
    row += 1
    for grant in view.grants:
        row += 1
        sheet.text(row, 1, f"{grant.name}({fraction_text(grant.rate)})", span=10)
        sheet.yen(row, 11, grant.amount_yen)
        sheet.blank(row, (12, 13), Style.TEXT)
        grants.append(cell_name(row, 11))
    burden_row, invoice_row = row + 1, row + 2
    burden = "-".join([cell_name(first, 12), *grants])
    claims.append(("負担金 = 負担総額 − 交付金", burden, view.gross_yen - view.grant_yen, view.burden_yen))
    invoice = _rounded(cell_name(burden_row, 12), view.invoice_unit_yen, view.invoice_mode)
    claims.append((f"請求額 = 負担金の{view.invoice_words}", invoice, view.invoice_yen, view.invoice_yen))
    for place, (label, expression, value, frozen) in zip((first, burden_row, invoice_row), claims, strict=True):
        sheet.text(place, 1, label, span=10)
        sheet.yen(place, 11, frozen)
        sheet.formula(place, 12, Formula(expression), value=value, style=Style.YEN)
        _verdict(sheet, place, (cell_name(place, 11), cell_name(place, 12)), holds=value == frozen)
    return invoice_row


def _verdict(sheet: Sheet, row: int, cells: tuple[str, str], *, holds: bool) -> None:
    expression = Formula(f'IF({cells[0]}={cells[1]},"{AGREES}","{DIFFERS}")')
    sheet.formula(row, _ALL, expression, value=AGREES if holds else DIFFERS, style=Style.CHECK)


def _rounded(cell: str, unit: int, mode: str) -> str:
    """Whole yen to a unit; burdens are never negative, so INT cuts towards zero."""
    if mode == "floor":
        return f"INT({cell}/{unit})*{unit}"
    if mode == "half_up":
        return f"INT({cell}/{unit}+0.5)*{unit}"
    return f"-INT(-{cell}/{unit})*{unit}"


def _hair(exact: Fraction, unit: int) -> str:
    """What the formula adds before it floors: nothing where the exact share lies that close under a step."""
    digits = len(str(abs(exact).__floor__()))
    places = _HAIR_DIGITS if digits <= _SAFE_DIGITS else _FLOAT_DIGITS - digits
    hair = Fraction(1, 10**places) if places >= 0 else Fraction(10**-places)
    if (exact + hair) // unit != exact // unit:
        return "0"
    return f"{float(hair):.6f}"
