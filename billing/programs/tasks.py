"""What programs add to 今週やること: how many are not yet issued, also when nothing is due."""

from collections.abc import Sequence
from datetime import date

from billing.programs import queries
from tenants.context import Role, TenantContext
from tenants.web.modules import Summary

_ISSUED = "approved"
"""The state of a newest run after which a program waits for nobody."""


async def programs_under_way(context: TenantContext, today: date) -> Sequence[Summary]:  # noqa: ARG001
    """The line that leads the prefecture's finance officers back to programs whose burdens are not issued yet."""
    if context.role is not Role.PREFECTURE_FINANCE:
        return []
    count = sum(one.last_run != _ISSUED for one in await queries.programs())
    return [Summary("まだ通知していない事業", f"{count}件", "/programs")] if count else []
