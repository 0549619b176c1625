"""The nightly sweep: what nobody can ask for any more is deleted, table by table, in the scope that may."""

from datetime import datetime

from tenants.access.attempts.operations import forget_old_attempts
from tenants.access.drafts.operations import forget_old_drafts
from tenants.access.links.operations import forget_old_links
from tenants.access.operations import forget_ended_sessions
from tenants.api.operations import forget_ended_tokens
from tenants.context import Scope
from tenants.database.transaction import Pool, open_door
from tenants.jobs.operations import forget_expired
from tenants.jobs.rules import EXPIRY_BATCH


async def sweep_expired(pool: Pool, now: datetime) -> None:
    """Will delete ended sessions, old answers and done-keys, and messages for jobs that are finished."""
    async with open_door(pool, Scope.IDENTITY):
        await forget_ended_sessions(now)
        await forget_old_attempts(now)
        await forget_old_drafts(now)
        await forget_old_links(now)
    gone = EXPIRY_BATCH
    while gone == EXPIRY_BATCH:
        async with open_door(pool, Scope.JOBS):
            gone = await forget_expired(now)
    async with open_door(pool, Scope.JOBS):
        await forget_ended_tokens(now)
