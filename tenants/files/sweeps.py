"""The nightly end of files: the object goes, the row stays and says when; in each tenant's own scope and trail."""

import asyncio
import logging
from datetime import datetime

from tenants.audit.trail import Subject, record
from tenants.context import PREFECTURE_TENANT_ID, Role, Scope, TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import Pool, open_door
from tenants.files import queries
from tenants.storage import Storage, StorageFailed

logger = logging.getLogger(__name__)

_BATCH = 100
"""Objects one transaction deletes: some seconds of the endpoint's time at most."""
_SHOWN = 20
"""File names one record of the trail lists; more say nothing to anybody."""


async def sweep_expired_files(pool: Pool, storage: Storage, now: datetime) -> int:
    """Will delete the content of every expired file and return how many; a tenant whose storage fails waits a night.

    An object that was deleted though its transaction failed is simply deleted again: gone counts as deleted.
    """
    async with open_door(pool, Scope.JOBS, read_only=True):
        tenant_ids = await queries.tenants_with_expired(now)
    deleted = 0
    for tenant_id in tenant_ids:
        batch = _BATCH
        while batch == _BATCH:
            try:
                async with open_door(pool, _scope(tenant_id), tenant_id):
                    batch = await _delete_batch(tenant_id, storage, now)
            except StorageFailed:
                logger.exception("expired files of tenant %s wait for the next night", tenant_id)
                break
            deleted += batch
    return deleted


async def _delete_batch(tenant_id: int, storage: Storage, now: datetime) -> int:
    door = current_door()
    rows = await door.execute(
        "SELECT id, storage_key, file_name FROM stored_file WHERE tenant_id = $1 AND expires_at <= $2 "
        "AND deleted_at IS NULL ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED",
        (tenant_id, now, _BATCH),
    )
    if not rows:
        return 0
    place = storage.for_tenant(tenant_id)
    for row in rows:
        await asyncio.to_thread(place.delete, row["storage_key"])
    await door.execute(
        "UPDATE stored_file SET deleted_at = $3 WHERE tenant_id = $1 AND id = ANY($2::bigint[])",
        (tenant_id, [row["id"] for row in rows], now),
    )
    names = [row["file_name"] for row in rows]
    subject = Subject("stored_file", rows[0]["id"], f"{names[0]} ほか計{len(names)}件" if names[1:] else names[0])
    await record(_nobody(tenant_id), "delete_expired_files", subject, after={"files": names[:_SHOWN]})
    return len(rows)


def _scope(tenant_id: int) -> Scope:
    return Scope.PREFECTURE if tenant_id == PREFECTURE_TENANT_ID else Scope.TOWN


def _nobody(tenant_id: int) -> TenantContext:
    role = Role.PREFECTURE_ADMIN if tenant_id == PREFECTURE_TENANT_ID else Role.TOWN_ADMIN
    return TenantContext(tenant_id, "", "", role, person_id=0, person_name="自動処理", request_id="nightly")
