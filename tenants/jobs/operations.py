"""Writes of jobs: ask for one in the present transaction, claim it, report, finish, give up.

Exactly once comes from PostgreSQL: the job and its outbox row stand in the transaction that asked; a worker claims
the job by a state change; a done-key is unique in the transaction that did the work.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import rows_may_be_missing
from tenants.errors import NotFound
from tenants.jobs import cancelling
from tenants.jobs.queries import job_view
from tenants.jobs.rules import (
    ATTEMPTS,
    EXPIRY_BATCH,
    KEPT_FOR,
    LEASE,
    RETRY_AFTER,
    Cancelled,
    JobView,
    Queue,
    State,
    may_steer,
)

WORKER_LOST = "処理が途中で止まりました。県の運用管理者に、処理の番号を伝えてください。"


async def enqueue(
    context: TenantContext,
    name: str,
    title: str,
    arguments: Mapping[str, Any],
    *,
    queue: Queue,
    total: int = 1,
    parent_id: int | None = None,
    waiting: bool = False,
) -> int:
    """Will ask for a job in the present transaction and return its id; it is sent after the commit.

    ``title`` is what the person reads. ``waiting`` jobs are sent later by ``send_waiting``.
    """
    door = current_door()
    rows = await door.execute(
        "INSERT INTO job (tenant_id, parent_id, name, title, queue, arguments, state, total_count, person_id, "
        "person_name, role, request_id) VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8, $9, $10, $11, $12) RETURNING id",
        (
            context.tenant_id,
            parent_id,
            name,
            title,
            queue.value,
            json.dumps(dict(arguments), ensure_ascii=False),
            (State.WAITING if waiting else State.QUEUED).value,
            total,
            context.person_id,
            context.person_name,
            context.role.value,
            context.request_id,
        ),
    )
    job_id = int(rows[0]["id"])
    if not waiting:
        await _put_in_outbox(context.tenant_id, job_id, queue)
    return job_id


async def send_waiting(context: TenantContext, job_id: int, queue: Queue) -> None:
    """Will send a job that waited for its parts."""
    await current_door().execute(
        "UPDATE job SET state = 'queued' WHERE tenant_id = $1 AND id = $2 AND state = 'waiting'",
        (context.tenant_id, job_id),
    )
    await _put_in_outbox(context.tenant_id, job_id, queue)


async def _put_in_outbox(tenant_id: int, job_id: int, queue: Queue) -> None:
    door = current_door()
    await door.execute(
        # The message of a job that was cancelled may still be there; it serves the new attempt.
        "INSERT INTO outbox (tenant_id, job_id, queue) VALUES ($1, $2, $3) ON CONFLICT (tenant_id, job_id) DO NOTHING",
        (tenant_id, job_id, queue.value),
    )
    door.sent_jobs.append((tenant_id, job_id, queue.value))


async def claim(tenant_id: int, job_id: int, now: datetime) -> JobView | None:
    """In the jobs scope: will take the job for this worker, or answer None when there is nothing left to do.

    A job whose last worker died without a word, for the third time, is parked; one to be cancelled is cancelled.
    """
    door = current_door()
    async with rows_may_be_missing(door):
        rows = await door.execute(
            "UPDATE job SET state = 'running', attempts = attempts + 1, started_at = $3, lease_until = $4 "
            "WHERE tenant_id = $1 AND id = $2 AND cancel_requested_at IS NULL AND (state IN ('queued', 'failed') "
            "OR (state = 'running' AND lease_until < $3 AND attempts < $5)) RETURNING *",
            (tenant_id, job_id, now, now + LEASE, ATTEMPTS),
        )
        if rows or await _give_up_lost(tenant_id, job_id, now):
            await door.execute("DELETE FROM outbox WHERE tenant_id = $1 AND job_id = $2", (tenant_id, job_id))
    return job_view(rows[0]) if rows else None


async def _give_up_lost(tenant_id: int, job_id: int, now: datetime) -> bool:
    """Parks or cancels a job whose worker is lost; answers whether its message is needless now.

    The row is locked, so that nobody sends the job once more between the look and the end of its message.
    """
    door = current_door()
    whose = await door.execute("SELECT parent_id FROM job WHERE tenant_id = $1 AND id = $2", (tenant_id, job_id))
    await cancelling.lock_parent(tenant_id, whose[0]["parent_id"] if whose else None)
    known = await door.execute(
        "SELECT *, state = 'running' AND lease_until < $3 AS lost FROM job WHERE tenant_id = $1 AND id = $2 "
        "FOR NO KEY UPDATE",
        (tenant_id, job_id, now),
    )
    if known and known[0]["lost"]:
        await give_up(job_view(known[0]), now, WORKER_LOST)
        return True
    return bool(known) and State(known[0]["state"]).finished


async def report(job: JobView, now: datetime, *, done: int, total: int, message: str) -> None:
    """Will show progress and renew the lease. Raises NotFound when another worker has taken the job over."""
    await current_door().execute(
        "UPDATE job SET done_count = least($3, $4), total_count = $4, message = $5, lease_until = $6 "
        "WHERE tenant_id = $1 AND id = $2 AND state = 'running' AND attempts = $7",
        (job.tenant_id, job.id, done, total, message, now + LEASE, job.attempts),
    )


async def renew_lease(job: JobView, now: datetime) -> None:
    """In the jobs scope: will keep the job for this worker a while longer; does nothing once it is another's."""
    door = current_door()
    async with rows_may_be_missing(door):
        await door.execute(
            "UPDATE job SET lease_until = $3 WHERE tenant_id = $1 AND id = $2 AND state = 'running' AND attempts = $4",
            (job.tenant_id, job.id, now + LEASE, job.attempts),
        )


