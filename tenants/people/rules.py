"""Pure rules of people: which roles an organisation gives, what a membership's dates mean, who must stay."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tenants.context import PREFECTURE_TENANT_ID, Role
from tenants.errors import Conflict
from tenants.web.rendering import Status

ADMINISTRATORS_WANTED = 2
"""One may be ill or transferred; with two the other lets people in again and confirms resets."""
OUTSIDERS = frozenset({Role.CONSULTANT, Role.FIELD_CREW})
"""Roles of people from outside the office; they always have a last day."""
ADMINISTRATING = frozenset({Role.TOWN_ADMIN, Role.PREFECTURE_ADMIN})
SOON = timedelta(days=30)
"""An outsider's end within a month is shown as near, time enough for a new contract."""
_PREFECTURE_ROLES = (Role.LIAISON, Role.PREFECTURE_FINANCE, Role.PREFECTURE_ADMIN)
_TOWN_ROLES = (Role.TOWN_STAFF, Role.TOWN_FINANCE, Role.TOWN_ADMIN, Role.CONSULTANT, Role.FIELD_CREW)


def roles_of(tenant_id: int) -> tuple[Role, ...]:
    """The roles an organisation may give; the prefecture's stay in the prefecture, and a town's in the town."""
    return _PREFECTURE_ROLES if tenant_id == PREFECTURE_TENANT_ID else _TOWN_ROLES


def administrator_role(tenant_id: int) -> Role:
    """The role of the organisation's own administrators."""
    return Role.PREFECTURE_ADMIN if tenant_id == PREFECTURE_TENANT_ID else Role.TOWN_ADMIN


@dataclass(frozen=True, slots=True)
class Standing:
    """From when to when a membership holds, when it rests (休職・出向), and whether it is stopped.

    All days are inclusive. A period that ends the day before it begins never was.
    """

    valid_from: date
    valid_to: date | None = None
    paused_from: date | None = None
    paused_to: date | None = None
    suspended: bool = False

    def holds_on(self, day: date) -> bool:
        """Whether the person may act through it on ``day``."""
        if self.suspended or day < self.valid_from or (self.valid_to is not None and day > self.valid_to):
            return False
        return not self.rests_on(day)

    def rests_on(self, day: date) -> bool:
        """Whether ``day`` lies in the pause."""
        return (
            self.paused_from is not None
            and self.paused_from <= day
            and (self.paused_to is None or day <= self.paused_to)
        )

    @property
    def never_was(self) -> bool:
        """Whether it was called off before its first day."""
        return self.valid_to is not None and self.valid_to < self.valid_from

    def ended_on(self, day: date) -> bool:
        """Whether nothing more will come of it from ``day`` on."""
        return self.valid_to is not None and self.valid_to < day

    def status(self, today: date) -> Status:
        """Word and shape for people."""
        if self.never_was:
            return Status("取り消し", "neutral")
        if self.ended_on(today):
            return Status("終了", "neutral")
        if self.suspended:
            return Status("停止中", "danger")
        if today < self.valid_from:
            return Status("開始前", "progress")
        if self.rests_on(today):
            return Status("休止中", "warning")
        return Status("利用中", "success")


@dataclass(frozen=True, slots=True)
class MembershipLine:
    """One role of one person in the organisation."""

    id: int
    person_id: int
    role: Role
    standing: Standing
    suspended_reason: str
    version: int


@dataclass(frozen=True, slots=True)
class PersonView:
    """One person as the organisation's administrators see them: nothing of other organisations."""

    id: int
    name: str
    email: str
    disabled: bool
    second_factor: bool
    sessions: int
    """Browsers signed in for this organisation now."""
    last_sign_in_at: datetime | None
    memberships: tuple[MembershipLine, ...] = field(default=())

    def status(self, today: date) -> Status:
        """The best of the roles' states; a person with one live role is in use."""
        if self.disabled:
            return Status("停止中", "danger")
        states = [one.standing.status(today) for one in self.memberships]
        order = ("利用中", "休止中", "停止中", "開始前", "終了", "取り消し")
        return min(states, key=lambda one: order.index(one.label), default=Status("終了", "neutral"))

    def roles_on(self, today: date) -> list[Role]:
        """Roles that have not ended, in the order they are offered."""
        return [one.role for one in self.memberships if not one.standing.ended_on(today)]

    @property
    def suspended(self) -> bool:
        """Whether one of the roles is stopped."""
        return any(one.standing.suspended for one in self.memberships)


class LastAdministrator(Conflict):
    """The organisation would be left without anybody who may administer it."""

    def __init__(self) -> None:
        super().__init__(
            "last-administrator",
            "この変更をすると、管理者が一人もいなくなる日ができます。先に別の管理者を加えてから行ってください。",
        )


def check_somebody_administers(before: Iterable[Standing], after: Iterable[Standing], today: date) -> None:
    """Raises LastAdministrator when a day without administrators comes that would not have come otherwise.

    ``before`` and ``after`` are the standings of all memberships in the administrator's role.
    """
    then, now = list(before), list(after)
    days = {today, *(day for one in now for day in _turning_days(one) if day > today)}
    for day in days:
        if not any(one.holds_on(day) for one in now) and any(one.holds_on(day) for one in then):
            raise LastAdministrator


def _turning_days(one: Standing) -> Iterable[date]:
    """The days from which a standing may hold no more."""
    if one.valid_to is not None:
        yield one.valid_to + timedelta(days=1)
    if one.paused_from is not None:
        yield one.paused_from


def administrators_on(people: Sequence[PersonView], role: Role, day: date) -> list[PersonView]:
    """Who can administer on ``day``."""
    return [
        one
        for one in people
        if not one.disabled and any(each.role is role and each.standing.holds_on(day) for each in one.memberships)
    ]
