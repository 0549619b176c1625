"""Whole numbers as they stand in cells: in one cell while small, in groups of six digits where they are large.

A workbook's numbers are binary floats, exact for whole numbers to 2**53. Products of yen and weighted bases are
larger, so they are kept as limbs, lowest first, like the columns of an account book.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

BASE = 10**6
"""One limb: products of two are 10**12, and a thousand of them may be added before digits are lost."""

PLAIN = 10**13
"""Below this a number stands in one cell: programs may round to 15 digits, and two of them stay in hand for edits."""


LARGEST = 10**290
"""A binary float ends at about 1.8 × 10^308; an estimate must stay well below it, in the product of two as well."""


class NoFormulas(Exception):  # noqa: N818  (an outcome the caller says to the reader)
    """This case cannot be computed again in a workbook; the text says why, in Japanese."""


@dataclass(frozen=True, slots=True)
class Place:
    """A cell (``rows`` 0), or a cell per bearer from ``row`` downwards.

    ``tail`` is written for the row after the last, where a column over the members is read for the prefecture.
    """

    sheet: str
    column: str
    row: int
    rows: int = 0
    tail: str = ""

    def at(self, index: int) -> str:
        """The address for the bearer at ``index``."""
        if not self.rows:
            return f"{self.sheet}${self.column}${self.row}"
        if self.tail and index == self.rows:
            return self.tail
        return f"{self.sheet}{self.column}{self.row + index}"

    def area(self) -> str:
        """The addresses of all rows."""
        return f"{self.sheet}${self.column}${self.row}:${self.column}${self.row + max(self.rows, 1) - 1}"


@dataclass(frozen=True, slots=True)
class Literal:
    """A number written into the formula itself."""

    text: str

    def at(self, index: int) -> str:  # noqa: ARG002  (the same for every bearer)
        """The number."""
        return self.text


@dataclass(frozen=True)
class Figure:
    """One whole number, or one per bearer; ``values`` are what the cells compute today."""

    limbs: tuple[Place | Literal, ...]
    values: tuple[int, ...]

    @cached_property
    def most(self) -> int:
        """The largest magnitude."""
        return max(map(abs, self.values), default=0)

    @property
    def plain(self) -> bool:
        """Whether it stands in one cell."""
        return len(self.limbs) == 1

    @property
    def cell(self) -> Place | Literal:
        """The only cell of a plain number."""
        (only,) = self.limbs
        return only

    @property
    def place(self) -> Place:
        """The only cell of a plain number that is written in a sheet."""
        assert isinstance(self.cell, Place)  # noqa: S101  (a constant has no place; asking for one is our fault)
        return self.cell

    def value(self, index: int) -> int:
        """The number for one bearer; the same for all when it is only one."""
        return self.values[index] if len(self.values) > 1 else self.values[0]

    def limb_values(self, place: int) -> list[int]:
        """What one limb holds, for every value."""
        return [limbs_of(value, len(self.limbs))[place] for value in self.values]

    def with_tail(self) -> "Figure":
        """The same over the members, and zero for the prefecture in the row after them."""
        limbs = tuple(
            Place(one.sheet, one.column, one.row, one.rows, "0") if isinstance(one, Place) else one
            for one in self.limbs
        )
        return Figure(limbs, (*self.values, 0))


def constant(value: int) -> Figure:
    """A number that no input changes, such as a power of ten."""
    if value < PLAIN:
        return Figure((Literal(str(value)),), (value,))
    return Figure(tuple(Literal(str(one)) for one in limbs_of(value)), (value,))


def limbs_of(value: int, count: int = 0) -> list[int]:
    """Cut a number into at least ``count`` limbs, lowest first; the last takes the sign and whatever is left."""
    limbs: list[int] = []
    while len(limbs) + 1 < count or value >= BASE:
        value, limb = divmod(value, BASE)
        limbs.append(limb)
    return [*limbs, value]


def columns_of(values: Sequence[int], count: int) -> list[list[int]]:
    """Cut one number per bearer into ``count`` limbs each: one list of values per limb."""
    cut = [limbs_of(value, count) for value in values]
    return [[limbs[place] for limbs in cut] for place in range(count)]
