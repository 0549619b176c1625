"""Limits (下限額・上限額): what a bound takes from one member goes to the others by the same key, until stable."""

from collections.abc import Sequence
from dataclasses import dataclass

from billing.apportionment.exact import Exact
from billing.apportionment.terms import Bounds


class Unfillable(ArithmeticError):  # noqa: N818  (an outcome the caller names to the user)
    """The bounds leave too little or too much room; ``room_yen`` is the sum of the bounds in the way."""

    def __init__(self, room_yen: int, *, too_much_asked: bool) -> None:
        super().__init__(room_yen)
        self.room_yen = room_yen
        self.too_much_asked = too_much_asked


@dataclass(frozen=True, slots=True)
class Round:
    """One round: ``left_yen`` divided over the ``weight`` of whoever is not held yet, and whom that held where."""

    left_yen: int
    weight: int
    maximum: tuple[int, ...]
    minimum: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Limited:
    """Shares within their bounds, in yen, the places that stand at their maximum, and how it came about.

    The last of the ``rounds`` holds nobody.
    """

    exact: Exact
    at_maximum: frozenset[int]
    rounds: tuple[Round, ...]


def limit(amount_yen: int, weights: Sequence[int], bounds: Sequence[Bounds]) -> Limited:
    """Divide ``amount_yen`` by the weights so that every share with a weight lies within its bounds, adding up exactly.

    Each round divides what is left among the members not yet held; whoever lies beyond a bound is held there: all
    those above their maximum when they are in sum further out than those below their minimum, else those below. Every
    round holds somebody, so there are at most as many rounds as members. The outcome is the one in which all members
    not held pay the same price per weight. Members without a weight bear nothing. Raises ``Unfillable``.
    """
    free = [place for place, weight in enumerate(weights) if weight]
    _check_room(amount_yen, [bounds[place] for place in free])
    held: dict[int, int] = {}
    top: set[int] = set()
    rounds = []
    while True:
        left = amount_yen - sum(held.values())
        weight = sum(weights[place] for place in free)
        over, under, balance = [], [], 0
        for place in free:
            share, high, low = left * weights[place], bounds[place].maximum_yen, bounds[place].minimum_yen
            if high is not None and share > high * weight:
                over.append(place)
                balance += share - high * weight
            elif low is not None and share < low * weight:
                under.append(place)
                balance -= low * weight - share
        over, under = over if balance >= 0 else [], under if balance <= 0 else []
        rounds.append(Round(left, weight, tuple(over), tuple(under)))
        if not over and not under:
            break
        held |= {place: bounds[place].maximum_yen or 0 for place in over}
        held |= {place: bounds[place].minimum_yen or 0 for place in under}
        top |= set(over)
        free = [place for place in free if place not in held]
    numerators = [0] * len(weights)
    for place in free:
        numerators[place] = left * weights[place]
    for place, yen in held.items():
        numerators[place] = yen * max(weight, 1)
    # Also who reaches the maximum without being held there: an equal share, or a minimum that equals it.
    full = {
        place
        for place, number in enumerate(numerators)
        if number
        and bounds[place].maximum_yen is not None
        and number == (bounds[place].maximum_yen or 0) * max(weight, 1)
    }
    return Limited(Exact(numerators, max(weight, 1)).reduced(), frozenset(top | full), tuple(rounds))


def _check_room(amount_yen: int, bounds: Sequence[Bounds]) -> None:
    least = sum(bound.minimum_yen or 0 for bound in bounds)
    if least > amount_yen:
        raise Unfillable(least, too_much_asked=True)
    highs = [bound.maximum_yen for bound in bounds if bound.maximum_yen is not None]
    if len(highs) == len(bounds) and sum(highs) < amount_yen:
        raise Unfillable(sum(highs), too_much_asked=False)
