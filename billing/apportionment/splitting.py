"""Exact shares become yen (§3.2): floor everybody to the unit, then give out what is left (端数処理)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from billing.apportionment.exact import Exact
from billing.apportionment.terms import Mode, Rounding


@dataclass(frozen=True, slots=True)
class Split:
    """Yen per member (member codes ascending) and what no member took."""

    yen: list[int]
    prefecture_yen: int
    undistributed_yen: int


def split(
    amount_yen: int,
    exact: Exact,
    rounding: Rounding,
    named_place: int | None,
    full: Collection[int] = (),
) -> Split:
    """Split ``amount_yen`` by the exact shares in yen, which add to it or, with a unit price, to less.

    ``named_place`` is the place of ``rounding.named`` among the members. The places in ``full`` stand at their maximum:
    no unit that is left goes to them.
    """
    unit = rounding.unit_yen
    size = exact.denominator * unit
    divided = [divmod(number, size) for number in exact.numerators]
    yen = [whole * unit for whole, _ in divided]
    left = amount_yen - sum(yen)
    if left == 0:
        return Split(yen, 0, 0)
    if rounding.remainder == "undistributed":
        return Split(yen, 0, left)
    if rounding.remainder == "largest_share":
        yen[max(range(len(yen)), key=exact.numerators.__getitem__)] += left  # max keeps the first: the smaller code
        return Split(yen, 0, 0)
    if rounding.remainder == "named" and named_place is not None:
        yen[named_place] += left
        return Split(yen, 0, 0)
    open_places = [place for place in range(len(yen)) if place not in full] if full else range(len(yen))
    if rounding.remainder == "largest_remainder":
        remainders = [rest for _, rest in divided]
        order = sorted(open_places, key=remainders.__getitem__, reverse=True)  # stable: ties to the smaller code
    elif rounding.remainder == "smallest_up":
        bearing = [place for place in open_places if exact.numerators[place] > 0]
        order = sorted(bearing, key=exact.numerators.__getitem__)
    else:  # the prefecture takes all of it
        order = []
    receiving = order[: left // unit]
    for place in receiving:
        yen[place] += unit
    return Split(yen, left - len(receiving) * unit, 0)


def distribute(amount: int, weights: Sequence[int]) -> list[int]:
    """Give out whole units in proportion to weights by largest remainder, ties to the earlier place.

    The weights must not all be zero unless ``amount`` is.
    """
    total = sum(weights)
    if amount == 0:
        return [0] * len(weights)
    divided = [divmod(amount * weight, total) for weight in weights]
    given = [whole for whole, _ in divided]
    order = sorted(range(len(weights)), key=lambda place: divided[place][1], reverse=True)
    for place in order[: amount - sum(given)]:
        given[place] += 1
    return given


def round_to_unit(top: int, bottom: int, unit_yen: int, mode: Mode) -> int:
    """Round ``top / bottom`` yen (zero or more) to a multiple of the unit."""
    size = bottom * unit_yen
    if mode == "floor":
        units = top // size
    elif mode == "ceil":
        units = -(-top // size)
    else:
        units = (2 * top + size) // (2 * size)
    return units * unit_yen
