"""交付金 in cells: how much each grant is, and what of it each member receives."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from billing.apportionment.terms import Cost, Grant
from billing.statements.wording import grant_words
from billing.statements.workbook.arithmetic import ONE, Term, combine, divide, larger, product, total
from billing.statements.workbook.costs import Borne, CostFigures, add_exact
from billing.statements.workbook.figures import Figure, constant
from billing.statements.workbook.keys import Work
from billing.statements.workbook.ledger import Block, Space
from billing.statements.workbook.rounding import rounded

PREFECTURE = "県"


@dataclass(frozen=True)
class GrantFigures:
    """One grant's terms, as they stand in the sheet of inputs."""

    grant: Grant
    rate: tuple[Figure, Figure]
    unit: Figure
    cap: Figure | None
    member_cap: Figure | None


def give_grants(work: Work, borne: Borne) -> dict[str, Figure]:
    """Write every grant, in the order of the case; answers what each member receives of it."""
    given = {}
    for grant in work.run.case.grants:
        work.ledger.heading(f"交付金「{grant.name}」")
        figures = _enter(work, grant)
        costs = work.run.counted(grant)
        if grant.level == "member":
            given[grant.id] = _by_member(work, borne, figures, costs)
        elif grant.level == "program":
            given[grant.id] = _over(work, borne, figures, costs)
        else:
            shown = [cost for cost in costs if cost.id in borne.costs]
            parts = [_over(work, borne, figures, [cost]) for cost in shown]
            given[grant.id] = _added(work, parts)
    return given


def _enter(work: Work, grant: Grant) -> GrantFigures:
    inputs = work.inputs
    inputs.heading(f"交付金「{grant.name}」")
    words = {
        "costs": "eligible" if grant.costs is None else list(grant.costs),
        "tax": grant.tax,
        "rate": str(grant.rate),
        "rounding": {"unit_yen": grant.rounding.unit_yen, "mode": grant.rounding.mode},
        "cap_yen": grant.cap_yen,
        "member_cap_yen": grant.member_cap_yen,
        "level": grant.level,
    }
    inputs.words("計算のしかた", grant_words(words))
    rate = inputs.ratio("補助率", grant.rate)
    unit = inputs.yen("端数の単位(円)", grant.rounding.unit_yen)
    cap = None if grant.cap_yen is None else inputs.yen("上限(円)", grant.cap_yen)
    member_cap = None if grant.member_cap_yen is None else inputs.yen("1団体の上限(円)", grant.member_cap_yen)
    return GrantFigures(grant, rate, unit, cap, member_cap)


def _added(work: Work, parts: Sequence[Figure]) -> Figure:
    block = work.ledger.block()
    if parts:
        return combine(block, "交付金の計(円)", [(1, one, ONE) for one in parts])
    values = (0,) * block.rows
    return Figure((block.write("交付金の計(円)", lambda _: "0", values),), values)


def _base(work: Work, grant: Grant, one: CostFigures) -> Figure:
    """What a cost counts for: its net, or the part before consumption tax floored to a yen."""
    if grant.tax == "included":
        return one.net
    line = work.ledger.line(f"{one.cost.name} 税抜き(円)")
    return divide(line, "税抜き", [(1, one.net, one.tax[1])], _with_tax(work, one))[0]


def _with_tax(work: Work, one: CostFigures) -> Figure:
    return combine(work.ledger.line("税率の分母+分子"), "計", [(1, one.tax[0], ONE), (1, one.tax[1], ONE)])


