"""What the worker does for transfers by the clock: hand over once a batch has taken effect."""

import logging
from datetime import datetime

from tenants.context import PREFECTURE_TENANT_ID, Role, Scope, TenantContext
from tenants.database.transaction import Pool, open_door
from tenants.transfers.handing_over import hand_over

logger = logging.getLogger(__name__)
HAND_OVER_MINUTES = 10
"""A successor finds the open work before the office opens, also when a batch is applied during the day."""


async def hand_over_due(pool: Pool, now: datetime) -> int:
    """Will hand over for every batch whose day has come; returns how many batches. Once for each."""
    async with open_door(pool, Scope.JOBS, read_only=True) as door:
        due = await door.execute(
            "SELECT r.tenant_id, r.id, r.applied_by_id, r.applied_by_name, r.applied_by_role, t.name "
            "FROM transfer r JOIN tenant t ON t.id = r.tenant_id "
            "WHERE r.state = 'applied' AND r.handed_over_at IS NULL AND r.effective_on <= $1 "
            "ORDER BY r.effective_on, r.tenant_id, r.id",
            (now.date(),),
        )
    done = 0
    for row in due:
        context = TenantContext(
            row["tenant_id"],
            "",
            row["name"],
            Role(row["applied_by_role"]),
            row["applied_by_id"],
            row["applied_by_name"],
            f"transfer-{row['id']}",
        )
        scope = Scope.PREFECTURE if row["tenant_id"] == PREFECTURE_TENANT_ID else Scope.TOWN
        try:
            async with open_door(pool, scope, row["tenant_id"]):
                await hand_over(context, row["id"], now)
            done += 1
        except Exception:  # the edge: one organisation's trouble must not keep the others' work from moving
            logger.exception("handing over for transfer %s of tenant %s failed", row["id"], row["tenant_id"])
    return done
