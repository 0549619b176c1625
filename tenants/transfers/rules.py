"""Pure rules of transfers: what a line of the file asks, and what it changes on the day it takes effect.

A transfer takes effect at 00:00 Japanese time of its day, because memberships hold by whole days in Japan: what ends
holds until the day before, what begins holds from the day on.
"""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from tenants.calendar import fiscal_year_of, fiscal_year_start
from tenants.context import Role
from tenants.people.invitations.rules import NewInvitation
from tenants.people.rules import Standing
from tenants.web.rendering import Status

DAY = timedelta(days=1)


class Movement(StrEnum):
    """What becomes of a person, in the words of the file."""

    STAYS = "在籍"
    LEAVES = "転出・退職"
    RESTS = "休職・出向"


class Kind(StrEnum):
    """What a line does."""

    NEW = "new"
    CHANGE = "change"
    END = "end"
    SAME = "same"
    WRONG = "wrong"

    @property
    def status(self) -> Status:
        """Word and shape for people."""
        return _KINDS[self]


_KINDS = {
    Kind.NEW: Status("新規", "success"),
    Kind.CHANGE: Status("変更", "progress"),
    Kind.END: Status("終了", "warning"),
    Kind.SAME: Status("変更なし", "neutral"),
    Kind.WRONG: Status("誤り", "danger"),
}

STATES = {
    "checked": Status("反映前", "progress"),
    "applying": Status("反映中", "progress"),
    "applied": Status("反映済み", "success"),
    "undone": Status("取り消し済み", "neutral"),
    "discarded": Status("破棄", "neutral"),
}


def next_effective_day(today: date) -> date:
    """The first day of the coming fiscal year, when most people move."""
    return fiscal_year_start(fiscal_year_of(today) + 1)


@dataclass(frozen=True, slots=True)
class Wish:
    """One readable line of the file."""

    email: str
    name: str
    movement: Movement
    roles: tuple[Role, ...]
    valid_to: date | None
    """The last day written; without one a role keeps the last day it has, unless ``endless`` takes it away."""
    endless: bool
    returns_on: date | None
    successor_email: str


@dataclass(frozen=True, slots=True)
class Held:
    """One role a person has, had or will have here; ``version`` tells whether it was changed since."""

    id: int
    role: Role
    standing: Standing
    version: int
    suspended_reason: str = ""


@dataclass(frozen=True, slots=True)
class Present:
    """One person of the organisation as the database knows them."""

    id: int
    name: str
    email: str
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One membership to change (``held``) or to begin (None)."""

    role: Role
    held: Held | None
    after: Standing


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """What one line would do."""

    number: int
    email: str
    name: str
    kind: Kind
    difference: str = ""
    faults: dict[str, str] = field(default_factory=dict)
    person_id: int | None = None
    successor_id: int | None = None
    changes: tuple[Change, ...] = ()
    invitation: NewInvitation | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What a person was shown; when it differs later, they must look again."""
        return (self.number, self.email, self.kind, self.difference, tuple(sorted(self.faults.items())))


def changes_of(wish: Wish, present: Present, effective: date, today: date) -> tuple[Change, ...]:
    """The memberships that must change so that the person stands as the line says from ``effective`` on."""
    if wish.movement is Movement.STAYS:
        wanted = _staying(wish, present, effective, today)
    elif wish.movement is Movement.LEAVES:
        wanted = [Change(one.role, one, leaving(one.standing, effective)) for one in present.held]
    else:
        wanted = [Change(one.role, one, resting(one.standing, effective, wish.returns_on)) for one in present.held]
    return tuple(one for one in wanted if one.held is None or one.after != one.held.standing)


def _staying(wish: Wish, present: Present, effective: date, today: date) -> list[Change]:
    held = {one.role: one for one in present.held}
    wanted = []
    for role in wish.roles:
        old = held.get(role)
        after = staying(old.standing if old else None, effective, _until(wish, old, effective), today)
        wanted.append(Change(role, old, after))
    wanted.extend(
        Change(one.role, one, leaving(one.standing, effective)) for one in present.held if one.role not in wish.roles
    )
    return wanted


def _until(wish: Wish, old: Held | None, effective: date) -> date | None:
    if wish.valid_to is not None or wish.endless or old is None or old.standing.ended_on(effective):
        return wish.valid_to
    return old.standing.valid_to


def staying(old: Standing | None, effective: date, until: date | None, today: date) -> Standing:
    """A role that holds on ``effective``, until the last day given."""
    if old is None or old.never_was or old.ended_on(min(effective - DAY, today)):
        return Standing(effective, until)
    if old.ended_on(effective - DAY):  # it ends before: the days between are a pause, so that nothing is held then
        gap = (old.valid_to or effective) + DAY
        return replace(old, valid_to=until, paused_from=gap, paused_to=effective - DAY)
    going_on = replace(old, valid_from=min(old.valid_from, effective), valid_to=until)
    return _back(going_on, effective)


def _back(standing: Standing, effective: date) -> Standing:
    """The same without the part of a pause that would reach into ``effective``."""
    if not standing.rests_on(effective) or standing.paused_from is None:
        return standing
    if standing.paused_from >= effective:
        return replace(standing, paused_from=None, paused_to=None)
    return replace(standing, paused_to=effective - DAY)


def leaving(old: Standing, effective: date) -> Standing:
    """A role that holds no more on ``effective``; one that was to begin later is called off."""
    last = max(effective, old.valid_from) - DAY
    return old if old.valid_to is not None and old.valid_to <= last else replace(old, valid_to=last)


def resting(old: Standing, effective: date, returns_on: date | None) -> Standing:
    """A role that rests from ``effective`` until the day before the return, or until somebody says when."""
    if old.ended_on(effective) or old.never_was:
        return old
    begins = old.paused_from if old.rests_on(effective) and old.paused_from is not None else effective
    return replace(old, paused_from=begins, paused_to=returns_on - DAY if returns_on else None)


def kind_of(wish: Wish, changes: tuple[Change, ...]) -> Kind:
    """Whether a line of a known person ends, changes or leaves everything."""
    if not changes:
        return Kind.SAME
    return Kind.END if wish.movement is Movement.LEAVES else Kind.CHANGE
