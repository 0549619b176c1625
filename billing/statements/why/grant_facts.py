"""How one member's part of each grant came about: base, amount, and how it was given out; pure.

A figure that would tell what another member bears alone is left out, unless the run publishes its shares.
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from billing.apportionment.bearing import Bearing
from billing.apportionment.exact import add_up
from billing.apportionment.granting import Granted, give_grant
from billing.apportionment.terms import Case, Cost, Grant
from billing.money import exact_text

FEWEST = 2
"""Others in a total that gives none of them away; who adds nothing to it mixes nothing."""


class GrantFacts:
    """The grants of one run over the bearings of its costs (members in the order of their codes)."""

    def __init__(self, case: Case, bearings: Sequence[Bearing], size: int, *, published: bool) -> None:
        self._case, self._bearings, self._size, self._published = case, bearings, size, published
        self._given: dict[tuple[str, str], Granted] = {}

    def of(self, place: int) -> list[dict[str, Any]]:
        """Every grant of the case in its order, for the member at ``place``."""
        return [self._one(grant, place) for grant in self._case.grants]

    def _one(self, grant: Grant, place: int) -> dict[str, Any]:
        counted = [one for one in self._bearings if _counts(grant, one.cost)]
        found: dict[str, Any] = {
            "level": grant.level,
            "rate": exact_text(grant.rate),
            "tax": grant.tax,
            "unit_yen": grant.rounding.unit_yen,
            "mode": grant.rounding.mode,
            "cap_yen": grant.cap_yen,
            "member_cap_yen": grant.member_cap_yen,
        }
        if grant.level == "member":
            return found | {"member": self._by_member(grant, counted, place)}
        if grant.level == "cost":
            borne = [one for one in counted if _bears(one, place)]
            return found | {"parts": [self._over(grant, [one], place) for one in borne]}
        return found | {"parts": [self._over(grant, counted, place)]}

    def _over(self, grant: Grant, counted: Sequence[Bearing], place: int) -> dict[str, Any]:
        """One grant over some costs: what it comes to, and what of it this member receives."""
        given = self._give(grant, counted)
        if not self._published and any(others_only(one, place) for one in counted):
            return {"hidden": "others", "given_yen": given.members[place]}
        own = [one for one in counted if _bears(one, place)]
        rest = [one for one in counted if not _bears(one, place)]
        found = {
            "bases": [_base(grant, one, place) for one in own],
            "rest_yen": sum(_base(grant, one, place)["base_yen"] for one in rest),
            "amount_yen": given.amount_yen,
            "given_yen": given.members[place],
        }
        if not given.amount_yen:
            return found
        weights = add_up((one.weights for one in counted), self._size)
        prefecture = max(0, sum(one.prefecture_yen for one in counted))
        everybody = sum(weights.numerators) + prefecture * weights.denominator
        tops = [*weights.numerators, prefecture * weights.denominator]
        return found | {
            "own": exact_text(Fraction(weights.numerators[place], weights.denominator)),
            "everybody": exact_text(Fraction(everybody, weights.denominator)),
            "floored_yen": sum(given.amount_yen * top // everybody for top in tops),
        }

    def _give(self, grant: Grant, counted: Sequence[Bearing]) -> Granted:
        name = grant.id, "" if grant.level != "cost" else counted[0].cost.id
        if name not in self._given:
            chosen = replace(grant, level="program", costs=tuple(one.cost.id for one in counted))
            self._given[name] = give_grant(0, chosen, self._bearings, self._size)
        return self._given[name]

    def _by_member(self, grant: Grant, counted: Sequence[Bearing], place: int) -> dict[str, Any]:
        """A grant computed on what each member bears; its cap over all is shared out in units."""
        free = self._members(grant, capped=False)
        given = self._members(grant, capped=True)
        own = [one for one in counted if _bears(one, place)]
        found: dict[str, Any] = {
            "bases": [_borne(grant, one, place) for one in own],
            "before_yen": free[place],
            "given_yen": given[place],
            "over": grant.cap_yen is not None and sum(free) > grant.cap_yen,
        }
        if not found["over"]:
            return found
        others = sum(1 for other, yen in enumerate(free) if yen and other != place)
        if not self._published and others < FEWEST:
            return found | {"hidden": "few"}
        units = (grant.cap_yen or 0) // grant.rounding.unit_yen
        everybody = sum(free)
        return found | {
            "everybody_yen": everybody,
            "units": units,
            "floored_units": sum(units * yen // everybody for yen in free),
        }

    def _members(self, grant: Grant, *, capped: bool) -> list[int]:
        name = grant.id, "capped" if capped else "free"
        if name not in self._given:
            chosen = grant if capped else replace(grant, cap_yen=None)
            self._given[name] = give_grant(0, chosen, self._bearings, self._size)
        return self._given[name].members


def _counts(grant: Grant, cost: Cost) -> bool:
    return cost.eligible if grant.costs is None else cost.id in grant.costs


def _bears(bearing: Bearing, place: int) -> bool:
    """Whether the cost stands on this member's statement."""
    return bool(bearing.exact.numerators[place] or (bearing.split and bearing.split.yen[place]))


def others_only(bearing: Bearing, place: int) -> bool:
    """Whether a cost stands on other members' statements only: a total with it would tell theirs."""
    return not bearing.cost.charge.prefecture and not _bears(bearing, place)


def _base(grant: Grant, bearing: Bearing, place: int) -> dict[str, Any]:
    """What one cost counts for: its net, or the part before consumption tax floored to 1 yen."""
    cost, rate, weights = bearing.cost, bearing.cost.tax_rate, bearing.weights
    without = cost.net_yen * rate.denominator // (rate.numerator + rate.denominator)
    base = cost.net_yen if grant.tax == "included" else without
    return {
        "cost": cost.id,
        "name": cost.name,
        "net_yen": cost.net_yen,
        "tax_rate": exact_text(rate),
        "base_yen": base,
        "borne": exact_text(Fraction(weights.numerators[place], weights.denominator)),
    }


def _borne(grant: Grant, bearing: Bearing, place: int) -> dict[str, Any]:
    """What one member's share of a cost counts for in a grant computed member by member."""
    weights, rate = bearing.weights, bearing.cost.tax_rate
    borne = Fraction(weights.numerators[place], weights.denominator)
    counted = borne if grant.tax == "included" else Fraction((borne / (1 + rate)).__floor__())
    name = bearing.cost.name
    return {
        "cost": bearing.cost.id,
        "name": name,
        "borne": exact_text(borne),
        "tax_rate": exact_text(rate),
        "base": exact_text(counted),
    }
