"""料金表 in cells: the bracket a value falls into or a rate on it, months, rounding, and tax at the end."""

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

from billing.apportionment.tariffs import MONTHS_OF_A_YEAR, bracket_of
from billing.apportionment.terms import EQUAL_BASIS, Cost, Tariff
from billing.statements.workbook.arithmetic import ONE, Term, combine, divide, product
from billing.statements.workbook.figures import PLAIN, Figure, NoFormulas, Place, constant
from billing.statements.workbook.inputs import PREFIX, Column
from billing.statements.workbook.keys import Work, basis_column
from billing.statements.workbook.ledger import Block
from billing.statements.workbook.rounding import rounded
from tenants.documents.styles import Style

_TOO_LONG = "料金表の値の桁数が多いため、計算式を入れていません。"
_NAMES = ("段階", "", "上限", "未満(1)・以下(0)", "年額(円)")


def tariff_columns(work: Work, costs: Sequence[Cost]) -> dict[str, Column]:
    """The columns of the table of members that tariffs read."""
    columns = {}
    for cost in costs:
        tariff = cost.charge.tariff
        if tariff is None:
            continue
        if tariff.basis != EQUAL_BASIS:
            columns[f"basis/{tariff.basis}"] = basis_column(work, work.run.bases[tariff.basis])
        if tariff.exclude:
            values = tuple(Fraction(one.code not in tariff.exclude) for one in work.members)
            columns[f"counted/{cost.id}"] = Column(f"{cost.name} 料金表の対象(1)・対象外(0)", values)
    return columns


def charges(work: Work, cost: Cost, tariff: Tariff, net: Figure) -> tuple[Figure, Figure | None]:
    """Write what every member with a row pays by a tariff, and the rest, which is the prefecture's."""
    inputs, ledger = work.inputs, work.ledger
    inputs.heading(f"料金表「{cost.name}」")
    ledger.heading(f"料金表「{cost.name}」")
    unit = inputs.yen("端数の単位(円)", tariff.unit_yen)
    tax = inputs.ratio("最後に加える消費税の率", tariff.tax_rate)
    block = ledger.block()
    terms, bottom = _by_rate(work, tariff, tariff.rate) if tariff.rate is not None else _by_step(work, block, tariff)
    price = _plain(_by_months(work, block, tariff, terms, bottom, unit))
    added, _ = divide(block, "消費税(円)", [(1, price, tax[0])], tax[1])
    yen = combine(block, "料金(円)", [(1, price, ONE), (1, added, ONE)])
    counted = work.whole.get(f"counted/{cost.id}")
    if counted is not None:
        yen = product(block, "料金(対象の団体)(円)", yen, counted)
    yen = _plain(yen)
    if work.own is not None:
        return yen, None
    left = net.value(0) - sum(yen.values)
    text = f"{net.cell.at(0)}-SUM({yen.place.area()})"
    place = ledger.line(f"{cost.name} 経費と料金の差(県、円)").write("県", lambda _: text, [left])
    return yen, Figure((place,), (left,))


def _plain(figure: Figure) -> Figure:
    if not figure.plain:
        raise NoFormulas(_TOO_LONG)
    return figure


def _value(work: Work, tariff: Tariff) -> tuple[Figure, int]:
    """The members' values as whole numbers, and the multiple that made them whole."""
    if tariff.basis == EQUAL_BASIS:
        return constant(1), 1
    name = f"basis/{tariff.basis}"
    return work.whole[name], work.columns[name].multiple


def _by_rate(work: Work, tariff: Tariff, rate: Fraction) -> tuple[list[Term], Figure]:
    top, bottom = work.inputs.ratio("基準の値に掛ける率", rate)
    value, multiple = _value(work, tariff)
    whole = product(work.ledger.line("率の分母 × 倍率"), "積", bottom, constant(multiple))
    return [(1, value, top)], whole


