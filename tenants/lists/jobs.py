"""The job that writes a large export to the person's storage."""

import asyncio
from datetime import datetime
from urllib.parse import parse_qs

from tenants.calendar import JST
from tenants.files.rules import EXPORT
from tenants.jobs.rules import Queue
from tenants.jobs.runner import JobHandle, job
from tenants.lists import operations, queries
from tenants.lists.exports import export
from tenants.lists.operations import EXPORT_JOB
from tenants.lists.rules import read_wanted
from tenants.web.form_data import Faults

_EXPORT_SECONDS = 600
"""A hundred thousand rows take about half a minute; a nation-wide year is still below this."""


@job(EXPORT_JOB, queue=Queue.SLOW, time_limit_seconds=_EXPORT_SECONDS)
async def write_export(handle: JobHandle) -> None:
    """Reads the list as its person may see it, writes the file, stores it and says where it is."""
    arguments = handle.view.arguments
    spec = operations.list_for(handle.context, str(arguments["list"]))
    wanted = read_wanted(spec, parse_qs(str(arguments["query"])), Faults())
    async with handle.transaction(read_only=True):
        portions = [portion async for portion in queries.fetch_all(handle.context, spec, wanted)]
    made = await asyncio.to_thread(export, spec, wanted, portions, str(arguments["format"]))
    async with handle.once(f"{EXPORT_JOB}/{handle.view.id}") as first:
        if first:
            now = datetime.now(JST)
            storage = handle.tools.storage
            file_id = await operations.keep_export(handle.context, storage, spec, made, handle.view.id, now)
            await handle.finish(
                f"{made.rows:,}行を書き出しました",
                result_url=f"/files/{file_id}",
                result_label="ファイルを受け取る",
                result_expires_at=EXPORT.expires_at(now),
            )
