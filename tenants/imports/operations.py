"""Writes of imports: receive a file, say which column is what, apply, take back, throw away."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import rows_may_be_missing
from tenants.errors import Invalid, NotFound
from tenants.files.operations import store_file
from tenants.files.uploads import Upload
from tenants.imports import queries
from tenants.imports.matching import heading_fingerprint
from tenants.imports.rules import BatchView, ImportKind, NotNow, State, check_move, kind_named
from tenants.imports.storing import SOURCE
from tenants.jobs.operations import enqueue
from tenants.jobs.rules import Queue
from tenants.storage import Storage

WORK_JOB = "tenants.imports.work"
_STEPS = 3
"""Reading, checking, storing: what the progress bar counts."""


class NothingToImport(Invalid):
    """No row would write anything."""

    def __init__(self) -> None:
        super().__init__(
            "nothing-to-import", "新しい行も変わる行もありません。誤りの行を直して、もう一度送ってください。"
        )


def kind_for(context: TenantContext, name: str) -> ImportKind:
    """The kind of that name, if the person's role may import it; raises NotFound."""
    kind = kind_named(name)
    if kind is None or context.role not in kind.roles:
        raise NotFound
    return kind


async def receive(
    context: TenantContext, storage: Storage, kind: ImportKind, target: str, upload: Upload, now: datetime
) -> int:
    """Will keep what was sent, ask for its reading, and return the import's id. Raises NotFound, OverQuota."""
    place = await kind.place(context, target)
    parts = ("imports", f"{now:%Y%m%d}", f"{context.request_id}.bin")
    file_id = await store_file(
        context, storage, parts, upload.content, parts[-1], "application/octet-stream", SOURCE, now
    )
    rows = await current_door().execute(
        "INSERT INTO import_batch (tenant_id, kind, target, title, person_id, person_name, file_name, source_file_id, "
        "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
        (
            context.tenant_id,
            kind.name,
            target,
            place.title,
            context.person_id,
            context.person_name,
            upload.file_name,
            file_id,
            now,
        ),
    )
    import_id = int(rows[0]["id"])
    job_id = await _ask(context, import_id, f"{place.title}の取り込み: 読み取りと確認")
    await current_door().execute(
        "UPDATE import_batch SET job_id = $3 WHERE tenant_id = $1 AND id = $2", (context.tenant_id, import_id, job_id)
    )
    after = {"kind": kind.name, "file_name": upload.file_name, "bytes": len(upload.content)}
    await record(context, "receive_import", Subject("import_batch", import_id, place.title), after=after)
    return import_id


async def choose_columns(
    context: TenantContext, import_id: int, heading_number: int, mapping: Mapping[str, int], version: int
) -> None:
    """Will check the rows anew below this row of headings, with these columns, and remember them at the next step.

    Raises NotFound, NotNow.
    """
    one = await _unmoved(context, import_id, version, State.CHECKING)
    job_id = await _ask(context, one.id, f"{one.title}の取り込み: 確認")
    chosen = {"heading_number": heading_number, "mapping": json.dumps(dict(mapping)), "message": "", "job_id": job_id}
    await move(context, one, State.CHECKING, chosen)
    after = {"heading_number": heading_number, "mapping": dict(mapping)}
    await record(context, "match_import", Subject("import_batch", one.id, one.title), after=after)


async def remember_columns(context: TenantContext, kind: str, headings: list[str], mapping: Mapping[str, int]) -> None:
    """Will know these headings again; the caller has recorded the choice."""
    await current_door().execute(
        "INSERT INTO import_mapping (tenant_id, kind, heading_sha256, mapping) VALUES ($1, $2, $3, $4::jsonb) "
        "ON CONFLICT (tenant_id, kind, heading_sha256) DO UPDATE SET mapping = excluded.mapping",
        (context.tenant_id, kind, heading_fingerprint(kind, headings), json.dumps(dict(mapping))),
    )


