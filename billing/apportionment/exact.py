"""Exact figures of all members at once: whole numerators over one denominator, in the order of member codes.

Fractions added one by one cost more than the whole calculation; whole numbers over a common denominator say the
same thing exactly.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm

# Three components over sums of 10**15 need about 200 bits. The limit is twenty times that, and its decimal
# spelling (1,234 digits) stays well within what Python converts.
MOST_BITS = 4096
# Sums over many keys need the product of their denominators: 200 keys of 200 bits, with room to spare.
MOST_BITS_ADDED = 65_536


class TooPrecise(ArithmeticError):  # noqa: N818  (an outcome the caller names to the user)
    """The common denominator of some figures grew beyond every real quantity."""


@dataclass(frozen=True, slots=True)
class Exact:
    """One exact figure per member (member codes ascending): ``numerators[i] / denominator``."""

    numerators: list[int]
    denominator: int

    def times(self, scale: Fraction) -> "Exact":
        """Multiply every figure by the same fraction."""
        top = scale.numerator
        return Exact([number * top for number in self.numerators], self.denominator * scale.denominator)

    def reduced(self) -> "Exact":
        """Divide numerators and denominator by what they have in common."""
        common = gcd(self.denominator, *self.numerators)
        if common == 1:
            return self
        return Exact([number // common for number in self.numerators], self.denominator // common)


def from_fractions(values: Iterable[Fraction]) -> Exact:
    """Bring fractions to one denominator; raises ``TooPrecise`` beyond ``MOST_BITS``."""
    fractions = list(values)
    denominator = common_denominator({value.denominator for value in fractions}, MOST_BITS)
    return Exact([value.numerator * (denominator // value.denominator) for value in fractions], denominator)


def common_denominator(denominators: Iterable[int], most_bits: int) -> int:
    """Compute the least common multiple; raises ``TooPrecise`` as soon as it passes ``most_bits``."""
    common = 1
    for denominator in denominators:
        common = lcm(common, denominator)
        if common.bit_length() > most_bits:
            raise TooPrecise
    return common


def add_up(figures: Iterable[Exact], size: int) -> Exact:
    """Add several figures member by member; equal denominators are added before they are brought together."""
    sums: dict[int, list[int]] = {}
    for figure in figures:
        known = sums.get(figure.denominator)
        sums[figure.denominator] = (
            figure.numerators
            if known is None
            else [left + right for left, right in zip(known, figure.numerators, strict=True)]
        )
    denominator = common_denominator(sums, MOST_BITS_ADDED)
    total = [0] * size
    for part, numerators in sums.items():
        scale = denominator // part
        total = [left + right * scale for left, right in zip(total, numerators, strict=True)]
    return Exact(total, denominator)


class Spelling:
    """Writes ``figures × scale`` as reduced fractions, reusing over many costs what a key's members share."""

    def __init__(self, figures: Exact) -> None:
        self._tops: list[int] = []
        self._bottoms: list[int] = []
        for number in figures.numerators:
            common = gcd(number, figures.denominator)
            self._tops.append(number // common)
            self._bottoms.append(figures.denominator // common)
        self._distinct = set(self._bottoms)

    def texts(self, scale: Fraction) -> list[str]:
        """Write every member's figure times ``scale`` (``123/7``, or ``17`` when whole)."""
        if scale.denominator != 1:
            return [
                _text(top * scale.numerator, bottom * scale.denominator)
                for top, bottom in zip(self._tops, self._bottoms, strict=True)
            ]
        factor = scale.numerator
        endings: dict[int, tuple[int, str]] = {}
        for bottom in self._distinct:
            common = gcd(factor, bottom)  # top and bottom share nothing, so this reduces the product fully
            endings[bottom] = (factor // common, "" if bottom == common else f"/{bottom // common}")
        found = [endings[bottom] for bottom in self._bottoms]
        return [
            f"{top * multiplier}{ending}" if top else "0"
            for top, (multiplier, ending) in zip(self._tops, found, strict=True)
        ]


def _text(top: int, bottom: int) -> str:
    common = gcd(top, bottom)
    return str(top // common) if bottom == common else f"{top // common}/{bottom // common}"