def _over(work: Work, borne: Borne, terms: GrantFigures, costs: Sequence[Cost]) -> Figure:
    """One grant over the sum of some costs, given to those who bear them."""
    grant, ledger = terms.grant, work.ledger
    if work.own is not None and any(_is_others(borne, cost) for cost in costs):
        return _entered(work, grant, work.run.given(grant, costs).members[work.own], _OTHERS)
    label = grant.name if grant.level == "program" else costs[0].name
    if work.own is None or grant.level == "cost":
        bases = [_base(work, grant, borne.costs[cost.id]) for cost in costs]
        base = combine(ledger.line(f"{label} 補助対象額の計(円)"), "計", [(1, one, ONE) for one in bases] or _NOTHING)
    else:
        base = work.inputs.yen("補助対象額の計(円)", _base_yen(grant, costs), "全団体と県の計(税抜きの場合は税抜き後)")
    amount = _amount(ledger.line(f"{label} 交付金の額(円)"), terms, base, terms.cap)
    if work.own is None:
        return _share_out(work, borne, costs, amount)
    return _own_share(work, borne, grant, costs, amount)


_OTHERS = "貴団体が負担しない経費が対象に入るため、県の計算で決まった額を入れています"
_FEW = "団体が少なく、ほかの団体の額が分かってしまうため、県の計算で決まった額を入れています"
_FEWEST = 2
"""Others in a total that gives none of them away; who adds nothing to it mixes nothing."""


def _is_others(borne: Borne, cost: Cost) -> bool:
    """Whether a cost stands on other members' statements only: a total with it would tell theirs."""
    return cost.id not in borne.costs and not cost.charge.prefecture


def _entered(work: Work, grant: Grant, received: int, why: str) -> Figure:
    """What the member receives, as the prefecture computed it."""
    entered = work.inputs.yen(f"{grant.name} 貴団体が受ける額(円)", received, why)
    return combine(work.ledger.block(), "受ける額", [(1, entered, ONE)])


_NOTHING: list[Term] = [(1, constant(0), ONE)]


def _base_yen(grant: Grant, costs: Sequence[Cost]) -> int:
    if grant.tax == "included":
        return sum(cost.net_yen for cost in costs)
    return sum(
        cost.net_yen * cost.tax_rate.denominator // (cost.tax_rate.numerator + cost.tax_rate.denominator)
        for cost in costs
    )


def _amount(space: Space, terms: GrantFigures, base: Figure, cap: Figure | None) -> Figure:
    """Rate × base, rounded to the unit; the cap is rounded the same way, which comes to the same."""
    top, bottom = terms.rate
    found = _rounded(space, terms, [(1, base, top)], bottom)
    if cap is None:
        return found
    most = _rounded(space.ledger.line("上限を端数処理した額(円)"), terms, [(1, cap, ONE)], ONE)
    values = [min(found.value(i), most.value(i)) for i in range(space.rows or 1)]
    place = space.write("上限まで", lambda i: f"MIN({found.cell.at(i)},{most.cell.at(i)})", values)
    return Figure((place,), tuple(values))


def _rounded(space: Space, terms: GrantFigures, top: list[Term], bottom: Figure) -> Figure:
    return rounded(space, terms.grant.rounding.mode, terms.unit, top, bottom, "交付金(円)")


def _keyed(borne: Borne, costs: Sequence[Cost]) -> list[CostFigures]:
    found = [borne.costs[cost.id] for cost in costs if cost.id in borne.costs]
    return [one for one in found if one.key is not None]


def _weights(work: Work, borne: Borne, costs: Sequence[Cost], block: Block, *, tail: bool) -> tuple[Figure, Figure]:
    """What members (and the prefecture) bear of some costs, in yen or, rounded on the total, exactly."""
    found = [borne.costs[cost.id] for cost in costs if cost.id in borne.costs]
    yen = [one.yen for one in found if one.yen is not None]
    kept = [one.prefecture for one in found if one.prefecture is not None] if tail else []
    rows = range(len(work.members))
    # Where price lists bring more than their costs, the prefecture bears nothing.
    values = [sum(one.value(i) for one in yen) for i in rows] + [max(0, sum(one.value(0) for one in kept))] * tail

    def text(i: int) -> str:
        if i < len(rows):
            return "+".join(one.cell.at(i) for one in yen) or "0"
        sum_of = "+".join(one.cell.at(0) for one in kept) or "0"
        return f"IF({sum_of}<0,0,{sum_of})"

    whole = Figure((block.write("負担額(円)", text, values),), tuple(values))
    keyed = _keyed(borne, costs) if work.run.case.rounding.stage == "total" else []
    if not keyed:
        return whole, ONE
    numerators, denominator = add_exact(work, block, keyed, tail=tail)
    return combine(block, "負担の分子", [(1, numerators, ONE), (1, whole, denominator)]), denominator


