"""Writes of the letterhead: put a mark there, take it away; the old picture's content goes the following night."""

from datetime import datetime

from tenants.audit.trail import Subject, record
from tenants.context import PREFECTURE_TENANT_ID, TenantContext
from tenants.database.engine import current_door
from tenants.errors import Conflict
from tenants.files.images import CleanImage
from tenants.files.letterhead.queries import present_mark
from tenants.files.operations import end_file, store_file
from tenants.files.rules import MARK
from tenants.storage import Storage

_LOCKED = 0x4D41524B
"""The class of our advisory lock on the letterhead (「MARK」)."""
_SUBJECT = Subject("letterhead", PREFECTURE_TENANT_ID, "公文書の県章・ロゴ")


class NoMark(Conflict):
    """There is no mark to take away."""

    def __init__(self) -> None:
        super().__init__("no-mark", "県章・ロゴは登録されていません。画面を開き直してください。")


async def put_mark(context: TenantContext, storage: Storage, image: CleanImage, now: datetime) -> None:
    """Will put a re-encoded picture on every paper issued from now on. Raises OverQuota, StorageFailed."""
    await _lock()
    before = await present_mark()
    name = f"mark-{now:%Y%m%d%H%M%S}-{context.request_id}.{image.suffix}"
    file_id = await store_file(
        context, storage, ("letterhead", name), image.content, name, image.content_type, MARK, now
    )
    await current_door().execute(
        "INSERT INTO letterhead (tenant_id, part, file_id, changed_at, changed_by, version) "
        "VALUES ($1, 'mark', $2, $3, $4, 1) ON CONFLICT (tenant_id, part) "
        "DO UPDATE SET file_id = $2, changed_at = $3, changed_by = $4, "
        "version = letterhead.version + 1",
        (PREFECTURE_TENANT_ID, file_id, now, context.person_name),
    )
    if before is not None:
        await end_file(PREFECTURE_TENANT_ID, before.file_id, now)
    present = await present_mark()
    await record(
        context,
        "put_mark",
        _SUBJECT,
        before={"sha256": before.sha256} if before else None,
        after={"sha256": present.sha256 if present else "", "width": image.width, "height": image.height},
    )


async def remove_mark(context: TenantContext, now: datetime) -> None:
    """Will leave papers without a mark from now on. Raises NoMark."""
    await _lock()
    before = await present_mark()
    if before is None:
        raise NoMark
    await current_door().execute(
        "UPDATE letterhead SET file_id = NULL, changed_at = $2, changed_by = $3, version = version + 1 "
        "WHERE tenant_id = $1 AND part = 'mark'",
        (PREFECTURE_TENANT_ID, now, context.person_name),
    )
    await end_file(PREFECTURE_TENANT_ID, before.file_id, now)
    await record(context, "remove_mark", _SUBJECT, before={"sha256": before.sha256})


async def _lock() -> None:
    """One change of the letterhead at a time, also of the first."""
    await current_door().execute("SELECT pg_advisory_xact_lock($1::integer, 1)", (_LOCKED,))
