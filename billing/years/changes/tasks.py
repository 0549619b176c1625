"""What changes ask of people: calculate a program anew."""

from collections.abc import Sequence
from datetime import date

from billing.years.changes import queries
from tenants.calendar import fiscal_year_of
from tenants.context import Role, TenantContext
from tenants.web.modules import Task

_NAMED = 2
"""Changes named in the task; the page lists them all."""


async def change_tasks(context: TenantContext, today: date) -> Sequence[Task]:
    """Programs of this year and the one before whose last notice no longer says what would come out now."""
    if context.role is not Role.PREFECTURE_FINANCE:
        return []
    tasks = []
    for one in await queries.proposals(fiscal_year_of(today) - 1):
        words = [each.words for each in one.changes.changes]
        more = f" ほか{len(words) - _NAMED}件" if len(words) > _NAMED else ""
        title = f"前回の計算から変わりました: {one.title}"
        tasks.append(
            Task(None, title, "、".join(words[:_NAMED]) + more, f"/programs/{one.program_id}/runs", "変更を見る")
        )
    return tasks