def _share_out(work: Work, borne: Borne, costs: Sequence[Cost], amount: Figure) -> Figure:
    block = work.ledger.block([PREFECTURE])
    weights, _ = _weights(work, borne, costs, block, tail=True)
    return _distribute(work, block, amount, weights)


def _distribute(work: Work, block: Block, amount: Figure, weights: Figure) -> Figure:
    """Give whole units in proportion to weights, by largest remainder, ties to the earlier row."""
    whole = total(block, work.ledger.line("負担の計"), "計", weights)
    quotient, rest = divide(block, "配分", [(1, weights, amount)], whole)
    left = amount.value(0) - sum(quotient.values)
    cell, area = amount.cell.at(0), quotient.place.area()
    if not whole.value(0):
        left = 0  # nobody bears anything: there is nothing to give, and no row has a remainder
    line = work.ledger.line("配分の残り")
    rest_of = line.write("残り", lambda _: f"IF({_sum_of(whole)}=0,0,{cell}-SUM({area}))", [left])
    order = block.write("順", lambda i: str(i + 1), list(range(1, block.rows + 1)))
    ranks = [
        1 + sum(1 for j, other in enumerate(rest.values) if other > own or (other == own and j < i))
        for i, own in enumerate(rest.values)
    ]
    rank = block.write("順位", lambda i: larger(rest, order, i), ranks)
    values = [quotient.value(i) + (ranks[i] <= left) for i in range(block.rows)]
    text = lambda i: f"{quotient.cell.at(i)}+IF({rank.at(i)}<={rest_of.at(0)},1,0)"  # noqa: E731
    return Figure((block.write("受ける額", text, values),), tuple(values))


def _sum_of(figure: Figure) -> str:
    return "(" + "+".join(one.at(0) for one in figure.limbs) + ")"


def _own_share(work: Work, borne: Borne, grant: Grant, costs: Sequence[Cost], amount: Figure) -> Figure:
    """The member's part, from the sum of what all bear, and the unit it received (both entered)."""
    assert work.own is not None  # noqa: S101  (asked only for a workbook of one member)
    block = work.ledger.block()
    weights, denominator = _weights(work, borne, costs, block, tail=False)
    label = f"{grant.name} " + (f"{costs[0].name} " if grant.level == "cost" else "")
    exact = _everybody(work, costs) * denominator.value(0)
    if exact.denominator > 1:  # costs of which this member bears nothing have denominators of their own
        more = work.inputs.long(f"{label}分母をそろえる倍率", exact.denominator)
        weights = product(block, "分母をそろえる", weights, more)
    whole = work.inputs.long(f"{label}対象経費の負担の計", exact.numerator, _EVERYBODY)
    quotient, _ = divide(block, "配分", [(1, weights, amount)], whole)
    received = work.run.given(grant, costs).members[work.own] - quotient.value(0)
    unit = work.inputs.yen(f"{label}端数の加算(円)", received, "県の計算で貴団体に加えた1円単位の端数(ある場合)")
    return combine(block, "受ける額", [(1, quotient, ONE), (1, unit, ONE)])


_EVERYBODY = "全団体と県の計(円。合計してから端数を処理する場合は、分母を掛けた数)"


def _everybody(work: Work, costs: Sequence[Cost]) -> Fraction:
    """What all members and the prefecture bear of these costs, in yen; exact where only the total is rounded."""
    bearings = [work.run.bearings[cost.id] for cost in costs]
    prefecture = max(0, sum(one.prefecture_yen for one in bearings))
    weights = [one.weights for one in bearings]
    return prefecture + sum((Fraction(sum(one.numerators), one.denominator) for one in weights), Fraction(0))


