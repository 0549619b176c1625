"""Disputes as people see them: kinds, states, until when one may be opened, who may do what next; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tenants.calendar import JST, japanese_date_with_weekday
from tenants.context import TenantContext
from tenants.errors import Conflict
from tenants.web.rendering import Status

DEFAULT_DAYS = 14
"""Two weeks: a town's finance office asks its own departments (水道, 福祉) in between, and answers before it pays."""
LONGEST_DAYS = 90
"""Three months, as an appeal against an administrative act has (行政不服審査法18条); longer would block every stage."""
TEXT_LONGEST = 2000
"""Characters of one comment: about two pages; a longer explanation belongs into an attached document."""

KINDS: Mapping[str, str] = {"inquiry": "照会", "objection": "異議"}
STATES: Mapping[str, Status] = {
    "open": Status("回答待ち", "warning"),
    "answered": Status("回答済み", "progress"),
    "closed": Status("終了", "success"),
}
OUTCOMES: Mapping[str, str] = {"unchanged": "変更なし", "next_run": "次の計算で変更", "accepted": "団体が了承"}
DECIDED: Mapping[str, str] = {code: OUTCOMES[code] for code in ("unchanged", "next_run")}
"""What the prefecture may close with; a member closes by accepting the answer."""


@dataclass(frozen=True, slots=True)
class Period:
    """Until when (that day included) a member may open a dispute about a statement."""

    last_day: date

    def holds(self, today: date) -> bool:
        """Whether one may still be opened today."""
        return today <= self.last_day

    @property
    def words(self) -> str:
        """The last day in Japanese."""
        return japanese_date_with_weekday(self.last_day)


def period_after(issued_at: datetime, days: int) -> Period:
    """The period of a statement: ``days`` after the Japanese day it was issued on."""
    return Period(issued_at.astimezone(JST).date() + timedelta(days=days))


@dataclass(frozen=True, slots=True)
class DisputeView:
    """One dispute with the statement it is about; ``line_name`` is empty when it is about the whole statement."""

    id: int
    tenant_id: int
    tenant_name: str
    statement_id: int
    run_id: int
    title: str
    stage_label: str
    document_number: str
    cost_id: str
    line_name: str
    kind: str
    state: str
    outcome: str
    opened_by_id: int
    opened_by: str
    opened_at: datetime
    closed_by: str
    closed_at: datetime | None

    @property
    def kind_label(self) -> str:
        """照会 or 異議."""
        return KINDS[self.kind]

    @property
    def status(self) -> Status:
        """Word and shape for people."""
        return STATES[self.state]

    @property
    def outcome_label(self) -> str | None:
        """How it ended."""
        return OUTCOMES.get(self.outcome)

    @property
    def about(self) -> str:
        """What it is about, in words."""
        return f"「{self.line_name}」の行" if self.line_name else "算定書の全体"


@dataclass(frozen=True, slots=True)
class MessageView:
    """One comment of the thread, by the member or the prefecture, perhaps with a file."""

    id: int
    by_prefecture: bool
    person_name: str
    text: str
    file_name: str
    file_id: int | None
    written_at: datetime


class PeriodOver(Conflict):
    """The member comes too late."""

    def __init__(self, period: Period) -> None:
        super().__init__("dispute-period-over", f"受付期間は{period.words}で終わりました。")


class StatementWithdrawn(Conflict):
    """There is nothing left to object to."""

    def __init__(self) -> None:
        super().__init__("statement-withdrawn", "この負担金算定書は取り消されているため、照会・異議は出せません。")


class DisputeClosed(Conflict):
    """Nothing is added to what has ended."""

    def __init__(self) -> None:
        super().__init__("dispute-closed", "この照会・異議は終了しています。画面を開き直してください。")


class NotAnswered(Conflict):
    """A member accepts an answer, so there must be one."""

    def __init__(self) -> None:
        super().__init__("dispute-not-answered", "県の回答がまだありません。回答を待ってから了承してください。")


def check_can_open(period: Period, today: date, *, withdrawn: bool) -> None:
    """Raises StatementWithdrawn or PeriodOver unless a dispute may be opened today."""
    if withdrawn:
        raise StatementWithdrawn
    if not period.holds(today):
        raise PeriodOver(period)


def check_can_reply(dispute: DisputeView) -> None:
    """Raises DisputeClosed for one that has ended."""
    if dispute.state == "closed":
        raise DisputeClosed


def check_can_accept(dispute: DisputeView) -> None:
    """Raises DisputeClosed, or NotAnswered while there is nothing to accept."""
    check_can_reply(dispute)
    if dispute.state != "answered":
        raise NotAnswered


def can_accept(dispute: DisputeView, context: TenantContext) -> bool:
    """Whether the member may say that the answer settles it."""
    return dispute.state == "answered" and not context.is_prefecture
