"""Reads of files: a tenant's list, one file, how much room is used."""

from datetime import datetime
from typing import Any

from tenants.database.engine import current_door
from tenants.errors import NotFound
from tenants.files.policy import policy
from tenants.files.rules import FileView, Room, kind_of

_COLUMNS = (
    "id, tenant_id, storage_key, file_name, content_type, size_bytes, sha256, kind, job_id, person_id, person_name, "
    "role, created_at, expires_at, deleted_at"
)


async def file(tenant_id: int, file_id: int) -> FileView:
    """One file of the tenant; raises NotFound."""
    rows = await current_door().execute(
        f"SELECT {_COLUMNS} FROM stored_file WHERE tenant_id = $1 AND id = $2",  # noqa: S608  (our own column names)
        (tenant_id, file_id),
    )
    if not rows:
        raise NotFound
    return _view(rows[0])


async def room(tenant_id: int) -> Room:
    """How much the tenant has stored and may store; what has expired counts until the night deletes it."""
    rows = await current_door().execute(
        "SELECT coalesce(sum(size_bytes), 0)::bigint AS used, count(*) AS files FROM stored_file "
        "WHERE tenant_id = $1 AND deleted_at IS NULL",
        (tenant_id,),
    )
    own, _ = await quota(tenant_id)
    return Room(int(rows[0]["used"]), policy().quota_bytes if own is None else own, int(rows[0]["files"]))


async def quota(tenant_id: int) -> tuple[int | None, int]:
    """The tenant's own limit in bytes (None: everybody's) and the version of the record, 0 when there is none."""
    rows = await current_door().execute(
        "SELECT quota_bytes, version FROM tenant_quota WHERE tenant_id = $1 AND resource = 'files'", (tenant_id,)
    )
    return (rows[0]["quota_bytes"], int(rows[0]["version"])) if rows else (None, 0)


async def tenants_with_expired(now: datetime) -> list[int]:
    """In the jobs scope: tenants that hold files nobody may download any more."""
    rows = await current_door().execute(
        "SELECT DISTINCT tenant_id FROM stored_file WHERE expires_at <= $1 AND deleted_at IS NULL ORDER BY tenant_id",
        (now,),
    )
    return [int(row["tenant_id"]) for row in rows]


def _view(row: dict[str, Any]) -> FileView:
    return FileView(**{**row, "kind": kind_of(row["kind"])})
