"""What consumption-tax returns ask this week: of towns their report, of the prefecture to look at what came in."""

from collections.abc import Sequence
from datetime import date

from billing.grant_procedures.tax_returns import queries
from tenants.context import Role, TenantContext
from tenants.web.modules import Task
from tenants.web.routes import TOWN_MONEY


async def tax_return_tasks(context: TenantContext, today: date) -> Sequence[Task]:  # noqa: ARG001  (every source gets it)
    """Open requests of the town, or reports that wait for the prefecture."""
    if context.role in TOWN_MONEY:
        return [
            Task(
                one.due_date,
                f"消費税の報告: {one.grant_name}",
                f"{one.program_title} {one.status.label}(0円でも報告が必要です)",
                f"/tax-returns/{one.id}",
                "報告する",
            )
            for one in await queries.requests_of_tenant(context.tenant_id)
            if one.is_open
        ]
    if context.role is not Role.PREFECTURE_FINANCE:
        return []
    return [
        Task(None, f"消費税の報告の確認: {one.name}", one.grant_name, f"/tax-returns/{one.id}", "内容を確かめる")
        for one in await queries.waiting()
        if one.report is not None and one.report.entered_by_id != context.person_id
    ]
