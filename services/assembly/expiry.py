"""The nightly sweep: what nobody can ask for any more is deleted, table by table, in the scope that may."""

from datetime import datetime

from tenants.access.attempts.operations import forget_old_attempts
from tenants.access.drafts.operations import forget_old_drafts
from tenants.access.links.operations import forget_old_links
from tenants.access.operations import forget_ended_sessions
from tenants.api.operations import forget_ended_tokens
from tenants.context import Scope
from tenants.database.transaction import Pool, open_door
from tenants.files.sweeps import sweep_expired_files
from tenants.jobs.operations import forget_expired
from tenants.jobs.rules import EXPIRY_BATCH
from tenants.jobs.sweeps import sweep_old_jobs
from tenants.storage import Storage


async def sweep_expired(pool: Pool, storage: Storage, now: datetime) -> None:
    """Will delete ended sessions, old answers, done-keys and jobs, messages for finished jobs, and expired files."""
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
    await sweep_old_jobs(pool, now)
    await sweep_expired_files(pool, storage, now)
