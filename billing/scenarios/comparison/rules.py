"""Results side by side: what every town pays, and by how much that differs from the first, in yen and per cent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from billing.scenarios.cases import Document

MARKS = ("基準", "案A", "案B", "案C", "案D")
"""What the sides are called in headings and beside bars, where their names would not fit."""


@dataclass(frozen=True, slots=True)
class Side:
    """One result to compare: its name, its page, and the result document; None while it cannot be calculated."""

    name: str
    url: str
    result: Document | None


@dataclass(frozen=True, slots=True)
class Figure:
    """One amount on one side; the difference is against the first side, where somebody who is absent pays nothing."""

    yen: int | None
    difference_yen: int | None = None
    rate: Fraction | None = None
    """The difference as part of the first side's amount; None where there is nothing to divide by."""

    @property
    def shown_rate(self) -> str | None:
        """The rate in per cent, to one decimal, half up."""
        return None if self.rate is None else signed_percent(self.rate)


@dataclass(frozen=True, slots=True)
class Row:
    """One town (or one sum) with a figure for every side."""

    code: str
    name: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The sides by their marks, the towns by code, and the sums."""

    sides: tuple[Side, ...]
    rows: tuple[Row, ...]
    total: Row
    """What the towns pay together."""
    others: tuple[Row, ...]
    """What is compared beside the towns' payments: prefecture, grants, costs."""

    @property
    def marked(self) -> list[tuple[str, Side]]:
        """Every side with its mark."""
        return list(zip(MARKS, self.sides, strict=False))


_OTHERS: tuple[tuple[str, Callable[[Document], int]], ...] = (
    ("県の負担", lambda one: int(one["prefecture"]["burden_yen"])),
    ("交付金", lambda one: sum(one["totals"]["grants"].values()) + sum(one["prefecture"]["grants"].values())),
    ("経費の合計", lambda one: int(one["totals"]["cost_yen"])),
    ("按分の対象額", lambda one: int(one["totals"]["net_yen"])),
    ("未配分", lambda one: int(one["undistributed_yen"])),
)


def compare(sides: Sequence[Side]) -> Comparison:
    """The sides against the first one."""
    paid = [_paid(one.result) for one in sides]
    names: dict[str, str] = {}
    for one in reversed(sides):  # a town is called as on the first side that has it
        names |= {member["code"]: member["name"] for member in (one.result or {"members": ()})["members"]}
    rows = tuple(
        Row(code, name, _figures([None if each is None else each.get(code) for each in paid], paid))
        for code, name in sorted(names.items())
    )
    total = Row("", "構成団体の計", _figures([None if each is None else sum(each.values()) for each in paid], paid))
    others = tuple(
        Row("", name, _figures([None if one.result is None else read(one.result) for one in sides], paid))
        for name, read in _OTHERS
    )
    return Comparison(tuple(sides), rows, total, others)


def _paid(result: Document | None) -> dict[str, int] | None:
    return None if result is None else {one["code"]: one["invoice_yen"] for one in result["members"]}


def _figures(amounts: Sequence[int | None], known: Sequence[Any]) -> tuple[Figure, ...]:
    """``known`` tells a side on which somebody is absent from a side without any result."""
    first = amounts[0] or 0
    found = [Figure(amounts[0])]
    for amount, side in zip(amounts[1:], known[1:], strict=True):
        if side is None or known[0] is None:
            found.append(Figure(amount))
        else:
            difference = (amount or 0) - first
            found.append(Figure(amount, difference, Fraction(difference, first) if first else None))
    return tuple(found)


def signed_percent(rate: Fraction) -> str:
    """``+3.2%``, ``△1.0%`` or ``0.0%``: one decimal, half up on the absolute value."""
    tenths = int(abs(rate) * 1000 + Fraction(1, 2))
    sign = "" if not tenths else "△" if rate < 0 else "+"
    return f"{sign}{tenths // 10:,}.{tenths % 10}%"
