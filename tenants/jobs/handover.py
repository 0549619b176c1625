"""What can be handed over of jobs: those that failed for the last time and wait for a person."""

from datetime import date

from tenants.access.queries import membership_holds
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import rows_may_be_missing
from tenants.web.modules import Handover

_PARKED = "FROM job WHERE tenant_id = $1 AND person_id = $2 AND state = 'parked' AND parent_id IS NULL"


async def parked_count(context: TenantContext, person_id: int) -> int:
    """How many jobs of the person could not be finished."""
    rows = await current_door().execute(f"SELECT count(*) AS jobs {_PARKED}", (context.tenant_id, person_id))
    return int(rows[0]["jobs"])


async def move_parked(context: TenantContext, person_id: int, successor_id: int, name: str, today: date) -> int:
    """Will give the person's parked jobs, with their parts, to a successor who holds the role they run in."""
    door = current_door()
    async with rows_may_be_missing(door):
        rows = await door.execute(
            "UPDATE job AS j SET person_id = $3, person_name = $4 WHERE j.tenant_id = $1 AND j.person_id = $2 "  # noqa: S608  (our own condition)
            "AND (j.state = 'parked' OR EXISTS (SELECT FROM job p WHERE p.tenant_id = j.tenant_id "
            "AND p.id = j.parent_id AND p.state = 'parked')) "
            "AND EXISTS (SELECT FROM membership m WHERE m.tenant_id = j.tenant_id AND m.person_id = $3 "
            f"AND m.role = j.role AND {membership_holds('m', '$5')}) RETURNING j.parent_id",
            (context.tenant_id, person_id, successor_id, name, today),
        )
    return sum(1 for row in rows if row["parent_id"] is None)


PARKED_JOBS = Handover("終えられなかった処理", parked_count, move_parked)
