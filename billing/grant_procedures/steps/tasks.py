"""What grants ask of the prefecture's finance officers this week: papers that are due, steps to confirm."""

from collections.abc import Iterator, Sequence
from datetime import date

from billing.grant_procedures.steps import queries
from billing.grant_procedures.steps.queries import GrantGlance
from billing.grant_procedures.steps.rules import can_confirm, standing, waiting
from billing.money import format_yen
from tenants.context import Role, TenantContext
from tenants.web.modules import Task


async def grant_tasks(context: TenantContext, today: date) -> Sequence[Task]:  # noqa: ARG001  (every source gets it)
    """Deadlines of applications and reports, steps to confirm, and what must be paid back."""
    if context.role is not Role.PREFECTURE_FINANCE:
        return []
    return [task for one in await queries.glances() for task in _tasks(one, context.person_id)]


def _tasks(one: GrantGlance, person_id: int) -> Iterator[Task]:
    now = standing(one.steps)
    name = f"{one.name}({one.program_title})"
    due = one.procedure.next_due(now)
    if due is not None:
        yield Task(due[1], f"{due[0]}: {name}", now.status.label, one.url, "手続きを開く")
    for step in waiting(one.steps):
        if can_confirm(step, person_id):
            yield Task(None, f"確認: {name} {step.label}", f"記録 {step.prepared_by}", one.url, "内容を確かめる")
    if now.to_repay_yen:
        detail = f"受領額が確定額を {format_yen(now.to_repay_yen)} 超えています"
        yield Task(None, f"返還: {name}", detail, one.url, "手続きを開く")
