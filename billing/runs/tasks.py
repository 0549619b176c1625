"""What runs ask of people this week: send a computed one, decide one that waits."""

from collections.abc import Sequence
from datetime import date

from billing.runs import queries
from billing.runs.rules import RunHead, can_decide
from tenants.context import Role, TenantContext
from tenants.web.modules import Task


async def run_tasks(context: TenantContext, today: date) -> Sequence[Task]:  # noqa: ARG001  (every source gets it)
    """Open runs as tasks of the prefecture's finance officers."""
    if context.role is not Role.PREFECTURE_FINANCE:
        return []
    return [task for run in await queries.open_runs() if (task := _task(run, context.person_id)) is not None]


def _task(run: RunHead, person_id: int) -> Task | None:
    title, url = f"{run.title} {run.stage_label}", f"/runs/{run.id}"
    if can_decide(run, person_id):
        return Task(
            run.due_date, f"承認: {title}", f"作成 {run.prepared_by}", url, "内容を確かめて承認する", waits=True
        )
    if run.state == "computed" and run.prepared_by_id == person_id:
        detail = f"差し戻し: {run.return_reason}" if run.return_reason else "計算が終わっています"
        return Task(run.due_date, title, detail, url, "確かめて承認へ送る", waits=True)
    return None
