"""What the worker does for reviews by the clock: stop, the night after the deadline, what nobody decided."""

import logging
from datetime import datetime

from tenants.context import PREFECTURE_TENANT_ID, Role, Scope, TenantContext
from tenants.database.transaction import Pool, open_door
from tenants.reviews.operations import stop_undecided

logger = logging.getLogger(__name__)
NIGHT_HOUR, NIGHT_MINUTE = 0, 30
"""Japanese time, half an hour into the day after the deadline: nobody works, and nobody is surprised at noon."""


async def stop_overdue(pool: Pool, now: datetime) -> int:
    """Will stop the undecided roles of every review whose deadline is over; returns how many roles. Once for each."""
    async with open_door(pool, Scope.JOBS, read_only=True) as door:
        due = await door.execute(
            "SELECT r.tenant_id, r.id, r.opened_by_role, t.name FROM review r JOIN tenant t ON t.id = r.tenant_id "
            "WHERE r.state = 'open' AND r.swept_at IS NULL AND r.deadline < $1 ORDER BY r.tenant_id, r.id",
            (now.date(),),
        )
    stopped = 0
    for row in due:
        context = TenantContext(
            row["tenant_id"], "", row["name"], Role(row["opened_by_role"]), 0, "棚卸しの期限", f"review-{row['id']}"
        )
        scope = Scope.PREFECTURE if row["tenant_id"] == PREFECTURE_TENANT_ID else Scope.TOWN
        try:
            async with open_door(pool, scope, row["tenant_id"]):
                stopped += (await stop_undecided(context, row["id"], now))[0]
        except Exception:  # the edge: one organisation's trouble must not keep the others' accounts open
            logger.exception("the review %s of tenant %s was not swept", row["id"], row["tenant_id"])
    return stopped
