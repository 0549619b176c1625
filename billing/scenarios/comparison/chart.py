"""The grouped bar chart of a comparison: where every bar stands and how long it is; drawn by a template as SVG.

Lengths are parts of the drawing's width and heights are pixels, so that letters keep their size on a narrow screen and
a chart of forty towns simply grows downwards.
"""

from dataclasses import dataclass

from billing.money import format_yen
from billing.scenarios.comparison.rules import MARKS, Comparison, Row

_LABEL, _BAR, _GAP = 24, 20, 12
"""Pixels: a town's name in letters of 16, a bar with its mark in letters of 14, the air below a town."""
_THICK = 14
_LONGEST = 44
"""Per cent of the width for the longest bar: at 320 pixels its amount still fits beside it."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: which side, its place, its length in per cent of the width, and its amount in words."""

    side: int
    mark: str
    top: int
    baseline: int
    width: str
    shown: str


@dataclass(frozen=True, slots=True)
class Group:
    """One town and its bars."""

    name: str
    baseline: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that is drawn."""

    groups: tuple[Group, ...]
    height: int
    thickness: int = _THICK


def chart_of(comparison: Comparison) -> Chart:
    """One group a town, one bar a side; a side without a result has no bar."""
    longest = max((one.yen or 0 for row in comparison.rows for one in row.figures), default=0)
    groups, top = [], 0
    for row in comparison.rows:
        group, top = _group(row, top, longest)
        groups.append(group)
    return Chart(tuple(groups), top)


def _group(row: Row, top: int, longest: int) -> tuple[Group, int]:
    bars, place = [], top + _LABEL
    for side, figure in enumerate(row.figures):
        if figure.yen is None:
            continue
        # Hundredths of a per cent are far below a pixel.
        width = f"{figure.yen * _LONGEST * 100 // longest / 100:.2f}%" if longest else "0%"
        bars.append(Bar(side, MARKS[side], place, place + _THICK - 2, width, format_yen(figure.yen)))
        place += _BAR
    return Group(row.name, top + _LABEL - 7, tuple(bars)), place + _GAP
