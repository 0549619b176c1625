"""Pure rules of imports: what can be imported, what becomes of a row, where an import stands."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from tenants.context import Role, TenantContext
from tenants.errors import Conflict
from tenants.web.rendering import Status, StatusKind


class Outcome(StrEnum):
    """What becomes of one row below the headings; every row has exactly one."""

    NEW = "new"
    CHANGE = "change"
    SAME = "same"
    SKIPPED = "skipped"
    """A row that is no record, such as a sum below the table."""
    WRONG = "wrong"

    @property
    def status(self) -> Status:
        """Word and shape for people."""
        label, kind = _OUTCOMES[self]
        return Status(label, kind)


_OUTCOMES: dict[Outcome, tuple[str, StatusKind]] = {
    Outcome.NEW: ("新規", "progress"),
    Outcome.CHANGE: ("変更", "warning"),
    Outcome.SAME: ("変更なし", "neutral"),
    Outcome.SKIPPED: ("対象外", "neutral"),
    Outcome.WRONG: ("誤り", "danger"),
}
APPLIED = frozenset({Outcome.NEW, Outcome.CHANGE})
"""Rows that write something."""


class State(StrEnum):
    """Where an import stands. The states that end in -ing are a job's; a person moves the others."""

    READING = "reading"
    MATCHING = "matching"
    """Read; the person must say which column is what."""
    CHECKING = "checking"
    CHECKED = "checked"
    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"
    REFUSED = "refused"
    """The file could not be read; it says why."""
    DISCARDED = "discarded"

    @property
    def busy(self) -> bool:
        """Whether a job works on it."""
        return self in {State.READING, State.CHECKING, State.APPLYING, State.UNDOING}

    @property
    def status(self) -> Status:
        """Word and shape for people."""
        label, kind = _STATES[self]
        return Status(label, kind)


_STATES: dict[State, tuple[str, StatusKind]] = {
    State.READING: ("読み取り中", "progress"),
    State.MATCHING: ("列の確認待ち", "warning"),
    State.CHECKING: ("確認中", "progress"),
    State.CHECKED: ("取り込み待ち", "warning"),
    State.APPLYING: ("取り込み中", "progress"),
    State.APPLIED: ("取り込み済み", "success"),
    State.UNDOING: ("取り消し中", "progress"),
    State.UNDONE: ("取り消し済み", "neutral"),
    State.REFUSED: ("読み取れません", "danger"),
    State.DISCARDED: ("破棄済み", "neutral"),
}
MOVES: Mapping[State, frozenset[State]] = {
    State.READING: frozenset({State.MATCHING, State.CHECKED, State.REFUSED, State.DISCARDED}),
    State.MATCHING: frozenset({State.CHECKING, State.DISCARDED}),
    State.CHECKING: frozenset({State.MATCHING, State.CHECKED, State.DISCARDED}),
    State.CHECKED: frozenset({State.CHECKING, State.APPLYING, State.DISCARDED}),
    State.APPLYING: frozenset({State.APPLIED, State.CHECKED}),
    State.APPLIED: frozenset({State.UNDOING}),
    State.UNDOING: frozenset({State.UNDONE, State.APPLIED}),
    State.UNDONE: frozenset(),
    State.REFUSED: frozenset(),
    State.DISCARDED: frozenset(),
}
"""Where each state leads; the database's trigger knows the same table."""


@dataclass(frozen=True, slots=True)
class ImportColumn:
    """One field of a kind: what it is called, other names headings may have, whether a row must have it."""

    key: str
    label: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    """Whether the file must have such a column; whether each row must fill it is the check's word."""
    example: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the rows go: its name, its page, the way there, and the columns as they are called for it."""

    title: str
    url: str
    breadcrumb: tuple[tuple[str, str | None], ...]
    columns: tuple[ImportColumn, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """A row that can be taken: what it would do, to what, and the plain values ``apply`` gets."""

    outcome: Outcome
    subject: str
    """The name of what it is about, as people call it."""
    identity: str = ""
    """What may stand only once in a file; empty for rows that may repeat."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Plain values (text, whole numbers, None) for ``apply``."""
    differences: tuple[tuple[str, str, str], ...] = ()
    """(label, before, after) of what a change changes; a new record has no before."""


