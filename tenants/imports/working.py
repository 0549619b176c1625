"""The steps of an import that take time, each in one transaction: read, check, apply, take back."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.errors import Conflict, NotFound
from tenants.files.operations import store_file
from tenants.files.rules import IMPORT_REJECTS
from tenants.imports import operations, queries, storing
from tenants.imports.checking import Result, check_rows, counts_of, digest_of
from tenants.imports.exports import XLSX, rejected_rows
from tenants.imports.matching import (
    find_heading,
    heading_fingerprint,
    match_columns,
    missing_columns,
    unused_headings,
)
from tenants.imports.reading import Table
from tenants.imports.rules import APPLIED, BatchView, ChangedSinceChecked, ImportKind, Place, State
from tenants.storage import Storage


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a step works: for whom, with which storage, in which job, at what time."""

    context: TenantContext
    storage: Storage
    job_id: int
    now: datetime

    async def kept(self, file_id: int | None) -> bytes:
        """The content of one of the import's files."""
        return await storing.read_kept(self.context, self.storage, file_id, self.now)

    async def keep(self, import_id: int, name: str, facts: Any) -> int:
        """Keeps plain facts as one of the import's files."""
        return await storing.keep_work(self.context, self.storage, import_id, name, facts, self.now, self.job_id)


async def take_in(desk: Desk, one: BatchView, table: Table) -> str:
    """Will keep the table that was read, find its headings, and check its rows if every needed column is known.

    Answers what the person reads.
    """
    kind = operations.kind_for(desk.context, one.kind)
    place = await kind.place(desk.context, one.target)
    table_file_id = await desk.keep(one.id, "table", storing.table_facts(table))
    heading = find_heading([row.cells for row in table.rows], place.columns)
    headings = list(table.rows[heading].cells)
    fingerprint = heading_fingerprint(kind.name, headings)
    keys = {column.key for column in place.columns}
    remembered = await queries.remembered_mapping(desk.context, kind.name, fingerprint)
    mapping = {key: at for key, at in remembered.items() if key in keys} or match_columns(headings, place.columns)
    known = {
        "table_file_id": table_file_id,
        "format": table.format,
        "encoding": table.encoding,
        "sheet": table.sheet,
        "remarks": json.dumps(list(table.remarks)),
        "heading_number": table.rows[heading].number,
        "mapping": json.dumps(mapping),
        "row_count": len(table.rows),
    }
    if missing_columns(mapping, place.columns):
        preview = storing.preview_facts(table, heading, [], place.columns, mapping)
        known["preview_file_id"] = await desk.keep(one.id, "preview", preview)
        await operations.move(desk.context, one, State.MATCHING, known)
        return "列の対応を選んでください"
    return await _check(desk, one, (kind, place), table, heading, mapping, known)


async def check_anew(desk: Desk, one: BatchView) -> str:
    """Will check the rows with the columns a person chose, and remember the choice. Answers what the person reads."""
    kind = operations.kind_for(desk.context, one.kind)
    place = await kind.place(desk.context, one.target)
    table = storing.table_of(await desk.kept(one.table_file_id))
    heading = _position(table, one.heading_number)
    if missing_columns(one.mapping, place.columns):
        preview = storing.preview_facts(table, heading, [], place.columns, one.mapping)
        file_id = await desk.keep(one.id, "preview", preview)
        await operations.move(desk.context, one, State.MATCHING, {"preview_file_id": file_id})
        await record(desk.context, "check_import", Subject("import_batch", one.id, one.title))
        return "列の対応を選んでください"
    await operations.remember_columns(desk.context, kind.name, list(table.rows[heading].cells), one.mapping)
    return await _check(desk, one, (kind, place), table, heading, one.mapping, {})


async def _check(
    desk: Desk,
    one: BatchView,
    where: tuple[ImportKind, Place],
    table: Table,
    heading: int,
    mapping: Mapping[str, int],
    known: Mapping[str, Any],
    message: str = "",
) -> str:
    kind, place = where
    present = await kind.present(desk.context, one.target, desk.now.date())
    results = await asyncio.to_thread(check_rows, table, heading, mapping, kind, present)
    counts = counts_of(table, heading, results)
    values = dict(known) | {
        "row_count": counts.rows,
        "above_count": counts.above,
        "heading_count": counts.heading,
        "new_count": counts.new,
        "change_count": counts.change,
        "same_count": counts.same,
        "skipped_count": counts.skipped,
        "wrong_count": counts.wrong,
        "checked_sha256": digest_of(results),
        "notes": json.dumps(_notes(kind, table, heading, mapping, results, present)),
        "message": message,
        "preview_file_id": await desk.keep(
            one.id, "preview", storing.preview_facts(table, heading, results, place.columns, mapping)
        ),
        "returned_file_id": await _return(desk, one, place, table, heading, mapping, results),
    }
    await operations.move(desk.context, one, State.CHECKED, values)
    after = {name: values[name] for name in values if name.endswith("_count")}
    await record(desk.context, "check_import", Subject("import_batch", one.id, one.title), after=after)
    return f"確かめました。新規 {counts.new:,}、変更 {counts.change:,}、誤り {counts.wrong:,}"


