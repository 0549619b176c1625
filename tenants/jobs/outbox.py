"""The outbox: what must reach the broker. First tried right after the commit; a sweep re-sends what it still holds."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from tenants.context import Scope
from tenants.database.engine import current_door
from tenants.database.transaction import Pool, open_door, rows_may_be_missing
from tenants.jobs.rules import RESEND_AFTER

logger = logging.getLogger(__name__)

Send = Callable[[int, int, str], None]
"""Publishes (tenant_id, job_id, queue); raises when the broker does not take it."""

_SENDERS = ThreadPoolExecutor(2, thread_name_prefix="outbox")
"""Threads of their own: a broker that is away must not hold the ones that check passwords."""
_PATIENCE_SECONDS = 2
"""A sender gives up after about a second; this bounds what it cannot, such as a name that resolves slowly."""
_BATCH = 500
"""Messages one sweep sends at most; the next follows seconds later."""


async def send_now(pool: Pool, send: Send, messages: list[tuple[int, int, str]], now: datetime) -> None:
    """Will try to publish right after the commit; whatever fails stays for the sweep. Never raises."""
    for tenant_id, job_id, queue in messages:
        try:
            sending = asyncio.get_running_loop().run_in_executor(_SENDERS, send, tenant_id, job_id, queue)
            await asyncio.wait_for(sending, _PATIENCE_SECONDS)
            async with open_door(pool, Scope.JOBS):
                await _mark_sent(tenant_id, job_id, now)
        except Exception:
            logger.warning("message for job %s stays in the outbox", job_id, exc_info=True)
            return


async def sweep(pool: Pool, send: Send, now: datetime) -> int:
    """Will send what is due and was never sent, or was sent but not claimed; returns how many.

    Jobs whose worker died are put back first.
    """
    async with open_door(pool, Scope.JOBS) as door, rows_may_be_missing(door):
        await door.execute(
            "INSERT INTO outbox (tenant_id, job_id, queue, available_at) "
            "SELECT tenant_id, id, queue, $1 FROM job WHERE state = 'running' AND lease_until < $1 "
            "ON CONFLICT (tenant_id, job_id) DO NOTHING",
            (now,),
        )
        due = await door.execute(
            "SELECT tenant_id, job_id, queue FROM outbox WHERE available_at <= $1 "
            "AND (sent_at IS NULL OR sent_at < $2) ORDER BY available_at, id LIMIT $3 FOR UPDATE SKIP LOCKED",
            (now, now - RESEND_AFTER, _BATCH),
        )
        for row in due:
            await asyncio.to_thread(send, row["tenant_id"], row["job_id"], row["queue"])
            await _mark_sent(row["tenant_id"], row["job_id"], now)
    return len(due)


async def _mark_sent(tenant_id: int, job_id: int, now: datetime) -> None:
    open_one = current_door()
    async with rows_may_be_missing(open_one):
        await open_one.execute(
            "UPDATE outbox SET sent_at = $3 WHERE tenant_id = $1 AND job_id = $2", (tenant_id, job_id, now)
        )
