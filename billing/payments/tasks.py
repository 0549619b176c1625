"""What payments ask for this week: officers remind whoever is late, towns pay what they were reminded of."""

from collections.abc import Sequence
from datetime import date

from billing.payments import queries
from billing.payments.rules import PaymentView, to_remind
from tenants.context import Role, TenantContext
from tenants.web.modules import Task
from tenants.web.routes import TOWN_MONEY


async def payment_tasks(context: TenantContext, today: date) -> Sequence[Task]:
    """One task for all reminders that are due, for an officer; each reminder, for a town's finance officer."""
    if context.role in TOWN_MONEY:
        return [_pay(one) for one in await queries.reminded_payments(context.tenant_id)]
    if context.role is not Role.PREFECTURE_FINANCE:
        return []
    late = to_remind(await queries.late_payments(today), today)
    if not late:
        return []
    members = len({one.tenant_id for one in late})
    return [Task(None, f"督促 {members}団体", "納期限を過ぎた未納があります", "/payments?status=overdue", "確かめる")]


def _pay(one: PaymentView) -> Task:
    title = f"督促 負担金 {one.open_yen:,}円"
    return Task(one.pay_by, title, f"{one.program_title} 第{one.number}期", "/statements", "確かめる")