def _by_step(work: Work, block: Block, tariff: Tariff) -> tuple[list[Term], Figure]:
    """The yearly price of each value's bracket: as many brackets lie wholly below it as bounds it passes."""
    value, multiple = _value(work, tariff)
    bounds = [step.bound for step in tariff.steps if step.bound is not None]
    scale = lcm(multiple, *(bound.denominator for bound in bounds))
    factor = scale // multiple
    if 2 * scale * max(bounds, default=Fraction(0)) >= PLAIN or 2 * value.most * factor >= PLAIN:
        raise NoFormulas(_TOO_LONG)
    whole = work.inputs.yen("上限を整数にする倍率", scale)
    places = _step_table(work, tariff, len(bounds))
    cell, count = value.cell, len(tariff.steps)
    steps = []
    for i in range(block.rows):
        found = bracket_of(tariff.steps, Fraction(value.value(i), multiple))
        steps.append(count + 1 if found is None else tariff.steps.index(found) + 1)

    def bracket(i: int) -> str:
        if not bounds:
            return "1"
        upper = f"2*ROUND({places[0].area()}*{whole.cell.at(0)},0)-{places[1].area()}"
        return f"1+SUMPRODUCT(--(2*{cell.at(i)}*{factor}>{upper}))"

    place = block.write("段階", bracket, steps)
    yearly = [tariff.steps[step - 1].price_yen if step <= count else 0 for step in steps]
    prices = places[2].area()
    written = block.write("年額(円)", lambda i: f"IF({place.at(i)}>{count},0,INDEX({prices},{place.at(i)}))", yearly)
    return [(1, Figure((written,), tuple(yearly)), ONE)], ONE


def _step_table(work: Work, tariff: Tariff, bounded: int) -> tuple[Place, Place, Place]:
    """Write the brackets from the lowest up; where their bounds, whether these are outside, and the prices stand."""
    inputs = work.inputs
    inputs.sheet.header(inputs.row, _NAMES)
    first = inputs.row + 1
    for number, step in enumerate(tariff.steps):
        row = first + number
        inputs.sheet.yen(row, 1, number + 1)
        if step.bound is None:
            inputs.sheet.text(row, 3, "上限なし", Style.NOTE)
        else:
            inputs.sheet.fraction(row, 3, step.bound)
            inputs.sheet.yen(row, 4, int(not step.inclusive))
        if step.price_yen >= PLAIN:
            raise NoFormulas(_TOO_LONG)
        inputs.sheet.yen(row, 5, step.price_yen)
    inputs.row = first + len(tariff.steps) + 1
    rows = {"C": bounded, "D": bounded, "E": len(tariff.steps)}
    upper, outside, prices = (Place(PREFIX, letter, first, count) for letter, count in rows.items())
    return upper, outside, prices


def _by_months(work: Work, block: Block, tariff: Tariff, terms: list[Term], bottom: Figure, unit: Figure) -> Figure:
    """The price after months and rounding, before tax."""
    if tariff.months == "ignore":
        return rounded(block, tariff.mode, unit, terms, bottom, "端数処理後(円)")
    months = work.whole["months"]
    twelfth = product(work.ledger.line("分母 × 12"), "積", bottom, constant(MONTHS_OF_A_YEAR))
    monthly, _ = divide(block, "月額(円)", terms, twelfth)
    part = product(block, "月額 × 月数(円)", monthly, months)
    some = rounded(block, tariff.mode, unit, [(1, part, ONE)], ONE, "端数処理後(月割り)(円)")
    if tariff.months == "always":
        return some
    whole = rounded(block, tariff.mode, unit, terms, bottom, "端数処理後(年額)(円)")
    some, whole = _plain(some), _plain(whole)
    values = [some.value(i) if months.value(i) < MONTHS_OF_A_YEAR else whole.value(i) for i in range(block.rows)]
    place = block.write(
        "端数処理後(円)",
        lambda i: f"IF({months.cell.at(i)}<{MONTHS_OF_A_YEAR},{some.cell.at(i)},{whole.cell.at(i)})",
        values,
    )
    return Figure((place,), tuple(values))
