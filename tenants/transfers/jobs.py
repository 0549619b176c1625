"""The job that applies a big transfer."""

from datetime import datetime

from tenants.calendar import JST
from tenants.errors import Conflict
from tenants.jobs.rules import Queue
from tenants.jobs.runner import JobHandle, job
from tenants.transfers import queries
from tenants.transfers.applying import APPLY_JOB, carry_out, put_back

_SECONDS = 120
"""Two thousand lines take a few seconds; the rest is room for a crowded machine."""


@job(APPLY_JOB, queue=Queue.SLOW, time_limit_seconds=_SECONDS)
async def apply_batch(handle: JobHandle) -> None:
    """Applies the batch in one transaction; a batch that cannot be applied waits for people again."""
    transfer_id = int(handle.view.arguments["transfer_id"])
    url = f"/transfers/{transfer_id}"
    async with handle.transaction(read_only=True):
        one = await queries.transfer(handle.context.tenant_id, transfer_id)
    if one.state != "applying":
        async with handle.transaction():
            await handle.finish("反映は済んでいます", result_url=url, result_label="人事異動を見る")
        return
    try:
        async with handle.transaction():
            await carry_out(handle.context, one, datetime.now(JST))
            await handle.finish("反映しました", result_url=url, result_label="人事異動を見る")
    except Conflict as refused:
        async with handle.transaction():
            await put_back(handle.context, transfer_id, one.title)
            await handle.finish(refused.message, result_url=url, result_label="人事異動を見る")
