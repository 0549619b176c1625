"""Writes of what a run continues: check that it may start, and keep the run before it, its reason and its due dates."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from billing.programs.rules import ProgramView
from billing.runs import queries as runs
from billing.runs.rules import RunView
from billing.years.calendar import queries as calendars
from billing.years.calendar.rules import CalendarView
from billing.years.stages import queries
from billing.years.stages.rules import check_reason, check_stage
from billing.years.stages.tables import RunYear
from tenants.context import TenantContext


@dataclass(frozen=True, slots=True)
class Continued:
    """What a new run continues: the program's plan, the run that stands, what it notified, and the reason."""

    calendar: CalendarView
    standing: RunView | None
    notified: Mapping[str, Any]
    reason: str


async def check_may_start(program: ProgramView, stage: str, reason: str) -> Continued:
    """What a run of this stage would continue. Raises Invalid, StagePassed, ReasonMissing."""
    calendar = await calendars.calendar(program)
    standing, notified = await queries.standing_year(program.id)
    told = reason.strip()
    check_stage(stage, standing)
    check_reason(told, standing, required=calendar.settings.reason_required)
    return Continued(calendar, standing, notified, told)


async def keep_year(context: TenantContext, run_id: int, program: ProgramView, continued: Continued) -> None:
    """Will keep what the run continues; a plan that nobody saved dates nothing but the first instalment."""
    settings, count = continued.calendar.settings, program.settings.instalment_count
    saved = continued.calendar.saved
    compared = settings.last_year_program_id if saved else None
    before = None if compared is None else await runs.last_approved_id(compared)
    dues = (*settings.moved_due_dates, *[None] * count)[:count]
    unplanned = (program.settings.due_date, *[None] * (count - 1))
    await RunYear.insert(
        RunYear(
            tenant_id=context.tenant_id,
            run_id=run_id,
            previous_run_id=continued.standing.id if continued.standing else None,
            reason=continued.reason,
            notified=json.dumps(continued.notified),
            due_dates=list(dues if saved else unplanned),
            settlement_due=settings.moved_settlement_due if saved else None,
            last_year_run_id=before,
        )
    )