def _by_member(work: Work, borne: Borne, terms: GrantFigures, costs: Sequence[Cost]) -> Figure:
    if work.own is not None and terms.cap is not None and _others(work, terms.grant, work.own) < _FEWEST:
        received = work.run.given_by_member(terms.grant, capped=True)[work.own]
        return _entered(work, terms.grant, received, _FEW)
    block = work.ledger.block()
    base = _member_base(work, borne, terms.grant, costs, block)
    given = _amount(block, terms, base, terms.member_cap)
    if terms.cap is None:
        return given
    return _capped(work, block, terms, given)


def _others(work: Work, grant: Grant, own: int) -> int:
    """How many other members add something to the sum that the cap over all is compared with."""
    free = work.run.given_by_member(grant, capped=False)
    return sum(1 for place, yen in enumerate(free) if yen and place != own)


def _member_base(work: Work, borne: Borne, grant: Grant, costs: Sequence[Cost], block: Block) -> Figure:
    if grant.tax == "included":
        weights, denominator = _weights(work, borne, costs, block, tail=False)
        if denominator == ONE:
            return weights
        return divide(block, "対象額(1円未満切捨て)", [(1, weights, ONE)], denominator)[0]
    parts: list[Figure] = []
    for cost in costs:
        one = borne.costs.get(cost.id)
        if one is None or (one.key is None and one.yen is None):
            continue
        taxed = _with_tax(work, one)
        if one.yen is not None:
            parts.append(divide(block, f"{cost.name} 税抜き", [(1, one.yen, one.tax[1])], taxed)[0])
        elif one.key is not None and one.scale is not None:
            scale = product(work.ledger.line("税率の分母を掛ける"), "積", one.scale, one.tax[1])
            divisor = product(work.ledger.line("分母 × 税率"), "積", one.key.denominator, taxed)
            parts.append(divide(block, f"{cost.name} 税抜き", [(1, one.key.numerators, scale)], divisor)[0])
    if not parts:
        values = (0,) * block.rows
        return Figure((block.write("対象額(円)", lambda _: "0", values),), values)
    return combine(block, "対象額(円)", [(1, one, ONE) for one in parts])


def _capped(work: Work, block: Block, terms: GrantFigures, given: Figure) -> Figure:
    """Where all grants together exceed the cap: share the cap out in units, by what each would have received."""
    ledger, grant = work.ledger, terms.grant
    assert terms.cap is not None  # noqa: S101  (asked only where there is a cap)
    cap, unit = terms.cap.cell.at(0), terms.unit.cell.at(0)
    units_value = terms.cap.value(0) // terms.unit.value(0)
    cell = ledger.line("上限 ÷ 単位").write("単位の数", lambda _: f"INT({cap}/{unit})", [units_value])
    units = Figure((cell,), (units_value,))
    if work.own is None:
        whole = total(block, ledger.line("団体ごとの交付金の計(円)"), "計", given)
        shared = _distribute(work, block, units, given)
    else:
        everybody = sum(work.run.given_by_member(grant, capped=False))
        whole = work.inputs.yen("上限を適用する前の交付金の計(円)", everybody, "全団体の計")
        quotient, _ = divide(block, "上限の配分", [(1, given, units)], whole)
        received = work.run.given_by_member(grant, capped=True)[work.own] // terms.unit.value(0) - quotient.value(0)
        extra = work.inputs.yen("上限の配分で加えた単位の数", received if everybody > terms.cap.value(0) else 0)
        shared = combine(block, "単位の数", [(1, quotient, ONE), (1, extra, ONE)])
    over = whole.value(0) > terms.cap.value(0)
    values = [shared.value(i) * terms.unit.value(0) if over else given.value(i) for i in range(block.rows)]
    text = lambda i: f"IF({whole.cell.at(0)}>{cap},{shared.cell.at(i)}*{unit},{given.cell.at(i)})"  # noqa: E731
    return Figure((block.write("受ける額", text, values),), tuple(values))
