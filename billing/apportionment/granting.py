"""Grants (§3.3): how much each one is, and which bearer receives it."""

from collections.abc import Sequence
from dataclasses import dataclass

from billing.apportionment.bearing import Bearing, refuse_too_precise
from billing.apportionment.exact import TooPrecise, add_up
from billing.apportionment.problems import CaseRefused, Problem
from billing.apportionment.splitting import distribute, round_to_unit
from billing.apportionment.terms import Cost, Grant


@dataclass(frozen=True, slots=True)
class Granted:
    """One grant in yen: what it comes to, and what members (codes ascending) and the prefecture receive."""

    amount_yen: int
    members: list[int]
    prefecture_yen: int


def give_grant(index: int, grant: Grant, bearings: Sequence[Bearing], size: int) -> Granted:
    """Compute one grant over the costs it counts; ``index`` is its place in the case, ``size`` the members.

    Raises ``CaseRefused`` ``grant-without-bearer`` when nobody bears the costs that earn it.
    """
    listed = None if grant.costs is None else frozenset(grant.costs)
    counted = [b for b in bearings if (b.cost.eligible if listed is None else b.cost.id in listed)]
    if grant.level == "member":
        return _give_by_member(grant, counted, size)
    if grant.level == "program":
        return _give_over(index, grant, counted, size)
    parts = [_give_over(index, grant, [bearing], size) for bearing in counted]
    return Granted(
        sum(part.amount_yen for part in parts),
        [sum(given) for given in zip(*(part.members for part in parts), strict=True)] if parts else [0] * size,
        sum(part.prefecture_yen for part in parts),
    )


def _give_over(index: int, grant: Grant, counted: Sequence[Bearing], size: int) -> Granted:
    """Compute one grant over the sum of some costs and give it to those who bear them."""
    base = sum(_base(grant, bearing.cost) for bearing in counted)
    amount = _amount(grant, base, grant.cap_yen)
    if amount == 0:
        return Granted(0, [0] * size, 0)
    try:
        borne = add_up((bearing.weights for bearing in counted), size)
    except TooPrecise:
        refuse_too_precise()
    # A tariff may bring the prefecture more than the cost: it then bears nothing, and nothing is granted to it.
    prefecture = max(0, sum(bearing.prefecture_yen for bearing in counted)) * borne.denominator
    if prefecture == 0 and not any(borne.numerators):
        message = f"交付金「{grant.name}」の対象経費を負担する団体がないため、交付金を配分できません。"
        raise CaseRefused([Problem(f"/grants/{index}", message, "grant-without-bearer")])
    given = distribute(amount, [*borne.numerators, prefecture])
    return Granted(amount, given[:-1], given[-1])


def _give_by_member(grant: Grant, counted: Sequence[Bearing], size: int) -> Granted:
    """Compute the grant member by member on what each bears; the prefecture's own share gets none."""
    given = [_amount(grant, base, grant.member_cap_yen) for base in _member_bases(grant, counted, size)]
    if grant.cap_yen is not None and sum(given) > grant.cap_yen:
        unit = grant.rounding.unit_yen
        given = [units * unit for units in distribute(grant.cap_yen // unit, given)]
    return Granted(sum(given), given, 0)


def _member_bases(grant: Grant, counted: Sequence[Bearing], size: int) -> list[int]:
    if grant.tax == "included":
        try:
            borne = add_up((bearing.weights for bearing in counted), size)
        except TooPrecise:
            refuse_too_precise()
        return [number // borne.denominator for number in borne.numerators]
    bases = [0] * size
    for bearing in counted:
        rate, weights = bearing.cost.tax_rate, bearing.weights
        top, bottom = rate.denominator, (rate.numerator + rate.denominator) * weights.denominator
        bases = [base + number * top // bottom for base, number in zip(bases, weights.numerators, strict=True)]
    return bases


def _base(grant: Grant, cost: Cost) -> int:
    """Give what a cost counts for: its net, or the part before consumption tax floored to 1 yen."""
    if grant.tax == "included":
        return cost.net_yen
    rate = cost.tax_rate
    return cost.net_yen * rate.denominator // (rate.numerator + rate.denominator)


def _amount(grant: Grant, base: int, cap: int | None) -> int:
    top, bottom = grant.rate.numerator * base, grant.rate.denominator
    if cap is not None and top > cap * bottom:
        top = cap * bottom
    return round_to_unit(top, bottom, grant.rounding.unit_yen, grant.rounding.mode)
