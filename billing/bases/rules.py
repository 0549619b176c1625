"""Bases as people fill them: views, how an exact value is shown, what is still missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from billing.money import exact_text

EQUAL = "equal"
"""The basis that always exists, with value 1 for every member (case format)."""
EQUAL_NAME = "均等"

# Japanese towns' populations move by less than a tenth between two censuses; what moves by three tenths
# or more within one update is more often a slipped row or digit than a fact.
_REMARKABLE_CHANGE = Fraction(3, 10)


@dataclass(frozen=True, slots=True)
class BasisInput:
    """What a basis is: a measured quantity with unit, as-of date and source."""

    name: str
    unit: str
    as_of: date
    source: str


@dataclass(frozen=True, slots=True)
class BasisView:
    """One basis of a program."""

    id: int
    name: str
    unit: str
    as_of: date
    source: str
    version: int


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one member's value comes from beside what the basis says: a note on the source, its own date, a reading."""

    note: str = ""
    as_of: date | None = None
    reading_id: int | None = None


@dataclass(frozen=True, slots=True)
class ValueView:
    """One member of the program and its value, exact as text (``29680``, ``2469/200``), or None."""

    tenant_id: int
    code: str
    name: str
    value: str | None
    entered_by: str
    entered_at: datetime | None
    entered_by_id: int = 0
    """0 for a value that was entered before the register was kept."""
    value_id: int | None = None
    """The number of the stored value; another value is another number, also for the same member."""
    origin: Origin = Origin()

    @property
    def shown(self) -> str:
        """The value as people read and type it; empty where there is none."""
        return "" if self.value is None else shown_number(Fraction(self.value))


@dataclass(frozen=True, slots=True)
class BasisLine:
    """One basis in the list: how far it is filled."""

    basis: BasisView
    valued: int
    members: int
    total: Fraction
    missing: tuple[str, ...]
    """Names of the members without a value, by code."""


@dataclass(frozen=True, slots=True)
class Change:
    """One member's value before and after; exact texts."""

    tenant_id: int
    code: str
    name: str
    old: str | None
    new: str

    @property
    def is_change(self) -> bool:
        """Whether anything becomes different."""
        return self.old != self.new

    @property
    def rate(self) -> Fraction | None:
        """By how much of the old value it changes; None where there is no old value to compare with."""
        if self.old is None or Fraction(self.old) == 0:
            return None
        return Fraction(self.new) / Fraction(self.old) - 1

    @property
    def is_remarkable(self) -> bool:
        """Whether a person should look twice."""
        return self.rate is not None and abs(self.rate) >= _REMARKABLE_CHANGE


def line_of(basis: BasisView, values: Sequence[ValueView]) -> BasisLine:
    """How far the basis is filled, over the members in ``values``."""
    missing = tuple(one.name for one in values if one.value is None)
    return BasisLine(basis, len(values) - len(missing), len(values), total_of(values), missing)


def total_of(values: Sequence[ValueView]) -> Fraction:
    """The sum of the values, exact."""
    return sum((Fraction(one.value) for one in values if one.value is not None), Fraction(0))


def share_of(value: str | None, total: Fraction) -> Fraction | None:
    """The part of the total, or None without a value or a total."""
    return Fraction(value) / total if value is not None and total else None


def shown_number(value: Fraction) -> str:
    """A value with thousands separators, all its decimals, or as a fraction where decimals never end."""
    rest, decimals = value.denominator, 0
    while rest % 10 == 0 or rest % 5 == 0 or rest % 2 == 0:
        rest = rest // 10 if rest % 10 == 0 else rest // 5 if rest % 5 == 0 else rest // 2
        decimals += 1
    if rest != 1:
        return exact_text(value)
    whole, part = divmod(value.numerator * 10**decimals // value.denominator, 10**decimals)
    return f"{whole:,}.{part:0{decimals}d}" if decimals else f"{whole:,}"