async def first_time(job: JobView, key: str) -> bool:
    """Whether this piece of work is done for the first time; the answer commits with the work itself."""
    rows = await current_door().execute(
        "INSERT INTO done_key (tenant_id, key, job_id) VALUES ($1, $2, $3) "
        "ON CONFLICT (tenant_id, key) DO NOTHING RETURNING id",
        (job.tenant_id, key, job.id),
    )
    return bool(rows)


async def finish(
    job: JobView,
    now: datetime,
    *,
    message: str,
    result_url: str = "",
    result_label: str = "",
    result_expires_at: datetime | None = None,
) -> None:
    """Will mark the job as done, in the transaction of its last piece of work.

    Raises NotFound when another worker has taken the job over, and Cancelled when somebody wants it stopped: the
    work is then rolled back with it.
    """
    door = current_door()
    async with rows_may_be_missing(door):
        done = await door.execute(
            "UPDATE job SET state = 'done', done_count = total_count, message = $3, error_message = '', "
            "result_url = $4, result_label = $5, result_expires_at = $8, finished_at = $6, lease_until = NULL "
            "WHERE tenant_id = $1 AND id = $2 AND state = 'running' AND attempts = $7 AND cancel_requested_at IS NULL "
            "RETURNING id",
            (job.tenant_id, job.id, message, result_url, result_label, now, job.attempts, result_expires_at),
        )
    if not done and await cancelling.is_cancelled(job):
        raise Cancelled
    if not done:
        raise NotFound


async def count_part_done(context: TenantContext, parent_id: int, parts: int) -> tuple[int, int]:
    """Will add finished parts to the parent's progress; answers (done, total). The parent's row is locked."""
    rows = await current_door().execute(
        "UPDATE job SET done_count = done_count + $3 WHERE tenant_id = $1 AND id = $2 "
        "RETURNING done_count, total_count",
        (context.tenant_id, parent_id, parts),
    )
    return int(rows[0]["done_count"]), int(rows[0]["total_count"])


