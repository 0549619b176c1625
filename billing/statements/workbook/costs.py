"""端数処理 in cells: what each member bears of every cost, or of all of them together, in whole yen."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from billing.apportionment.terms import Cost
from billing.statements.wording import rounding_words
from billing.statements.workbook.arithmetic import ONE, Term, combine, divide, product
from billing.statements.workbook.figures import Figure, Place
from billing.statements.workbook.inputs import PREFIX
from billing.statements.workbook.keys import KeyFigures, Work
from billing.statements.workbook.ledger import Block
from billing.statements.workbook.leftovers import Dividing, any_of, give_leftover
from billing.statements.workbook.limits import limited_key
from billing.statements.workbook.tariffs import charges
from tenants.documents.styles import Style

_NAMES = ("経費", "区分", "経費額(円)", "特定財源(円)", "税率(分子)", "税率(分母)", "端数の単位(円)", "個別負担の団体",
          "端数の加算(円)", "端数処理")  # fmt: skip


@dataclass
class CostFigures:
    """One cost: its cells, and what members and the prefecture bear of it (None before a total is split).

    ``scale`` is what a key's numerators are multiplied by: the net, or the unit price.
    """

    cost: Cost
    net: Figure
    tax: tuple[Figure, Figure]
    unit: Figure
    entered_extra: Figure
    bearer: Place
    key: KeyFigures | None = None
    scale: Figure | None = None
    yen: Figure | None = None
    extra: Figure | None = None
    prefecture: Figure | None = None
    order: Figure | None = None
    """What ranks the members for what rounding leaves, where that is not the key's numerators."""


@dataclass
class Borne:
    """Everything that is borne: cost by cost, and the one rounding of a run that rounds on the total."""

    costs: dict[str, CostFigures] = field(default_factory=dict)
    total: Figure | None = None
    total_extra: Figure | None = None


def enter_costs(work: Work, costs: Sequence[Cost]) -> Borne:
    """Write the table of costs, and the net of each."""
    inputs, run = work.inputs, work.run
    inputs.heading("経費")
    inputs.sheet.header(inputs.row, _NAMES if work.own is not None else (*_NAMES[:8], "", _NAMES[9]))
    borne = Borne()
    work.ledger.heading("按分の対象額 = 経費額 − 特定財源")
    for cost in costs:
        inputs.row += 1
        borne.costs[cost.id] = _enter(work, cost, inputs.row)
    inputs.row += 2
    if run.case.rounding.stage == "total":
        inputs.words("端数処理", "按分する経費を合計してから処理")
    return borne


def _enter(work: Work, cost: Cost, row: int) -> CostFigures:
    sheet, run = work.inputs.sheet, work.run
    charge, rounding = cost.charge, cost.rounding or run.case.rounding
    kind = f"按分({run.keys[charge.key].name})" if charge.key else "個別負担" if charge.member else "県負担"
    kind = "料金表" if charge.tariff else kind
    sheet.text(row, 1, cost.name)
    sheet.text(row, 2, kind + ("・補助対象" if cost.eligible else ""))
    own = 0 if work.own is None or not charge.key or run.total else run.extra_yen(cost, work.own)
    figures = (cost.amount_yen, cost.revenue_yen, cost.tax_rate.numerator, cost.tax_rate.denominator)
    for column, value in enumerate((*figures, rounding.unit_yen), 3):
        sheet.yen(row, column, value)
    sheet.text(row, 8, charge.member or "")
    if work.own is not None:
        sheet.yen(row, 9, own, Style.EXTRA)
    words = rounding_words({"unit_yen": rounding.unit_yen, "remainder": rounding.remainder, "named": None}, "-")
    sheet.text(row, 10, words if charge.key else "")
    cells = {letter: Place(PREFIX, letter, row) for letter in "CDEFGHI"}
    line = work.ledger.line(cost.name)
    net = line.write("対象額", lambda _: f"{cells['C'].at(0)}-{cells['D'].at(0)}", [cost.net_yen])
    return CostFigures(
        cost=cost,
        net=Figure((net,), (cost.net_yen,)),
        tax=(Figure((cells["E"],), (figures[2],)), Figure((cells["F"],), (figures[3],))),
        unit=Figure((cells["G"],), (rounding.unit_yen,)),
        entered_extra=Figure((cells["I"],), (own,)),
        bearer=cells["H"],
    )


def bear(work: Work, borne: Borne, keys: dict[str, KeyFigures]) -> None:
    """Write what everybody bears of every cost."""
    for one in borne.costs.values():
        if one.cost.charge.key is None:
            continue
        one.key = key = keys[one.cost.charge.key]
        one.scale = one.net
        limits = work.run.keys[one.cost.charge.key].limits
        if limits is not None:
            one.key, one.order = limited_key(work, one.cost, limits, key, one.net)
            one.scale = ONE
        if key.price_top is not None:
            line = work.ledger.line(f"{one.cost.name} 単価(整数にしたもの)")
            one.scale, _ = divide(line, "単価", [(1, one.net, key.price_top)], key.sum)
    _direct(work, borne)
    for one in borne.costs.values():
        if one.cost.charge.tariff is not None:
            one.yen, one.prefecture = charges(work, one.cost, one.cost.charge.tariff, one.net)
    if work.run.case.rounding.stage == "total":
        _split_total(work, borne)
        return
    for one in borne.costs.values():
        if one.key is not None and one.scale is not None:
            _split_cost(work, one, one.key, one.scale)


