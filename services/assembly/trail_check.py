"""``yui verify-trail``: every trail compared with its daily seals and their copies, for whoever audits the operator."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from services.assembly.modules import load_tables
from services.assembly.settings import Settings
from tenants.audit.seals.rules import Verdict
from tenants.audit.seals.sweeps import check_trails
from tenants.calendar import JST
from tenants.database.pool import create_pool
from tenants.storage import connect_storage


def verify_trails(settings: Settings, say: Callable[[str], None]) -> int:
    """Says how many days of each organisation agree, and each day that does not; 1 when there is one, else 0."""
    load_tables()
    return asyncio.run(_verify(settings, say))


async def _verify(settings: Settings, say: Callable[[str], None]) -> int:
    pool = create_pool(settings.database_url, 1)
    storage = connect_storage(
        settings.s3_endpoint, settings.s3_region, settings.s3_access_key, settings.s3_secret_key, settings.s3_bucket
    )
    await pool.open()
    trouble = 0
    try:
        async for name, found in check_trails(pool, storage, datetime.now(JST).date()):
            wrong = [one for one in found if one.verdict.is_trouble]
            unasked = sum(one.verdict is Verdict.UNCOMPARED for one in found)
            say(f"{name}: {len(found)} days, {len(wrong)} differ" + (f", {unasked} without copies" if unasked else ""))
            for one in wrong:
                say(f"  {one.day.isoformat()} {one.verdict.status.label}")
            trouble += len(wrong) + unasked
    finally:
        await pool.close()
    return 1 if trouble else 0
