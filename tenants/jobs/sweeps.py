"""The nightly end of old jobs: finished long ago, and nothing points at them any more."""

from datetime import datetime

from tenants.context import Scope
from tenants.database.engine import current_door
from tenants.database.transaction import Pool, open_door, rows_may_be_missing, savepoint
from tenants.errors import Conflict
from tenants.jobs.rules import JOBS_KEPT_FOR

_BATCH = 500
"""Jobs one transaction looks at: each costs a savepoint, together well under a second."""


async def sweep_old_jobs(pool: Pool, now: datetime) -> int:
    """Will delete finished jobs with their parts and return how many; one that a record still names is kept with it."""
    deleted, last = 0, (0, 0)
    while True:
        async with open_door(pool, Scope.JOBS):
            rows = await current_door().execute(
                "SELECT tenant_id, id FROM job WHERE parent_id IS NULL AND finished_at < $1 "
                "AND state IN ('done', 'parked', 'cancelled') AND (tenant_id, id) > ($2, $3) "
                "ORDER BY tenant_id, id LIMIT $4",
                (now - JOBS_KEPT_FOR, *last, _BATCH),
            )
            for row in rows:
                deleted += await _delete(row["tenant_id"], row["id"])
        if len(rows) < _BATCH:
            return deleted
        last = (rows[-1]["tenant_id"], rows[-1]["id"])


async def _delete(tenant_id: int, job_id: int) -> int:
    """One job with its parts, all or nothing."""
    door = current_door()
    try:
        async with savepoint(), rows_may_be_missing(door):
            await door.execute("DELETE FROM job WHERE tenant_id = $1 AND parent_id = $2", (tenant_id, job_id))
            await door.execute("DELETE FROM job WHERE tenant_id = $1 AND id = $2", (tenant_id, job_id))
    except Conflict:  # a run, or a done-key that is not old enough yet
        return 0
    return 1
