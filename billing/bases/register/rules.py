"""The register's arithmetic and permissions: change against last year, when a reason is wanted, who may check."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from billing.bases.rules import BasisView, ValueView
from tenants.errors import Conflict, Invalid
from tenants.web.rendering import percent

DEFAULT_THRESHOLD = Fraction(1, 5)
"""A fifth: towns' populations move by some percent between two censuses, counts of cases by more; what moves by more
than a fifth in a year is worth one sentence. A program may say otherwise."""
LONGEST_REASON = 300
"""Characters: two or three sentences, which still fit into a row of the register."""
_NAMES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class CheckView:
    """Who compared a value with its source, and when."""

    by_id: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReasonView:
    """Why a value differs so much from last year's."""

    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReadingName:
    """The reading a value was taken from."""

    id: int
    source: str
    reference: str


@dataclass(frozen=True, slots=True)
class LineView:
    """One member in the register; ``last_year`` is exact text like the value, or None."""

    value: ValueView
    last_year: str | None
    check: CheckView | None
    reason: ReasonView | None
    reading: ReadingName | None

    @property
    def rate(self) -> Fraction | None:
        """By how much of last year's value it changed; None without two values, and where last year's is zero."""
        return change_rate(self.last_year, self.value.value)

    def is_beyond(self, threshold: Fraction) -> bool:
        """Whether the change wants a reason."""
        return is_beyond(self.last_year, self.value.value, threshold)


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """One file that proves the basis."""

    id: int
    file_id: int
    title: str
    file_name: str
    size_bytes: int
    sha256: str
    added_by: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class PreviousView:
    """The basis of the year before: as the newest approved run of that program froze it."""

    program_id: int
    program_title: str
    fiscal_year: int
    run_id: int
    document_number: str
    basis: str
    """Its id in that run's case, ``b12``."""
    basis_name: str
    as_of: str
    source: str
    values: dict[str, str]
    """Exact texts by organisation code."""


@dataclass(frozen=True, slots=True)
class PreviousChoice:
    """What a person chose as last year's basis; without a program: there was none."""

    program_id: int | None
    basis: str | None


@dataclass(frozen=True, slots=True)
class RegisterView:
    """The register of one basis."""

    basis: BasisView
    threshold: Fraction
    previous: PreviousView | None
    is_chosen: bool
    """Whether a person chose last year's basis; otherwise it was found by equal title, name and unit."""
    lines: tuple[LineView, ...]
    evidence: tuple[EvidenceView, ...]

    @property
    def valued(self) -> list[LineView]:
        """Members that have a value."""
        return [one for one in self.lines if one.value.value is not None]

    @property
    def missing(self) -> list[LineView]:
        """Members without a value."""
        return [one for one in self.lines if one.value.value is None]

    @property
    def unchecked(self) -> list[LineView]:
        """Values nobody has checked yet."""
        return [one for one in self.valued if one.check is None]

    @property
    def remarkable(self) -> list[LineView]:
        """Values that changed beyond the threshold."""
        return [one for one in self.valued if one.is_beyond(self.threshold)]

    @property
    def unreasoned(self) -> list[LineView]:
        """Those of them without a reason."""
        return [one for one in self.remarkable if one.reason is None]

    @property
    def is_complete(self) -> bool:
        """Whether nothing keeps a run from being approved without further words."""
        return not self.missing and not self.unchecked and not self.unreasoned


class OwnEntry(Conflict):
    """Nobody checks what they entered themselves."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(
            "own-entry",
            f"自分で入力した値は、自分では確認できません({names_in_short(names)})。別の担当者が確認してください。",
        )


class NothingToCheck(Conflict):
    """Everything was checked meanwhile, or nothing was chosen."""

    def __init__(self) -> None:
        super().__init__("nothing-to-check", "確認する値がありません。確認する団体を選んでください。")


def can_check(value: ValueView, person_id: int, person_name: str) -> bool:
    """Whether this person may check the value: it stands, and somebody else entered it.

    Of values entered before the register was kept only the name of who entered them is known.
    """
    if value.value is None:
        return False
    return value.entered_by_id != person_id if value.entered_by_id else value.entered_by != person_name


def change_rate(last_year: str | None, value: str | None) -> Fraction | None:
    """By how much of last year's value the value changed, exact."""
    if last_year is None or value is None or Fraction(last_year) == 0:
        return None
    return Fraction(value) / Fraction(last_year) - 1


def rate_words(rate: Fraction) -> str:
    """「+12.3 %」「△4.0 %」."""
    return f"{'+' if rate > 0 else ''}{percent(rate, 1)}"


def is_beyond(last_year: str | None, value: str | None, threshold: Fraction) -> bool:
    """Whether the change is more than the threshold; from zero to anything always is, without last year's value never.

    A change of exactly the threshold is not beyond it.
    """
    if last_year is None or value is None:
        return False
    rate = change_rate(last_year, value)
    return Fraction(value) != 0 if rate is None else abs(rate) > threshold


def reason_text(text: str) -> str:
    """A reason as it is kept. Raises Invalid when it is too long."""
    reason = " ".join(text.split())
    if len(reason) > LONGEST_REASON:
        raise Invalid("too-long", f"理由は{LONGEST_REASON}文字までで入力してください。")
    return reason


def names_in_short(names: Sequence[str]) -> str:
    """「神戸市、姫路市 ほか3団体」."""
    more = f" ほか{len(names) - _NAMES_SHOWN}団体" if len(names) > _NAMES_SHOWN else ""
    return "、".join(names[:_NAMES_SHOWN]) + more


def source_of(basis: BasisView, value: ValueView) -> str:
    """Where the value comes from: the basis's source, with the value's own note."""
    return f"{basis.source}({value.origin.note})" if value.origin.note else basis.source


def as_of_of(basis: BasisView, value: ValueView) -> date:
    """Of which day the value is: its own where it has one."""
    return value.origin.as_of or basis.as_of
