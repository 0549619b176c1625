"""What disputes ask of people this week: the prefecture answers, the member looks at the answer."""

from collections.abc import Sequence
from datetime import date

from billing.disputes import queries
from tenants.context import Role, TenantContext
from tenants.web.modules import Task


async def dispute_tasks(context: TenantContext, today: date) -> Sequence[Task]:  # noqa: ARG001  (every source gets it)
    """Open ones for the prefecture's finance officers, answered ones for the member's."""
    if context.role is Role.PREFECTURE_FINANCE:
        return [
            Task(
                None,
                f"{one.kind_label}への回答: {one.tenant_name}",
                f"{one.title} {one.stage_label} {one.about}",
                f"/disputes/{one.id}",
                "内容を見て回答する",
            )
            for one in await queries.disputes_in("open")
        ]
    if context.role is Role.TOWN_FINANCE:
        return [
            Task(
                None,
                f"{one.kind_label}に県の回答があります",
                f"{one.title} {one.stage_label} {one.about}",
                f"/disputes/{one.id}",
                "回答を確かめる",
            )
            for one in await queries.disputes_in("answered")
        ]
    return []
