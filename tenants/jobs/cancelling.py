"""Cancelling jobs: what waits ends at once, what runs ends at its next step; what is committed stays.

Locks go from a job to its parts, in the same order as everywhere else in this package, so nobody waits in a circle.
"""

from datetime import datetime

from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import rows_may_be_missing
from tenants.errors import Conflict, NotFound
from tenants.jobs.rules import JobView, State, may_steer


class FinishedAlready(Conflict):
    """The job has ended; there is nothing left to cancel."""

    def __init__(self) -> None:
        super().__init__("job-finished", "この処理はすでに終わっているため、取り消せません。")


async def cancel(context: TenantContext, job_id: int, now: datetime) -> State:
    """Will cancel a job and its parts, or ask the workers that run them to stop; answers the job's state.

    For the person who asked for it and for administrators of their tenant; to everybody else, and for a part, it
    is NotFound. Raises FinishedAlready. Asking twice is asking once.
    """
    door = current_door()
    rows = await door.execute(
        "SELECT state, person_id, title FROM job WHERE tenant_id = $1 AND id = $2 AND parent_id IS NULL "
        "FOR NO KEY UPDATE",
        (context.tenant_id, job_id),
    )
    if not rows or not may_steer(context, rows[0]["person_id"]):
        raise NotFound
    if State(rows[0]["state"]).finished:
        raise FinishedAlready
    async with rows_may_be_missing(door):
        # First what waits, then what runs: a part that a worker claims in between is met by the second.
        await door.execute(
            "UPDATE job SET state = 'cancelled', cancel_requested_at = $3, finished_at = $3, error_message = '' "
            "WHERE tenant_id = $1 AND parent_id = $2 AND state IN ('waiting', 'queued', 'failed')",
            (context.tenant_id, job_id, now),
        )
        await door.execute(
            "UPDATE job SET cancel_requested_at = coalesce(cancel_requested_at, $3) "
            "WHERE tenant_id = $1 AND parent_id = $2 AND state = 'running'",
            (context.tenant_id, job_id, now),
        )
        await door.execute(
            "UPDATE job SET cancel_requested_at = coalesce(cancel_requested_at, $3) WHERE tenant_id = $1 AND id = $2",
            (context.tenant_id, job_id, now),
        )
    state = await settle(context.tenant_id, job_id, now)
    await record(context, "cancel_job", Subject("job", job_id, rows[0]["title"]), after={"state": state.value})
    return state


async def settle(tenant_id: int, job_id: int, now: datetime) -> State:
    """Will end a job whose cancelling was asked for, once neither it nor a part of it runs; answers its state."""
    door = current_door()
    async with rows_may_be_missing(door):
        rows = await door.execute(
            "UPDATE job SET state = 'cancelled', finished_at = $3, lease_until = NULL, error_message = '' "
            "WHERE tenant_id = $1 AND id = $2 AND cancel_requested_at IS NOT NULL "
            "AND state IN ('waiting', 'queued', 'failed') AND NOT EXISTS (SELECT 1 FROM job part "
            "WHERE part.tenant_id = $1 AND part.parent_id = $2 AND part.state = 'running') RETURNING state",
            (tenant_id, job_id, now),
        )
    if not rows:
        rows = await door.execute("SELECT state FROM job WHERE tenant_id = $1 AND id = $2", (tenant_id, job_id))
    return State(rows[0]["state"])


async def lock_parent(tenant_id: int, parent_id: int | None) -> None:
    """Will lock a part's parent before the part itself."""
    if parent_id is not None:
        await current_door().execute(
            "SELECT 1 FROM job WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE", (tenant_id, parent_id)
        )


async def is_cancelled(job: JobView) -> bool:
    """Whether somebody wants this job stopped."""
    rows = await current_door().execute(
        "SELECT cancel_requested_at IS NOT NULL AS wanted FROM job WHERE tenant_id = $1 AND id = $2",
        (job.tenant_id, job.id),
    )
    return bool(rows and rows[0]["wanted"])


async def end_cancelled(job: JobView, now: datetime) -> bool:
    """In the jobs scope: will end this attempt as cancelled, and its parent with the last part that ran.

    Answers False when nobody asked for it, or the job is another worker's by now.
    """
    door = current_door()
    await lock_parent(job.tenant_id, job.parent_id)
    held = await door.execute(
        "SELECT cancel_requested_at IS NOT NULL AS wanted FROM job WHERE tenant_id = $1 AND id = $2 "
        "AND state = 'running' AND attempts = $3 FOR NO KEY UPDATE",  # so that nobody asks for it after this look
        (job.tenant_id, job.id, job.attempts),
    )
    if not held or not held[0]["wanted"]:
        return False
    await door.execute(
        "UPDATE job SET state = 'cancelled', finished_at = $3, lease_until = NULL, error_message = '' "
        "WHERE tenant_id = $1 AND id = $2",
        (job.tenant_id, job.id, now),
    )
    if job.parent_id is not None:
        await settle(job.tenant_id, job.parent_id, now)
    return True
