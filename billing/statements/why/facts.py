"""What a statement must keep beside its view so that every step can be shown: rounding, charges and grants; pure.

Read once from a run's frozen case. Only the member's own figures and sums over all leave this module; who received
what is left over is added where the run publishes its shares (按分表を構成団体に公開).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from billing.apportionment.bearing import Bearing, bear_costs, split_total
from billing.apportionment.case import parse_case
from billing.apportionment.exact import Exact, add_up
from billing.apportionment.splitting import Split
from billing.apportionment.tariffs import bracket_of, price_yen
from billing.apportionment.terms import EQUAL_BASIS, Case, Cost, Key, Member, Rounding, Tariff
from billing.money import exact_text
from billing.statements.why.grant_facts import GrantFacts, others_only

FACTS = 1
"""Version of what is kept; a reader that meets another shows only what the view itself holds."""


@dataclass(frozen=True)
class _Rounded:
    """One rounding over all members; ``order`` are the places by the policy, for those who may see it."""

    amount_yen: int
    exact: Exact
    split: Split
    rounding: Rounding

    @cached_property
    def floors(self) -> list[int]:
        size = self.exact.denominator * self.rounding.unit_yen
        return [number // size * self.rounding.unit_yen for number in self.exact.numerators]

    @cached_property
    def receiving(self) -> list[int]:
        return [place for place, yen in enumerate(self.split.yen) if yen > self.floors[place]]

    def remainder(self, place: int) -> Fraction:
        return Fraction(self.exact.numerators[place], self.exact.denominator) - self.floors[place]


class RunFacts:
    """The facts of one run's members; ``case`` is the frozen case document."""

    def __init__(self, case: Mapping[str, Any], *, published: bool) -> None:
        self._case: Case = parse_case(case)
        self._published = published
        self._members: Sequence[Member] = sorted(self._case.members, key=lambda member: member.code)
        self._codes = [member.code for member in self._members]
        self._keys: Mapping[str, Key] = {key.id: key for key in self._case.keys}
        self._bearings = bear_costs(self._case, self._codes)
        self._grants = GrantFacts(self._case, self._bearings, len(self._codes), published=published)
        self._rounded = {one.cost.id: _round_of(one, self._case.rounding) for one in self._bearings}

    def of(self, code: str) -> dict[str, Any]:
        """One member's facts as plain JSON, to be frozen with its statement. Raises ValueError for strangers."""
        place = self._codes.index(code)
        own = [one for one in self._bearings if one.exact.numerators[place] or (one.split and one.split.yen[place])]
        roundings = {one.cost.id: rounded for one in own if (rounded := self._rounded[one.cost.id]) is not None}
        return {
            "facts": FACTS,
            "published": self._published,
            "charges": {one.cost.id: self._charge(one.cost, place) for one in own},
            "roundings": {name: self._rounding(one, place) for name, one in roundings.items()},
            "total": self._rounding(self._total, place) if self._total and self._may_tell_total(place) else None,
            "grants": self._grants.of(place),
            "instalments": {"count": self._case.instalments.count, "unit_yen": self._case.instalments.unit_yen},
        }

    @cached_property
    def _total(self) -> _Rounded | None:
        if self._case.rounding.stage != "total":
            return None
        keyed = [one for one in self._bearings if one.split is None]
        exact = add_up((one.exact for one in keyed), len(self._codes))
        amount = sum(one.cost.net_yen for one in keyed)
        return _Rounded(amount, exact, split_total(self._case, self._codes, self._bearings), self._case.rounding)

    def _may_tell_total(self, place: int) -> bool:
        """Whether the sum of all keyed costs tells no cost that stands on other members' statements only."""
        keyed = (one for one in self._bearings if one.split is None)
        return self._published or not any(others_only(one, place) for one in keyed)

    def _charge(self, cost: Cost, place: int) -> dict[str, Any]:
        if cost.charge.tariff is not None:
            return {"tariff": self._tariff(cost.charge.tariff, self._members[place])}
        if cost.charge.key is None:
            return {"direct": True}
        key = self._keys[cost.charge.key]
        found: dict[str, Any] = {"key": key.id}
        if key.fixed is not None:
            present = sum((key.fixed.get(code, Fraction(0)) for code in self._codes), Fraction(0))
            own = key.fixed.get(self._codes[place], Fraction(0))
            found["fixed"] = {"own": exact_text(own), "sum": exact_text(present)}
        if key.limits is not None:
            bounds = key.limits.of(self._codes[place])
            found["limits"] = {
                "minimum_yen": bounds.minimum_yen,
                "maximum_yen": bounds.maximum_yen,
            }
        return found

    def _tariff(self, tariff: Tariff, member: Member) -> dict[str, Any]:
        basis = next((one for one in self._case.bases if one.id == tariff.basis), None)
        value = Fraction(1) if tariff.basis == EQUAL_BASIS or basis is None else basis.values[member.code]
        step = None if tariff.rate is not None else bracket_of(tariff.steps, value)
        return {
            "basis": basis.name if basis else "均等",
            "unit": basis.unit if basis else "団体",
            "as_of": basis.as_of.isoformat() if basis else None,
            "source": basis.source if basis else "",
            "value": exact_text(value),
            "rate": None if tariff.rate is None else exact_text(tariff.rate),
            "bound": None if step is None or step.bound is None else exact_text(step.bound),
            "inclusive": step.inclusive if step else True,
            "price_yen": step.price_yen if step else None,
            "months": member.months,
            "by_month": tariff.months == "always" or (tariff.months == "part_year" and member.months < 12),  # noqa: PLR2004  (months of a year)
            "unit_yen": tariff.unit_yen,
            "mode": tariff.mode,
            "tax_rate": exact_text(tariff.tax_rate),
            "yen": price_yen(tariff, value, member.months),
        }

    def _rounding(self, one: _Rounded, place: int) -> dict[str, Any]:
        rounding = one.rounding
        found: dict[str, Any] = {
            "policy": rounding.remainder,
            "unit_yen": rounding.unit_yen,
            "amount_yen": one.amount_yen,
            "floored_yen": sum(one.floors),
            "receiving": len(one.receiving),
            "extra_yen": one.split.yen[place] - one.floors[place],
            "prefecture_yen": one.split.prefecture_yen,
            "you": rounding.remainder == "named" and rounding.named == self._codes[place],
        }
        if self._published:
            found["others"] = self._others(one, place)
        return found

    def _others(self, one: _Rounded, place: int) -> dict[str, Any]:
        """Where the member stands, and the last who received a unit: enough to see that the order was kept."""
        policy = one.rounding.remainder
        if policy == "largest_remainder":
            order = sorted(one.receiving, key=one.remainder, reverse=True)
            own = one.remainder(place)
            before = sum(
                (rest := one.remainder(other)) > own or (rest == own and other < place)
                for other in range(len(self._codes))
            )
        else:
            order = sorted(one.receiving, key=lambda other: one.exact.numerators[other])
            own = Fraction(one.exact.numerators[place])
            before = sum(
                0 < number < own or (number == own and other < place)
                for other, number in enumerate(one.exact.numerators)
            )
        last = order[-1] if order else None
        return {
            "rank": before + 1,
            "last": None if last is None else self._members[last].name,
            "last_remainder": None if last is None else exact_text(one.remainder(last)),
        }


def _round_of(bearing: Bearing, general: Rounding) -> _Rounded | None:
    """How one cost was rounded on its own; None where a price list or one bearer leaves nothing to round."""
    if bearing.cost.charge.key is None or bearing.split is None:
        return None
    return _Rounded(bearing.cost.net_yen, bearing.exact, bearing.split, bearing.cost.rounding or general)
