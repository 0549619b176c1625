"""What calendars ask of people: issue the next stage by its deadline."""

from collections.abc import Sequence
from datetime import date

from billing.runs.rules import STAGES
from billing.years.calendar import queries
from billing.years.calendar.queries import PlannedProgram
from billing.years.calendar.rules import next_stage
from tenants.calendar import fiscal_year_label
from tenants.context import Role, TenantContext
from tenants.web.modules import Task


async def calendar_tasks(context: TenantContext, today: date) -> Sequence[Task]:  # noqa: ARG001  (every source gets it)
    """The deadline of each program's next stage, for the prefecture's finance officers; only plans somebody saved."""
    if context.role is not Role.PREFECTURE_FINANCE:
        return []
    return [task for one in await queries.planned_programs() if (task := _task(one)) is not None]


def _task(program: PlannedProgram) -> Task | None:
    stage = next_stage(program.settings, program.standing)
    if stage is None:
        return None
    title = f"{STAGES[stage]}: {program.title}"
    detail = f"{fiscal_year_label(program.fiscal_year)} 負担金の{STAGES[stage]}を承認して届ける期限"
    return Task(program.settings.deadline(stage), title, detail, f"/programs/{program.id}/runs", "計算と承認を開く")
