"""Exact shares (§3.1): what a key gives every member, computed once per key and used for all its costs."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NoReturn

from billing.apportionment.exact import MOST_BITS, Exact, Spelling, TooPrecise, common_denominator, from_fractions
from billing.apportionment.problems import CaseRefused, Problem
from billing.apportionment.terms import EQUAL_BASIS, Case, Component, Cost, Key, Member


class KeyShares:
    """The shares of one key.

    For most keys ``figures`` are the shares themselves, which add to 1, and a cost multiplies them by its net.
    For a unit price they are the measures, and a cost multiplies them by its truncated price.
    """

    def __init__(self, figures: Exact, decimals: int | None = None) -> None:
        self.figures = figures
        self.spelling = Spelling(figures)
        self._decimals = decimals
        self._sum = sum(figures.numerators)

    def scale(self, cost: Cost) -> Fraction:
        """Give what the figures are multiplied by for this cost: its net, or its truncated unit price (yen)."""
        if self._decimals is None:
            return Fraction(cost.net_yen)
        shift = 10**self._decimals
        return Fraction(cost.net_yen * shift * self.figures.denominator // self._sum, shift)


class Shares:
    """Shares of all keys of a case, for its members in the order of their codes."""

    def __init__(self, case: Case, members: Sequence[Member]) -> None:
        self._members = members
        self._values = {basis.id: basis.values for basis in case.bases}
        self._measures: dict[tuple[object, ...], Exact] = {}
        self._keys = {key.id: (index, key) for index, key in enumerate(case.keys)}
        self._shares: dict[str, KeyShares] = {}

    def of(self, key_id: str) -> KeyShares:
        """Give a key's shares; raises ``CaseRefused`` ``basis-sum-zero`` or ``too-precise``."""
        found = self._shares.get(key_id)
        if found is None:
            index, key = self._keys[key_id]
            try:
                found = self._compute(index, key)
            except TooPrecise:
                message = f"按分方法「{key.name}」の基準値や割合の桁数が多すぎて、正確に計算できません。"
                _refuse(f"/keys/{index}", "too-precise", message)
            self._shares[key_id] = found
        return found

    def _compute(self, index: int, key: Key) -> KeyShares:
        if key.fixed is not None:
            fixed = from_fractions(key.fixed.get(member.code, Fraction(0)) for member in self._members)
            # without renormalisation the fractions add to 1, so their sum is the denominator already
            total = sum(fixed.numerators)
            if total == 0:
                _refuse_zero(f"/keys/{index}/fixed")
            return KeyShares(Exact(fixed.numerators, total).reduced())
        host = key.host.code if key.host else None
        measured = []
        for place, component in enumerate(key.components):
            measures = self._measure(component, host)
            if not any(measures.numerators):
                _refuse_zero(f"/keys/{index}/components/{place}")
            measured.append(measures)
        if key.unit_price_decimals is not None:
            return KeyShares(measured[0], key.unit_price_decimals)
        return KeyShares(self._weigh(key, measured))

    def _weigh(self, key: Key, measured: Sequence[Exact]) -> Exact:
        """Add the components by their weights, on what the host leaves."""
        host_share = key.host.share if key.host else Fraction(0)
        # The measures' own denominator cancels out of measure ÷ sum of measures.
        factors = [
            (1 - host_share) * component.weight / sum(measures.numerators)
            for component, measures in zip(key.components, measured, strict=True)
        ]
        denominator = common_denominator([host_share.denominator, *(f.denominator for f in factors)], MOST_BITS)
        total = [0] * len(self._members)
        for factor, measures in zip(factors, measured, strict=True):
            scale = factor.numerator * (denominator // factor.denominator)
            total = [left + right * scale for left, right in zip(total, measures.numerators, strict=True)]
        if key.host:
            place = next(i for i, member in enumerate(self._members) if member.code == key.host.code)
            total[place] += host_share.numerator * (denominator // host_share.denominator)
        return Exact(total, denominator).reduced()

    def _measure(self, component: Component, host: str | None) -> Exact:
        """Measure every member: value × its factors × months ÷ 12; zero for excluded ones and the host."""
        outside = frozenset((*component.exclude, *([host] if host else ())))
        name = (component.basis, frozenset(component.factors.items()), outside)
        found = self._measures.get(name)
        if found is None:
            values = None if component.basis == EQUAL_BASIS else self._values[component.basis]
            fractions = []
            for member in self._members:
                if member.code in outside:
                    fractions.append(Fraction(0))
                    continue
                value = Fraction(1) if values is None else values[member.code]
                if member.factor != 1:
                    value *= member.factor
                if member.code in component.factors:
                    value *= component.factors[member.code]
                if member.months != 12:  # noqa: PLR2004  (months of a year)
                    value *= Fraction(member.months, 12)
                fractions.append(value)
            found = self._measures[name] = from_fractions(fractions)
        return found


def _refuse_zero(pointer: str) -> NoReturn:
    _refuse(pointer, "basis-sum-zero", "按分の対象となる団体の基準値の合計が0のため、按分できません。")


def _refuse(pointer: str, code: str, message: str) -> NoReturn:
    raise CaseRefused([Problem(pointer, message, code)]) from None
