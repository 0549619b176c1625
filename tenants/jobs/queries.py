"""Reads of jobs in the tenant's own scope."""

import json
from typing import Any

from tenants.context import Role, TenantContext
from tenants.database.engine import current_door
from tenants.errors import NotFound
from tenants.jobs.rules import JobView, State, may_steer
from tenants.jobs.tables import Job

_PAGE = 50
"""Jobs shown on the person's list; older ones stay in the trail."""


async def job(context: TenantContext, job_id: int) -> JobView:
    """The person's job, and for an administrator any of the tenant's; raises NotFound for everybody else's."""
    row = await Job.select().where((Job.id == job_id) & (Job.tenant_id == context.tenant_id)).first()
    if row is None or not may_steer(context, row["person_id"]):
        raise NotFound
    return job_view(row)


async def jobs_of(tenant_id: int, person_id: int) -> list[JobView]:
    """The person's newest jobs, newest first, without the parts a job consists of."""
    rows = (
        await Job.select()
        .where((Job.tenant_id == tenant_id) & (Job.person_id == person_id) & Job.parent_id.is_null())
        .order_by(Job.id, ascending=False)
        .limit(_PAGE)
    )
    return [job_view(row) for row in rows]


async def jobs_of_tenant(tenant_id: int) -> list[JobView]:
    """The tenant's newest jobs, whoever asked for them, newest first; for its administrators."""
    rows = (
        await Job.select()
        .where((Job.tenant_id == tenant_id) & Job.parent_id.is_null())
        .order_by(Job.id, ascending=False)
        .limit(_PAGE)
    )
    return [job_view(row) for row in rows]


async def unfinished_count(tenant_id: int, person_id: int) -> int:
    """How many of the person's jobs are still on their way."""
    rows = await current_door().execute(
        "SELECT count(*) AS jobs FROM job WHERE tenant_id = $1 AND person_id = $2 AND parent_id IS NULL "
        "AND state NOT IN ('done', 'parked', 'cancelled')",
        (tenant_id, person_id),
    )
    return int(rows[0]["jobs"])


def job_view(row: dict[str, Any]) -> JobView:
    """A row of the job table as a view."""
    arguments = row["arguments"]
    return JobView(
        id=row["id"],
        tenant_id=row["tenant_id"],
        parent_id=row["parent_id"],
        name=row["name"],
        title=row["title"],
        arguments=json.loads(arguments) if isinstance(arguments, str) else arguments,
        state=State(row["state"]),
        done=row["done_count"],
        total=row["total_count"],
        message=row["message"],
        error_text=row["error_message"],
        result_url=row["result_url"],
        result_label=row["result_label"],
        person_id=row["person_id"],
        person_name=row["person_name"],
        role=Role(row["role"]),
        request_id=row["request_id"],
        attempts=row["attempts"],
        created_at=row["created_at"],
        cancelling=row["cancel_requested_at"] is not None,
        result_expires_at=row["result_expires_at"],
    )


async def tenant_job(job_id: int) -> JobView:
    """A job of the tenant, whoever asked for it; for pages that show what a colleague started. Raises NotFound."""
    rows = await current_door().execute("SELECT * FROM job WHERE id = $1", (job_id,))
    if not rows:
        raise NotFound
    return job_view(rows[0])