def _notes(
    kind: ImportKind,
    table: Table,
    heading: int,
    mapping: Mapping[str, int],
    results: Sequence[Result],
    present: Any,
) -> list[str]:
    """What a person should know besides the rows: columns left out, and what the kind has to say."""
    notes = []
    if unused := unused_headings(table.rows[heading].cells, mapping):
        notes.append(f"使わない列: {'、'.join(name[:40] for name in unused[:20])}")
    if kind.remarks is not None:
        notes.extend(kind.remarks([one.checked for one in results if one.checked is not None], present))
    return notes


async def _return(
    desk: Desk,
    one: BatchView,
    place: Place,
    table: Table,
    heading: int,
    mapping: Mapping[str, int],
    results: Sequence[Result],
) -> int | None:
    """The workbook of the wrong rows, kept for whoever corrects them; None when nothing is wrong."""
    headings = table.rows[heading].cells
    content = await asyncio.to_thread(rejected_rows, one.title, headings, mapping, place.columns, results)
    if content is None:
        return None
    name = f"import-{one.id}-rejected.xlsx"
    parts = ("imports", str(one.id), f"{desk.job_id}-{name}")
    return await store_file(
        desk.context, desk.storage, parts, content, name, XLSX, IMPORT_REJECTS, desk.now, job_id=desk.job_id
    )


async def apply_good_rows(desk: Desk, one: BatchView) -> str:
    """Will write every good row, all or none, if they still would do what the person was shown.

    Otherwise the import waits with the new results. Raises Invalid and Conflict of the kind's operations: then
    nothing is written.
    """
    kind = operations.kind_for(desk.context, one.kind)
    place = await kind.place(desk.context, one.target)
    table = storing.table_of(await desk.kept(one.table_file_id))
    heading = _position(table, one.heading_number)
    present = await kind.present(desk.context, one.target, desk.now.date())
    results = await asyncio.to_thread(check_rows, table, heading, one.mapping, kind, present)
    if digest_of(results) != one.checked_sha256:
        changed = ChangedSinceChecked().message
        await _check(desk, one, (kind, place), table, heading, one.mapping, {}, changed)
        return changed
    good = [one.checked for one in results if one.checked is not None and one.outcome in APPLIED]
    references = await kind.apply(desk.context, one.target, good, desk.now)
    if len(references) != len(good):
        raise RuntimeError(f"the import {kind.name} answered {len(references)} references for {len(good)} rows")
    file_id = await desk.keep(one.id, "applied", [dict(reference) for reference in references])
    await operations.move(desk.context, one, State.APPLIED, {"applied_file_id": file_id, "applied_at": desk.now})
    counts = {"new": one.counts.new, "change": one.counts.change, "wrong": one.counts.wrong}
    await record(desk.context, "apply_import", Subject("import_batch", one.id, one.title), after=counts)
    return f"{len(good):,}行を取り込みました"


async def take_back(desk: Desk, one: BatchView) -> str:
    """Will take back everything the import did. Raises Conflict when something depends on it: nothing changes."""
    kind = operations.kind_for(desk.context, one.kind)
    try:
        await kind.place(desk.context, one.target)
    except NotFound:
        raise Conflict("import-place-gone", "取り込んだ先がなくなっているため、取り消せません。") from None
    references = storing.unpacked(await desk.kept(one.applied_file_id))
    await kind.undo(desk.context, one.target, references, desk.now)
    await operations.move(desk.context, one, State.UNDONE, {"undone_at": desk.now})
    counts = {"new": one.counts.new, "change": one.counts.change}
    await record(desk.context, "undo_import", Subject("import_batch", one.id, one.title), before=counts)
    return "取り込みを取り消しました"


def _position(table: Table, number: int | None) -> int:
    return next((at for at, row in enumerate(table.rows) if row.number == number), 0)
