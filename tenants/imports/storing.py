"""What is kept of an import between its steps: files of the storage that end after a month, not database rows."""

import asyncio
import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tenants.context import TenantContext
from tenants.errors import Conflict
from tenants.files import queries as files
from tenants.files.operations import store_file
from tenants.files.rules import FileKind, Presence, declare_kind
from tenants.imports.checking import Result, told
from tenants.imports.reading import Table, TableRow
from tenants.imports.rules import ImportColumn, Outcome
from tenants.storage import Storage

KEPT_FOR = timedelta(days=30)
"""A month: an import is looked at and taken back within days; copies of personal data must not lie about longer."""
SHOWN_ROWS = 50
"""Rows of each outcome the preview shows: two screens; all wrong ones come back as a file."""
_HEAD_ROWS = 12
"""Rows at the top among which a person says which one is the heading."""
_CONTENT_TYPE = "application/gzip"
_LEVEL = 5
"""Two thirds of the time of the strictest level for a few hundredths more bytes."""

SOURCE = declare_kind(FileKind("import_source", "取り込むファイル", kept_for=KEPT_FOR, place="取り込み"))
WORK = declare_kind(FileKind("import_work", "取り込みの控え", kept_for=KEPT_FOR, place="取り込み"))


class FilesGone(Conflict):
    """The files of the import have ended; what it did stays in the trail."""

    def __init__(self) -> None:
        super().__init__(
            "import-files-gone",
            f"取り込みから{KEPT_FOR.days}日を過ぎ、控えを消したため、この操作はできません。",
        )


async def read_kept(context: TenantContext, storage: Storage, file_id: int | None, now: datetime) -> bytes:
    """The content of one of the import's files. Raises FilesGone, StorageFailed."""
    if file_id is None:
        raise FilesGone
    one = await files.file(context.tenant_id, file_id)
    if one.presence(now) is Presence.EXPIRED:
        raise FilesGone
    return await asyncio.to_thread(storage.for_tenant(context.tenant_id).get, one.storage_key)


async def keep_work(
    context: TenantContext, storage: Storage, import_id: int, name: str, facts: Any, now: datetime, job_id: int
) -> int:
    """Will keep plain facts as compressed JSON and return the file's id. Raises OverQuota, StorageFailed."""
    content = await asyncio.to_thread(packed, facts)
    parts = ("imports", str(import_id), f"{job_id}-{name}.json.gz")
    return await store_file(context, storage, parts, content, parts[-1], _CONTENT_TYPE, WORK, now, job_id=job_id)


def packed(facts: Any) -> bytes:
    """Plain facts as bytes; the same facts give the same bytes."""
    return gzip.compress(json.dumps(facts, ensure_ascii=False).encode("utf-8", "surrogatepass"), _LEVEL, mtime=0)


def unpacked(content: bytes) -> Any:
    """The facts again."""
    return json.loads(gzip.decompress(content))


def table_facts(table: Table) -> dict[str, Any]:
    """A table as plain facts."""
    return {
        "rows": [[row.number, row.cells] for row in table.rows],
        "format": table.format,
        "encoding": table.encoding,
        "sheet": table.sheet,
        "remarks": table.remarks,
        "walls": table.walls,
    }


def table_of(content: bytes) -> Table:
    """The table that was kept."""
    facts = unpacked(content)
    rows = tuple(TableRow(number, tuple(cells)) for number, cells in facts["rows"])
    said = (facts["format"], facts["encoding"], facts["sheet"], tuple(facts["remarks"]), tuple(facts["walls"]))
    return Table(rows, *said)


def preview_facts(
    table: Table,
    heading: int,
    results: Sequence[Result],
    columns: Sequence[ImportColumn],
    mapping: Mapping[str, int],
) -> dict[str, Any]:
    """What the page shows: the head of the file for choosing columns, and the first rows of every outcome."""
    shown: dict[str, list[Any]] = {}
    for outcome in Outcome:
        first = [one for one in results if one.outcome is outcome][:SHOWN_ROWS]
        shown[outcome.value] = [_shown(one, columns) for one in first]
    return {
        "head": [[row.number, row.cells] for row in table.rows[: max(heading + 1, _HEAD_ROWS)]],
        "headings": list(table.rows[heading].cells),
        "width": table.width,
        "mapping": dict(mapping),
        "shown": shown,
    }


def _shown(one: Result, columns: Sequence[ImportColumn]) -> list[Any]:
    name = one.subject or "、".join(cell for cell in one.cells if cell)[:80]
    words = told(one.faults, columns) or [
        f"{label}: {before} → {after}" if before else f"{label}: {after}" for label, before, after in one.differences
    ]
    return [one.number, name, words]