Refused = Mapping[str, str]
"""What is wrong with a row, by the key of the column; the empty key for the row as a whole."""
Reference = Mapping[str, Any]
"""What ``undo`` needs of one applied row: plain values."""


@dataclass(frozen=True, slots=True)
class ImportKind:
    """One kind of record that can be imported; ``target`` says where to, when the kind alone does not ("" or "3-17").

    ``place`` answers for a target, or raises NotFound; ``present`` loads what rows are compared with; ``check`` is
    pure and raises Invalid with the messages by column; ``apply`` writes all rows through the slice's operations in
    the present transaction and answers one reference for each; ``undo`` takes them back or raises Conflict saying what
    depends on them; ``remarks`` may add sentences to the preview.
    """

    name: str
    label: str
    lead: str
    roles: frozenset[Role]
    place: Callable[[TenantContext, str], Awaitable[Place]]
    present: Callable[[TenantContext, str, date], Awaitable[Any]]
    check: Callable[[Mapping[str, str], Any], Checked]
    apply: Callable[[TenantContext, str, Sequence[Checked], datetime], Awaitable[Sequence[Reference]]]
    undo: Callable[[TenantContext, str, Sequence[Reference], datetime], Awaitable[None]]
    remarks: Callable[[Sequence[Checked], Any], Sequence[str]] | None = None
    stands_alone: bool = True
    """Whether it can be begun from the list of imports; otherwise only from the page of its target."""


_KINDS: dict[str, ImportKind] = {}


def register_kinds(kinds: Sequence[ImportKind]) -> None:
    """Makes the kinds known; the assembly calls this once with those of all slices."""
    _KINDS.update({one.name: one for one in kinds})


def kind_named(name: str) -> ImportKind | None:
    """The kind of that name."""
    return _KINDS.get(name)


def kinds_for(role: Role) -> list[ImportKind]:
    """The kinds this role may import, in the order they were registered."""
    return [one for one in _KINDS.values() if role in one.roles]


class NotNow(Conflict):
    """The import has moved on, or somebody else works on it."""

    def __init__(self, state: State) -> None:
        super().__init__(
            "import-moved-on",
            f"この取り込みは「{state.status.label}」のため、この操作はできません。画面を開き直してください。",
        )


class ChangedSinceChecked(Conflict):
    """What the rows would do is no longer what the person was shown."""

    def __init__(self) -> None:
        super().__init__(
            "changed-since-checked",
            "確かめたあとに登録内容が変わったため、取り込みませんでした。新しい結果を確かめてから、もう一度取り込んでください。",
        )


def check_move(now: State, to: State) -> None:
    """Raises NotNow unless the import may go from ``now`` to ``to``."""
    if to not in MOVES[now]:
        raise NotNow(now)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows of the file became what; ``above`` stand over the headings, ``heading`` is 1 once it is known."""

    rows: int
    above: int = 0
    heading: int = 0
    new: int = 0
    change: int = 0
    same: int = 0
    skipped: int = 0
    wrong: int = 0

    @property
    def accounted(self) -> int:
        """Rows whose fate is known."""
        return self.above + self.heading + self.new + self.change + self.same + self.skipped + self.wrong

    @property
    def balanced(self) -> bool:
        """Whether nothing was lost: rows in are rows accounted for."""
        return self.rows == self.accounted

    @property
    def good(self) -> int:
        """Rows an application writes."""
        return self.new + self.change

    def of(self, outcome: Outcome) -> int:
        """How many rows have this outcome."""
        return int(getattr(self, outcome.value))


@dataclass(frozen=True, slots=True)
class BatchView:
    """One import as people see it."""

    id: int
    kind: str
    target: str
    title: str
    person_id: int
    person_name: str
    state: State
    message: str
    file_name: str
    format: str
    encoding: str
    sheet: str
    remarks: tuple[str, ...]
    notes: tuple[str, ...]
    heading_number: int | None
    mapping: Mapping[str, int]
    counts: Counts
    job_id: int | None
    version: int
    created_at: datetime
    applied_at: datetime | None
    undone_at: datetime | None
    checked_sha256: str
    source_file_id: int
    table_file_id: int | None
    preview_file_id: int | None
    returned_file_id: int | None
    applied_file_id: int | None
