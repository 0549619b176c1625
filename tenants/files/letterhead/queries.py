"""Reads of the letterhead, in the prefecture's scope."""

from tenants.context import PREFECTURE_TENANT_ID
from tenants.database.engine import current_door
from tenants.files.letterhead.rules import Mark, data_uri
from tenants.storage import Storage


async def present_mark() -> Mark | None:
    """The mark that stands on papers issued now; None without one."""
    rows = await current_door().execute(
        "SELECT f.id AS file_id, f.storage_key, f.content_type, f.sha256, l.changed_at, l.changed_by FROM letterhead l "
        "JOIN stored_file f ON f.tenant_id = l.tenant_id AND f.id = l.file_id "
        "WHERE l.tenant_id = $1 AND l.part = 'mark'",
        (PREFECTURE_TENANT_ID,),
    )
    return Mark(**rows[0]) if rows else None


def mark_content(storage: Storage, mark: Mark) -> bytes:
    """The picture itself. Blocks; raises NotFound, StorageFailed."""
    return storage.for_tenant(PREFECTURE_TENANT_ID).get(mark.storage_key)


def mark_address(storage: Storage, mark: Mark | None) -> str:
    """The picture for a document (``data:``); empty without a mark. Blocks; raises NotFound, StorageFailed."""
    return "" if mark is None else data_uri(mark_content(storage, mark), mark.content_type)
