"""Who bears what of each cost: exact shares, and yen where the rounding stage is the single cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NoReturn

from billing.apportionment.exact import Exact, Spelling, TooPrecise, add_up
from billing.apportionment.limiting import Limited, Unfillable, limit
from billing.apportionment.problems import CaseRefused, Problem
from billing.apportionment.shares import Shares
from billing.apportionment.splitting import Split, split
from billing.apportionment.tariffs import price_yen
from billing.apportionment.terms import EQUAL_BASIS, Case, Cost, Key, Limits, Member, Rounding, Tariff
from billing.money import format_yen


@dataclass(frozen=True, slots=True)
class Bearing:
    """One cost as it is borne: by members in ``exact`` yen, and as ``split`` into whole yen.

    ``split`` is None for a keyed cost under stage "total". ``spelling`` and ``scale`` write the exact shares.
    """

    cost: Cost
    exact: Exact
    split: Split | None
    spelling: Spelling | None = None
    scale: Fraction = Fraction(0)

    @property
    def weights(self) -> Exact:
        """What members bear as the grants see it: yen when split into yen, exact otherwise."""
        return self.exact if self.split is None else Exact(self.split.yen, 1)

    @property
    def prefecture_yen(self) -> int:
        """What the prefecture bears of this cost itself."""
        return self.split.prefecture_yen if self.split else 0


def bear_costs(case: Case, codes: Sequence[str]) -> list[Bearing]:
    """Compute the bearing of every cost, in the order of cost ids; ``codes`` are the members' in order."""
    places = {code: place for place, code in enumerate(codes)}
    members = sorted(case.members, key=lambda member: member.code)
    shares = Shares(case, members)
    keys = {key.id: (index, key) for index, key in enumerate(case.keys)}
    bearings = []
    for cost in sorted(case.costs, key=lambda cost: cost.id):
        if cost.charge.tariff is not None:
            bearings.append(_bear_by_tariff(case, cost, cost.charge.tariff, members))
            continue
        if cost.charge.key is None:
            bearings.append(_bear_alone(cost, places))
            continue
        found = shares.of(cost.charge.key)
        index, key = keys[cost.charge.key]
        if key.limits is not None:
            limited = _limit(index, key, key.limits, cost, codes, found.figures)
            bearings.append(_bear_limited(cost, limited, cost.rounding or case.rounding))
            continue
        scale = found.scale(cost)
        exact = found.figures.times(scale)
        parts = None
        if case.rounding.stage == "cost":
            rounding = cost.rounding or case.rounding
            parts = split(cost.net_yen, exact, rounding, _named(rounding, places))
        bearings.append(Bearing(cost, exact, parts, found.spelling, scale))
    return bearings


def split_total(case: Case, codes: Sequence[str], bearings: Sequence[Bearing]) -> Split:
    """Split the sum of all keyed costs that were not rounded one by one (stage "total")."""
    open_costs = [bearing for bearing in bearings if bearing.split is None]
    try:
        exact = add_up((bearing.exact for bearing in open_costs), len(codes))
    except TooPrecise:
        refuse_too_precise()
    amount = sum(bearing.cost.net_yen for bearing in open_costs)
    return split(amount, exact, case.rounding, _named(case.rounding, {code: i for i, code in enumerate(codes)}))


def refuse_too_precise() -> NoReturn:
    """Refuse a case whose exact sums over all costs grow beyond every real quantity."""
    message = "按分方法が多く基準値の桁数も多いため、合計での端数処理(total)が計算できません。"
    raise CaseRefused([Problem("/rounding/stage", message, "too-precise")]) from None


def _limit(index: int, key: Key, limits: Limits, cost: Cost, codes: Sequence[str], shares: Exact) -> Limited:
    """Hold each member's share of the cost within its bounds."""
    try:
        return limit(cost.net_yen, shares.numerators, [limits.of(code) for code in codes])
    except Unfillable as error:
        word, room = ("下限額", "を上回り") if error.too_much_asked else ("上限額", "に足りず")
        shown = f"{word}の合計{format_yen(error.room_yen)}が経費「{cost.name}」の{format_yen(cost.net_yen)}{room}"
        message = f"按分方法「{key.name}」の{shown}、按分できません。"
        raise CaseRefused([Problem(f"/keys/{index}/limits", message, "limits-impossible")]) from None


def _bear_limited(cost: Cost, limited: Limited, rounding: Rounding) -> Bearing:
    """Make yen of shares within bounds; what rounding leaves goes to nobody who stands at the maximum."""
    parts = split(cost.net_yen, limited.exact, rounding, None, limited.at_maximum)
    return Bearing(cost, limited.exact, parts, Spelling(limited.exact), Fraction(1))


def _bear_by_tariff(case: Case, cost: Cost, tariff: Tariff, members: Sequence[Member]) -> Bearing:
    """Charge every member its price; what that brings in beyond or below the cost is the prefecture's (§4)."""
    values = next((basis.values for basis in case.bases if basis.id == tariff.basis), {})
    yen = [
        0
        if member.code in tariff.exclude
        else price_yen(tariff, Fraction(1) if tariff.basis == EQUAL_BASIS else values[member.code], member.months)
        for member in members
    ]
    return Bearing(cost, Exact(yen, 1), Split(yen, cost.net_yen - sum(yen), 0))


def _bear_alone(cost: Cost, places: dict[str, int]) -> Bearing:
    """Give all of a cost to one member or to the prefecture."""
    yen = [0] * len(places)
    if cost.charge.member is not None:
        yen[places[cost.charge.member]] = cost.net_yen
    return Bearing(cost, Exact(yen, 1), Split(yen, cost.net_yen if cost.charge.member is None else 0, 0))


def _named(rounding: Rounding, places: dict[str, int]) -> int | None:
    return None if rounding.named is None else places[rounding.named]
