"""What a slice offers the whole: routes, templates, a line in the navigation, tasks for 今週やること, jobs."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from tenants.calendar import japanese_date_with_weekday
from tenants.context import Role, TenantContext
from tenants.imports.rules import ImportKind
from tenants.web.rendering import StatusKind


@dataclass(frozen=True, slots=True)
class NavigationEntry:
    """One line of the module row: for which roles, and which entitlement it needs."""

    label: str
    url: str
    roles: frozenset[Role]
    module: str | None = None
    further: tuple[str, ...] = ()
    """Addresses outside ``url`` whose pages belong to the line as well."""

    def nearness(self, path: str) -> tuple[int, bool]:
        """How much of the page's address the line names, and whether as its own; (0, False) for another's page."""
        return max(
            ((len(one), one == self.url) for one in (self.url, *self.further) if f"{path}/".startswith(f"{one}/")),
            default=(0, False),
        )


def current_entry(entries: Sequence[NavigationEntry], path: str) -> NavigationEntry | None:
    """The one line the page at ``path`` belongs to: the one that names most of its address; None without any."""
    near = max(entries, key=lambda one: one.nearness(path), default=None)
    return near if near is not None and near.nearness(path)[0] else None


@dataclass(frozen=True, slots=True)
class Task:
    """One thing a person must do: due when (None: whenever), where to do it, the verb on the button."""

    due_date: date | None
    title: str
    detail: str
    url: str
    action_label: str
    waits: bool = False
    """Somebody or something waits for it already: shown this week however far its day lies."""


@dataclass(frozen=True, slots=True)
class Summary:
    """One short line below the tasks: what, how many, where."""

    label: str
    text: str
    url: str


TaskSource = Callable[[TenantContext, date], Awaitable[Sequence[Task]]]
SummarySource = Callable[[TenantContext, date], Awaitable[Sequence[Summary]]]


@dataclass(frozen=True, slots=True)
class OwnLink:
    """One line of 「自分の設定」 (/me): what a person sets for themself there."""

    label: str
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Handover:
    """Open work that belongs to a person and can be given to another when the person leaves.

    ``count`` answers how many pieces wait for the person (id), ``move`` gives them to the other (id and name) in the
    present transaction and answers how many it moved; ``today`` is the day it happens.
    """

    label: str
    count: Callable[[TenantContext, int], Awaitable[int]]
    move: Callable[[TenantContext, int, int, str, date], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Module:
    """One slice as the assembly lists it."""

    name: str
    handlers: tuple[Any, ...] = ()
    templates: Path | None = None
    navigation: tuple[NavigationEntry, ...] = ()
    tasks: tuple[TaskSource, ...] = ()
    summaries: tuple[SummarySource, ...] = ()
    me_links: tuple[OwnLink, ...] = ()
    handovers: tuple[Handover, ...] = ()
    imports: tuple[ImportKind, ...] = ()
    entitlement: str | None = None
    """The module code a tenant is entitled to, with its Japanese name in ``entitlement_label``."""
    entitlement_label: str = ""
    action_labels: dict[str, str] = field(default_factory=dict)
    """The audit trail's action codes in Japanese."""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as 今週やること shows it."""

    due_text: str
    days_left_text: str
    urgency: StatusKind
    title: str
    detail: str
    url: str
    action_label: str


_SOON_DAYS = 3
"""From three days before the date a task is marked as urgent (SCREENS: 「あと2日」 is)."""
WEEK_DAYS = 14
"""今週やること looks two weeks ahead, so that a date early next week is not a surprise."""


def in_rows(tasks: Sequence[Task], today: date) -> list[TaskRow]:
    """Tasks nearest first, those without a date last, with the words people read."""
    ordered = sorted(tasks, key=lambda task: (task.due_date or date.max, task.title, task.url))
    return [_row(task, today) for task in ordered]


def _row(task: Task, today: date) -> TaskRow:
    if task.due_date is None:
        due, left, urgency = "期限なし", "お早めに", "neutral"
    else:
        days = (task.due_date - today).days
        due = japanese_date_with_weekday(task.due_date)
        left = "今日まで" if days == 0 else f"あと{days}日" if days > 0 else f"{-days}日過ぎています"
        urgency = "danger" if days < 0 else "warning" if days <= _SOON_DAYS else "progress"
    kind: StatusKind = urgency  # type: ignore[assignment]  # one of the literals above
    return TaskRow(due, left, kind, task.title, task.detail, task.url, task.action_label)