async def start_applying(context: TenantContext, import_id: int, version: int) -> None:
    """Will ask for the good rows to go in. Raises NotFound, NotNow, NothingToImport."""
    one = await _unmoved(context, import_id, version, State.APPLYING)
    if not one.counts.good:
        raise NothingToImport
    job_id = await _ask(context, one.id, f"{one.title}の取り込み")
    await move(context, one, State.APPLYING, {"message": "", "job_id": job_id})
    await record(context, "start_import", Subject("import_batch", one.id, one.title), after={"rows": one.counts.good})


async def start_undoing(context: TenantContext, import_id: int, reason: str, version: int) -> None:
    """Will ask for everything the import did to be taken back. Raises NotFound, NotNow."""
    one = await _unmoved(context, import_id, version, State.UNDOING)
    job_id = await _ask(context, one.id, f"{one.title}の取り込みの取り消し")
    await move(context, one, State.UNDOING, {"message": "", "job_id": job_id})
    await record(context, "start_undoing_import", Subject("import_batch", one.id, one.title), after={"reason": reason})


async def discard(context: TenantContext, import_id: int, version: int) -> None:
    """Will throw an import away that has changed nothing. Raises NotFound, NotNow."""
    one = await _unmoved(context, import_id, version, State.DISCARDED)
    if one.state.busy and not await stands_still(context, one):
        raise NotNow(one.state)
    await move(context, one, State.DISCARDED, {})
    await record(context, "discard_import", Subject("import_batch", one.id, one.title))


async def go_back(context: TenantContext, import_id: int, version: int) -> None:
    """Will put an import back to where it waited for a person, after its job was stopped. Raises NotFound, NotNow."""
    one = await queries.batch(context, import_id, locked=True)
    back = {State.APPLYING: State.CHECKED, State.UNDOING: State.APPLIED}.get(one.state)
    if back is None or one.version != version or not await stands_still(context, one):
        raise NotNow(one.state)
    await move(context, one, back, {"message": ""})
    await record(context, "put_import_back", Subject("import_batch", one.id, one.title), after={"state": back.value})


async def stands_still(context: TenantContext, one: BatchView) -> bool:
    """Whether its job has ended without doing its work: cancelled, or failed for the last time."""
    rows = await current_door().execute(
        "SELECT 1 FROM job WHERE tenant_id = $1 AND id = $2 AND state IN ('parked', 'cancelled')",
        (context.tenant_id, one.job_id),
    )
    return bool(rows)


async def move(context: TenantContext, one: BatchView, to: State, values: Mapping[str, Any]) -> None:
    """Will bring an import from where it was read to ``to``; the caller records it. Raises NotNow.

    ``values`` are our own column names with plain values; lists and mappings come as JSON text.
    """
    check_move(one.state, to)
    names = list(values)
    casts = {"mapping": "::jsonb", "remarks": "::jsonb", "notes": "::jsonb"}
    sets = "".join(f", {name} = ${at}{casts.get(name, '')}" for at, name in enumerate(names, start=5))
    door = current_door()
    async with rows_may_be_missing(door):
        rows = await door.execute(
            f"UPDATE import_batch SET state = $4, version = version + 1{sets} "  # noqa: S608  (our own column names)
            "WHERE tenant_id = $1 AND id = $2 AND version = $3 RETURNING id",
            (context.tenant_id, one.id, one.version, to.value, *(values[name] for name in names)),
        )
    if not rows:
        raise NotNow(one.state)


async def _unmoved(context: TenantContext, import_id: int, version: int, to: State) -> BatchView:
    """The import, locked, if the page it was decided on still shows how it stands."""
    one = await queries.batch(context, import_id, locked=True)
    check_move(one.state, to)
    if one.version != version:
        raise NotNow(one.state)
    return one


async def _ask(context: TenantContext, import_id: int, title: str) -> int:
    return await enqueue(context, WORK_JOB, title, {"import_id": import_id}, queue=Queue.SLOW, total=_STEPS)
