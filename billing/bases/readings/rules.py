"""Readings as services post them and officers adopt them; what makes a repeated posting the same; which one counts."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from fractions import Fraction

from billing.bases.rules import ValueView, shown_number
from tenants.errors import Conflict, Invalid
from tenants.fingerprint import sha256_of

LONGEST_SOURCE, LONGEST_REFERENCE, LONGEST_QUANTITY, LONGEST_UNIT = 60, 140, 60, 20
"""Characters; the table's own bounds, as for the names and units of bases."""


@dataclass(frozen=True, slots=True)
class ReadingInput:
    """What a service measured of one member: a quantity with its unit, exact as text, and of which day it is."""

    member_id: int
    quantity: str
    unit: str
    value: str
    as_of: date


@dataclass(frozen=True, slots=True)
class ReadingView:
    """One reading as it was posted."""

    id: int
    source: str
    reference: str
    member_id: int
    quantity: str
    unit: str
    value: str
    as_of: date
    posted_by: str
    posted_at: datetime

    @property
    def shown(self) -> str:
        """The value as people read it."""
        return shown_number(Fraction(self.value))


@dataclass(frozen=True, slots=True)
class Series:
    """Readings of one quantity for one day: what can be adopted into a basis at once."""

    quantity: str
    unit: str
    as_of: date
    members: int

    @property
    def key(self) -> str:
        """The series in an address: day and quantity."""
        return f"{self.as_of.isoformat()} {self.quantity}"


@dataclass(frozen=True, slots=True)
class Offer:
    """One member's reading beside the value that stands."""

    value: ValueView
    reading: ReadingView | None

    @property
    def is_adopted(self) -> bool:
        """Whether the value that stands is this reading."""
        return self.reading is not None and self.value.origin.reading_id == self.reading.id

    @property
    def rate(self) -> Fraction | None:
        """By how much the reading differs from the value that stands; None where there is nothing to compare."""
        if self.reading is None or self.value.value is None or Fraction(self.value.value) == 0:
            return None
        return Fraction(self.reading.value) / Fraction(self.value.value) - 1


class PostedOtherwise(Conflict):
    """The same source and reference was posted before with other content."""

    def __init__(self, reading: ReadingView) -> None:
        super().__init__(
            "already-posted",
            f"この出所と参照番号の計測値は、別の内容ですでに届いています({reading.quantity} {reading.shown}"
            f"{reading.unit})。訂正は、新しい参照番号で送ってください。",
        )


class Superseded(Conflict):
    """A later reading has come since the page was opened."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            "reading-superseded",
            f"画面を開いたあとに新しい計測値が届いた団体があります({'、'.join(names)})。"
            "新しい計測値を確かめてから、もう一度選んでください。",
        )


def content_sha256(reading: ReadingInput) -> str:
    """The fingerprint of a reading's content: what makes a repeated posting the same posting."""
    plain = {**asdict(reading), "as_of": reading.as_of.isoformat()}
    return sha256_of(json.dumps(plain, ensure_ascii=False, sort_keys=True).encode())


def check_reading(reading: ReadingInput, source: str, reference: str) -> None:
    """Raises Invalid with every field's message when the reading cannot be kept."""
    faults = {
        name: f"{label}を1文字から{longest}文字で指定してください。"
        for name, label, text, longest in (
            ("source", "出所", source, LONGEST_SOURCE),
            ("reference", "参照番号", reference, LONGEST_REFERENCE),
            ("quantity", "計測した数量の名前", reading.quantity, LONGEST_QUANTITY),
            ("unit", "単位", reading.unit, LONGEST_UNIT),
        )
        if not 1 <= len(text) <= longest
    }
    if faults:
        raise Invalid("bad-reading", "計測値の内容を確かめてください。", faults)


def proposed(series: Sequence[Series], name: str, as_of: date) -> Series | None:
    """The series a person most likely means: of the same name, of the basis's day or else the newest."""
    named = [one for one in series if one.quantity == name] or list(series)
    exact = next((one for one in named if one.as_of == as_of), None)
    return exact or max(named, key=lambda one: one.as_of, default=None)


def offers(values: Iterable[ValueView], readings: Mapping[int, ReadingView]) -> list[Offer]:
    """Every member with the reading that counts for it."""
    return [Offer(one, readings.get(one.tenant_id)) for one in values]
