"""Writes of files: keep one within the tenant's room, end it, set a tenant's own limit."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import rows_may_be_missing
from tenants.database.versions import EditedMeanwhile
from tenants.files import queries
from tenants.files.rules import FileKind, OverQuota
from tenants.storage import Storage, StoredObject

_LOCKED = 0x46494C45
"""The class of our advisory locks on a tenant's room (「FILE」); the second number is the tenant."""


async def check_room(tenant_id: int, size_bytes: int) -> None:
    """Raises OverQuota unless a file of this size fits; until the transaction ends nobody else can take the room.

    The sum is read after the lock, so what others committed meanwhile is in it.
    """
    await current_door().execute("SELECT pg_advisory_xact_lock($1::integer, $2::integer)", (_LOCKED, tenant_id))
    room = await queries.room(tenant_id)
    if not room.fits(size_bytes):
        raise OverQuota(room, size_bytes)


async def keep_file(
    tenant_id: int,
    stored: StoredObject,
    file_name: str,
    content_type: str,
    kind: FileKind,
    expires_at: datetime | None = None,
    *,
    by: TenantContext | None = None,
    job_id: int | None = None,
) -> int:
    """Will note a stored object in the tenant's list and return its id; the caller records what it is for.

    ``by`` is who had it made, ``job_id`` the job that made it. Raises OverQuota, and ValueError for a kind that ends
    without saying when.
    """
    if kind.kept_for is not None and expires_at is None:
        raise ValueError(f"a file of the kind {kind.code} must say when it ends")
    if kind.limited:
        await check_room(tenant_id, stored.size)
    rows = await current_door().execute(
        "INSERT INTO stored_file (tenant_id, storage_key, file_name, content_type, size_bytes, sha256, kind, job_id, "
        "person_id, person_name, role, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "
        "RETURNING id",
        (
            tenant_id,
            stored.key,
            file_name,
            content_type,
            stored.size,
            stored.sha256,
            kind.code,
            job_id,
            by.person_id if by else None,
            by.person_name if by else "",
            by.role.value if by else "",
            expires_at,
        ),
    )
    return int(rows[0]["id"])


async def store_file(
    context: TenantContext,
    storage: Storage,
    parts: Sequence[str],
    content: bytes,
    file_name: str,
    content_type: str,
    kind: FileKind,
    now: datetime,
    *,
    job_id: int | None = None,
) -> int:
    """Will put ``content`` into the storage of the context's tenant and keep it; the caller records what it is for.

    ``parts`` name the object below the tenant's prefix and must be new. Looks for room before anything is stored.
    Raises OverQuota, StorageFailed.
    """
    if kind.limited:
        await check_room(context.tenant_id, len(content))
    place = storage.for_tenant(context.tenant_id)
    stored = await asyncio.to_thread(place.put, parts, content, content_type)
    return await keep_file(
        context.tenant_id,
        stored,
        file_name,
        content_type,
        kind,
        kind.expires_at(now),
        by=context,
        job_id=job_id,
    )


async def end_file(tenant_id: int, file_id: int, now: datetime) -> None:
    """Will let a file expire at once; the night deletes its content. Raises NotFound. The caller records why."""
    await current_door().execute(
        "UPDATE stored_file SET expires_at = $3 WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL",
        (tenant_id, file_id, now),
    )


async def set_quota(context: TenantContext, tenant_id: int, quota_bytes: int | None, version: int) -> None:
    """Will give a tenant a limit of its own, in bytes, or with None everybody's again.

    It may lie below what is stored: then nothing more fits. Raises EditedMeanwhile, Invalid (bad-quota).
    """
    before, present = await queries.quota(tenant_id)
    if present != version:
        raise EditedMeanwhile
    door = current_door()
    async with rows_may_be_missing(door):
        if version:
            rows = await door.execute(
                "UPDATE tenant_quota SET quota_bytes = $2, version = version + 1 "
                "WHERE tenant_id = $1 AND resource = 'files' AND version = $3 RETURNING id",
                (tenant_id, quota_bytes, version),
            )
        else:
            rows = await door.execute(
                "INSERT INTO tenant_quota (tenant_id, resource, quota_bytes, version) VALUES ($1, 'files', $2, 1) "
                "ON CONFLICT (tenant_id, resource) DO NOTHING RETURNING id",
                (tenant_id, quota_bytes),
            )
    if not rows:
        raise EditedMeanwhile
    facts = {"before": {"quota_bytes": before}, "after": {"quota_bytes": quota_bytes}}
    subject = Subject("tenant_quota", tenant_id)
    await record(context, "set_quota", subject, before=facts["before"], after=facts["after"])
    if tenant_id != context.tenant_id:
        await record(context, "set_quota", subject, before=facts["before"], after=facts["after"], tenant_id=tenant_id)