async def give_up(job: JobView, now: datetime, error_message: str) -> State:
    """In the jobs scope: will note a failed attempt and try again later, or park the job after the last one.

    One that somebody wants stopped is cancelled instead.
    """
    door = current_door()
    if await cancelling.end_cancelled(job, now):
        return State.CANCELLED
    parked = job.attempts >= ATTEMPTS
    state = State.PARKED if parked else State.FAILED
    async with rows_may_be_missing(door):
        rows = await door.execute(
            "UPDATE job SET state = $3, error_message = $4, lease_until = NULL, finished_at = $5 "
            "WHERE tenant_id = $1 AND id = $2 AND state = 'running' AND attempts = $6 RETURNING queue, parent_id",
            (
                job.tenant_id,
                job.id,
                state.value,
                error_message if parked else "",
                now if parked else None,
                job.attempts,
            ),
        )
        if not rows:
            return State.DONE
        if parked:
            if rows[0]["parent_id"] is not None:
                await door.execute(
                    "UPDATE job SET state = 'parked', error_message = $3, finished_at = $4 "
                    "WHERE tenant_id = $1 AND id = $2 AND state NOT IN ('done', 'parked', 'cancelled')",
                    (job.tenant_id, rows[0]["parent_id"], error_message, now),
                )
        else:
            wait = RETRY_AFTER[min(job.attempts - 1, len(RETRY_AFTER) - 1)]
            await door.execute(
                "INSERT INTO outbox (tenant_id, job_id, queue, available_at) VALUES ($1, $2, $3, $4) "
                "ON CONFLICT (tenant_id, job_id) DO NOTHING",
                (job.tenant_id, job.id, rows[0]["queue"], now + wait),
            )
    return state


async def try_again(context: TenantContext, job_id: int) -> None:
    """Will send a parked or cancelled job once more, with fresh attempts; of a job with parts, the parts not done.

    For the person who asked for it and for administrators of the tenant; to everybody else it is NotFound, as is a
    job in another state.
    """
    door = current_door()
    own = await door.execute(
        "SELECT queue, person_id, title FROM job WHERE tenant_id = $1 AND id = $2 AND parent_id IS NULL "
        "AND state IN ('parked', 'cancelled') FOR NO KEY UPDATE",
        (context.tenant_id, job_id),
    )
    if not own or not may_steer(context, own[0]["person_id"]):
        raise NotFound
    rows = await door.execute(
        "SELECT id, queue FROM job WHERE tenant_id = $1 AND parent_id = $2 AND state IN ('parked', 'cancelled') "
        "ORDER BY id FOR NO KEY UPDATE",
        (context.tenant_id, job_id),
    )
    parts = [(int(row["id"]), Queue(row["queue"])) for row in rows]
    await _reset(context.tenant_id, job_id, State.WAITING if parts else State.QUEUED)
    for part_id, queue in parts:
        await _reset(context.tenant_id, part_id, State.QUEUED)
        await _put_in_outbox(context.tenant_id, part_id, queue)
    if not parts:
        await _put_in_outbox(context.tenant_id, job_id, Queue(own[0]["queue"]))
    await record(context, "try_job_again", Subject("job", job_id, own[0]["title"]))


async def _reset(tenant_id: int, job_id: int, state: State) -> None:
    await current_door().execute(
        "UPDATE job SET state = $3, attempts = 0, error_message = '', finished_at = NULL, cancel_requested_at = NULL "
        "WHERE tenant_id = $1 AND id = $2",
        (tenant_id, job_id, state.value),
    )


_EXPIRED = (
    "DELETE FROM answered_request WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM answered_request "
    "WHERE answered_at < $1 ORDER BY answered_at LIMIT $2) RETURNING 1 AS gone",
    "DELETE FROM done_key WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM done_key "
    "WHERE done_at < $1 ORDER BY done_at LIMIT $2) RETURNING 1 AS gone",
)
_NEEDLESS_MESSAGES = (
    "DELETE FROM outbox WHERE (tenant_id, id) IN (SELECT o.tenant_id, o.id FROM outbox o "
    "JOIN job j ON j.tenant_id = o.tenant_id AND j.id = o.job_id WHERE j.state IN ('done', 'parked', 'cancelled') "
    "LIMIT $1 FOR UPDATE OF o SKIP LOCKED FOR NO KEY UPDATE OF j SKIP LOCKED) RETURNING 1 AS gone"
)


async def forget_expired(now: datetime) -> int:
    """In the jobs scope: will delete one batch of old answers and done-keys, and messages for finished jobs.

    Returns the size of the largest batch; when it is ``EXPIRY_BATCH`` there may be more.
    """
    door = current_door()
    async with rows_may_be_missing(door):
        gone = [len(await door.execute(one, (now - KEPT_FOR, EXPIRY_BATCH))) for one in _EXPIRED]
        gone.append(len(await door.execute(_NEEDLESS_MESSAGES, (EXPIRY_BATCH,))))
    return max(gone)
