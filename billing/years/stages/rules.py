"""Which stage may follow which, when a reason is needed, and what a statement says of the run before; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from billing.runs.rules import STAGES, RunHead
from billing.years.instalments.rules import ScheduledInstalment, from_plain, schedule
from billing.years.last_year.rules import LastYear, last_year
from tenants.errors import Conflict, Invalid

REASON_LONGEST = 500
"""Characters: half a page, as for a return; it stands on every statement of the run."""


class StagePassed(Conflict):
    """The stage lies before one that is approved."""

    def __init__(self, stage: str, standing: RunHead) -> None:
        super().__init__(
            "stage-passed",
            f"すでに「{standing.stage_label}」を承認しているため、前の段階の「{STAGES[stage]}」は計算できません。"
            f"「{STAGES[standing.stage]}」より後の段階か、同じ段階を選んでください。",
        )


class ReasonMissing(Invalid):
    """A run after an approved one changes what towns were told; it says why."""

    def __init__(self, standing: RunHead) -> None:
        message = f"「{standing.stage_label}」で通知した額が変わります。変更の理由を入力してください。"
        super().__init__("reason-missing", message, {"reason": message})


def check_stage(stage: str, standing: RunHead | None) -> None:
    """Raises Invalid for an unknown stage, StagePassed for one before the approved run ``standing``."""
    if stage not in STAGES:
        raise Invalid("unknown-stage", "計算の段階を選んでください。", {"stage": "計算の段階を選んでください。"})
    order = list(STAGES)
    if standing is not None and order.index(stage) < order.index(standing.stage):
        raise StagePassed(stage, standing)


def check_reason(reason: str, standing: RunHead | None, *, required: bool) -> None:
    """Raises ReasonMissing when a run is approved and a required reason is missing; Invalid when it is too long."""
    if len(reason) > REASON_LONGEST:
        message = f"変更の理由は{REASON_LONGEST}文字までで入力してください(いまは{len(reason)}文字です)。"
        raise Invalid("too-long", message, {"reason": message})
    if required and standing is not None and not reason:
        raise ReasonMissing(standing)


@dataclass(frozen=True, slots=True)
class RunYearView:
    """What a run continues, as it was kept when it started."""

    previous_run_id: int | None
    previous_number: str
    """The document number of the run before; empty without one."""
    previous_label: str
    reason: str
    notified: Mapping[str, Any]
    """Member code → the payments notified by the run before, as JSON."""
    due_dates: tuple[date | None, ...]
    settlement_due: date | None
    last_year_run_id: int | None

    def passed_dates(self, today: date) -> tuple[date, ...]:
        """Due dates that have passed before anybody was told of them: a first run approved now begins in arrears."""
        if self.previous_run_id is not None:
            return ()
        return tuple(day for day in self.due_dates if day is not None and day < today)


@dataclass(frozen=True, slots=True)
class Previous:
    """What the run before told the member."""

    document_number: str
    invoice_yen: int


@dataclass(frozen=True, slots=True)
class YearPart:
    """What a statement says of the year beside its own amount."""

    schedule: tuple[ScheduledInstalment, ...]
    reason: str
    previous: Previous | None
    last_year: LastYear | None

    @property
    def has_refund(self) -> bool:
        """Whether something is paid back to the member."""
        return any(one.is_refund for one in self.schedule)


@dataclass(frozen=True, slots=True)
class YearOfRun:
    """Everything a run's statements need of the year; ``today`` decides which instalments are still to come."""

    kept: RunYearView
    today: date
    last_year_number: str = ""
    last_year_documents: tuple[Mapping[str, Any], Mapping[str, Any]] | None = None
    """Case and result of the year before's run; None without a comparison."""

    def lines(self, member: Mapping[str, Any]) -> tuple[ScheduledInstalment, ...]:
        """The payments of one member of the run's result."""
        notified = self.kept.notified.get(member["code"])
        return schedule(
            None if notified is None else from_plain(notified),
            member["invoice_yen"],
            member["instalments_yen"],
            self.kept.due_dates,
            self.today,
            settlement_due=self.kept.settlement_due,
        )

    def part(self, case: Mapping[str, Any], result: Mapping[str, Any], code: str) -> YearPart:
        """What the statement of one member says of the year."""
        member = next(one for one in result["members"] if one["code"] == code)
        notified = self.kept.notified.get(code)
        before = None if notified is None else sum(one["yen"] for one in notified)
        return YearPart(
            schedule=self.lines(member),
            reason=self.kept.reason,
            previous=None if before is None else Previous(self.kept.previous_number, before),
            last_year=None
            if self.last_year_documents is None
            else last_year(self.last_year_documents, (case, result), code, self.last_year_number),
        )
