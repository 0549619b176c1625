"""What statements ask of a town this week: its next payment."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from billing.payments.queries import open_amounts
from billing.statements import queries
from billing.statements.queries import Payment
from tenants.context import TenantContext
from tenants.web.modules import Task
from tenants.web.routes import TOWN_MONEY


async def statement_tasks(context: TenantContext, today: date) -> Sequence[Task]:
    """The next payment of every burden, for the town's finance officer; the newest statement of a program counts.

    What the prefecture has written down as paid is asked for no more.
    """
    if context.role not in TOWN_MONEY:
        return []
    tasks, left = [], await open_amounts(context.tenant_id)
    for one in await queries.newest_statements(context.tenant_id):
        still = [
            replace(each, yen=min(each.yen, left.get((one.program_id, each.number), each.yen))) for each in one.payments
        ]
        coming = [each for each in still if each.due_date is not None and each.due_date >= today and each.yen > 0]
        if coming:
            tasks.append(_task(one, min(coming, key=lambda each: each.due_date or today)))
    return tasks


def _task(one: queries.Payments, payment: Payment) -> Task:
    return Task(
        payment.due_date,
        f"負担金 {payment.yen:,}円",
        f"{one.title} {one.stage_label}" + (f" 第{payment.number}期" if len(one.payments) > 1 else ""),
        f"/statements/{one.id}",
        "内訳を見る",
    )