def _direct(work: Work, borne: Borne) -> None:
    alone = [one for one in borne.costs.values() if one.cost.charge.member is not None]
    for one in borne.costs.values():
        if one.cost.charge.prefecture:
            one.prefecture = one.net
    if not alone:
        return
    work.ledger.heading("個別負担")
    block, codes = work.ledger.block(), work.inputs.codes
    for one in alone:
        values = [one.cost.net_yen if member.code == one.cost.charge.member else 0 for member in work.members]
        text = lambda i, c=one: f"IF(EXACT({codes.at(i)},{c.bearer.at(0)}),{c.net.cell.at(0)},0)"  # noqa: E731
        one.yen = Figure((block.write(one.cost.name, text, values),), tuple(values))


def _split_cost(work: Work, one: CostFigures, key: KeyFigures, scale: Figure) -> None:
    work.ledger.heading(f"按分「{one.cost.name}」")
    rounding = one.cost.rounding or work.run.case.rounding
    dividing = Dividing(
        label=one.cost.name,
        terms=[(1, key.numerators, scale)],
        divisor=key.denominator,
        net=one.net,
        unit=one.unit,
        rounding=rounding,
        order=one.order or key.numerators,
        zero=f"{any_of(scale)}=0",
        entered_extra=one.entered_extra,
    )
    one.yen, one.extra, one.prefecture = _split(work, work.ledger.block(), dividing)


def _split_total(work: Work, borne: Borne) -> None:
    """Add the exact shares of all keyed costs over one denominator, then round once."""
    rounding, inputs = work.run.case.rounding, work.inputs
    keyed = [one for one in borne.costs.values() if one.key is not None]
    unit = inputs.yen("端数の単位(円)", rounding.unit_yen)
    extra = 0
    if work.own is not None and work.run.total is not None:
        mine = exact_total(work, keyed)
        extra = work.run.total.yen[work.own] - mine
    entered = inputs.yen("端数の加算(円)", extra) if work.own is not None else unit
    if not keyed:
        borne.total = borne.total_extra = entered if work.own is not None else None
        return
    work.ledger.heading("按分する経費の合計")
    block = work.ledger.block()
    numerators, denominator = add_exact(work, block, keyed)
    net = combine(work.ledger.line("対象額の計"), "計", [(1, one.net, ONE) for one in keyed])
    words = {"unit_yen": rounding.unit_yen, "remainder": rounding.remainder, "named": None}
    inputs.words("端数", rounding_words(words, "-"))
    dividing = Dividing(
        label="合計",
        terms=[(1, numerators, ONE)],
        divisor=denominator,
        net=net,
        unit=unit,
        rounding=rounding,
        order=numerators,
        zero=f"{any_of(numerators)}=0",
        entered_extra=entered,
    )
    borne.total, borne.total_extra, _ = _split(work, block, dividing)


def exact_total(work: Work, keyed: Sequence[CostFigures]) -> int:
    """The member's exact keyed shares together, floored to the unit of the run's rounding."""
    assert work.own is not None  # noqa: S101  (asked only for a workbook of one member)
    exact = Fraction(0)
    for one in keyed:
        found = work.run.bearings[one.cost.id].exact
        exact += Fraction(found.numerators[work.own], found.denominator)
    unit = work.run.case.rounding.unit_yen
    return exact // unit * unit


def add_exact(work: Work, block: Block, keyed: Sequence[CostFigures], *, tail: bool = False) -> tuple[Figure, Figure]:
    """Add the exact shares of some keyed costs: numerators over the product of the keys' denominators."""
    groups: dict[str, list[CostFigures]] = {}
    for one in keyed:
        groups.setdefault(one.cost.charge.key or "", []).append(one)
    ledger = work.ledger
    keys: list[KeyFigures] = []
    scales: list[Figure] = []
    for group in groups.values():
        assert group[0].key is not None  # noqa: S101  (the costs are keyed)
        keys.append(group[0].key)
        parts = [(1, one.scale, ONE) for one in group if one.scale is not None]
        scales.append(parts[0][1] if len(parts) == 1 else combine(ledger.line("同じ按分方法の計"), "計", parts))
    denominator = keys[0].denominator
    for key in keys[1:]:
        denominator = product(ledger.line("分母の積"), "積", denominator, key.denominator)
    terms: list[Term] = []
    for place, (key, scale) in enumerate(zip(keys, scales, strict=True)):
        factor = scale
        for other, another in enumerate(keys):
            if other != place:
                factor = product(ledger.line("通分の倍率"), "積", factor, another.denominator)
        terms.append((1, key.numerators.with_tail() if tail else key.numerators, factor))
    return combine(block, "分子の計", terms), denominator


def _split(work: Work, block: Block, one: Dividing) -> tuple[Figure, Figure, Figure | None]:
    """Floor every share to the unit and give away what is left; the yen, what was added, the prefecture's part."""
    divisor = product(work.ledger.line("分母 × 端数の単位"), "積", one.divisor, one.unit)
    quotient, rest = divide(block, "按分", one.terms, divisor)
    base = combine(block, "切捨て後(円)", [(1, quotient, one.unit)])
    prefecture = None
    if work.own is not None:
        extra = one.entered_extra
    else:
        extra, prefecture = give_leftover(work, block, one, base, rest)
    return combine(block, "負担額(円)", [(1, base, ONE), (1, extra, ONE)]), extra, prefecture
