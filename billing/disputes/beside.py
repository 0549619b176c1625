"""What a statement's page shows of disputes: until when, about which line, and what was asked so far."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from billing.disputes import queries
from billing.statements.queries import StatementLine
from tenants.calendar import JST
from tenants.context import Role, TenantContext


async def disputes_beside(
    context: TenantContext, line: StatementLine, content: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """What ``disputes/_statement.html`` takes: rows (name, url to ask or none, disputes), period, may_open."""
    period = await queries.period_of(line.id, line.issued_at)
    known = await queries.disputes_of_statement(line.id)
    holds = period.holds(now.astimezone(JST).date()) and line.withdrawn_at is None
    may_open = context.role is Role.TOWN_FINANCE and holds
    address = f"/statements/{line.id}/disputes/new"
    places = [("", "算定書の全体"), *((one["cost_id"], one["name"]) for one in content["lines"])]
    rows = [
        {
            "name": name,
            "url": (f"{address}?line={cost_id}" if cost_id else address) if may_open else None,
            "disputes": [one for one in known if one.cost_id == cost_id],
        }
        for cost_id, name in places
    ]
    return {
        "rows": rows,
        "period": period,
        "holds": holds,
        "may_open": may_open,
        "any": bool(known),
        "withdrawn": line.withdrawn_at is not None,
    }
