"""The job of imports: does what the import's state says, so that a job sent twice finds nothing to do."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from tenants.audit.trail import Subject, record
from tenants.calendar import JST
from tenants.errors import Conflict, Invalid
from tenants.imports import operations, queries, working
from tenants.imports.operations import WORK_JOB
from tenants.imports.reading import DEFAULT, Limits, UnreadableFile, read_table
from tenants.imports.rules import BatchView, State
from tenants.imports.working import Desk
from tenants.jobs.rules import Queue
from tenants.jobs.runner import JobHandle, job

_SECONDS = 600
"""A hundred thousand rows, the most a file may have, are read in half a minute and written in a few."""

Step = Callable[[Desk, BatchView], Awaitable[str]]
_STEPS: dict[State, tuple[Step, State | None]] = {
    State.CHECKING: (working.check_anew, State.MATCHING),
    State.APPLYING: (working.apply_good_rows, State.CHECKED),
    State.UNDOING: (working.take_back, State.APPLIED),
}
"""What each state asks for, and where the import waits again when it is refused."""


@job(WORK_JOB, queue=Queue.SLOW, time_limit_seconds=_SECONDS)
async def work(handle: JobHandle) -> None:
    """Brings the import one step on; a refusal puts it back to where it waits for people, with the reason."""
    import_id = int(handle.view.arguments["import_id"])
    desk = Desk(handle.context, handle.tools.storage, handle.view.id, datetime.now(JST))
    async with handle.transaction(read_only=True):
        one = await queries.batch(handle.context, import_id)
    if one.state is State.READING:
        await _read(handle, desk, one)
        return
    if one.state not in _STEPS:
        async with handle.transaction():
            await _finish(handle, one, "済んでいます")
        return
    step, back = _STEPS[one.state]
    await handle.report(1, 3, "行を確かめています")
    try:
        async with handle.transaction():
            present = await queries.batch(handle.context, import_id, locked=True)
            said = await step(desk, present) if present.state is one.state else "済んでいます"
            await _finish(handle, one, said)
    except (Invalid, Conflict) as refused:
        if back is None:
            raise
        async with handle.transaction():
            await _put_back(desk, one, back, refused)
            await _finish(handle, one, refused.message)


async def _read(handle: JobHandle, desk: Desk, one: BatchView) -> None:
    async with handle.transaction(read_only=True):
        content = await desk.kept(one.source_file_id)
    await handle.report(1, 3, "ファイルを読んでいます")
    try:
        table = await read_table(content, one.file_name, _limits(content))
    except UnreadableFile as refused:
        async with handle.transaction():
            await operations.move(desk.context, one, State.REFUSED, {"message": refused.message})
            after = {"code": refused.code}
            await record(desk.context, "refuse_import", Subject("import_batch", one.id, one.title), after=after)
            await _finish(handle, one, refused.message)
        return
    await handle.report(2, 3, "行を確かめています")
    async with handle.transaction():
        present = await queries.batch(handle.context, one.id, locked=True)
        said = await working.take_in(desk, present, table) if present.state is State.READING else "済んでいます"
        await record(desk.context, "read_import", Subject("import_batch", one.id, one.title), after={"said": said})
        await _finish(handle, one, said)


def _limits(content: bytes) -> Limits:
    """The reader's limits; what the deployment let in at the door is not refused by its size a second time."""
    allowed = max(len(content), DEFAULT.bounds.content_bytes)
    return replace(DEFAULT, bounds=replace(DEFAULT.bounds, content_bytes=allowed))


async def _put_back(desk: Desk, one: BatchView, to: State, refused: Invalid | Conflict) -> None:
    present = await queries.batch(desk.context, one.id, locked=True)
    message = next(iter(refused.fields.values()), refused.message)
    await operations.move(desk.context, present, to, {"message": message})
    after = {"state": to.value, "code": refused.code, "message": message}
    await record(desk.context, "put_import_back", Subject("import_batch", one.id, one.title), after=after)


async def _finish(handle: JobHandle, one: BatchView, said: str) -> None:
    await handle.finish(said, result_url=f"/imports/{one.id}", result_label="取り込みを見る")
