"""The job that computes a run from its frozen case."""

import asyncio

from billing.apportionment.case import CaseRefused
from billing.runs import operations, queries
from billing.runs.operations import COMPUTE_JOB
from tenants.jobs.rules import Queue
from tenants.jobs.runner import JobHandle, job

_SECONDS = 300
"""A nation-wide case of 1,741 members takes about two seconds; the rest is room for a slow machine."""


@job(COMPUTE_JOB, queue=Queue.QUICK, time_limit_seconds=_SECONDS)
async def compute_run(handle: JobHandle) -> None:
    """Computes the run and stores the result or the refusal, once."""
    run_id = int(handle.view.arguments["run_id"])
    async with handle.transaction(read_only=True):
        run = await queries.run(run_id)
    result, refused = None, None
    try:
        result = await asyncio.to_thread(operations.compute, run.case_json)
    except CaseRefused as problems:
        refused = problems
    async with handle.once(f"{COMPUTE_JOB}/{run_id}") as first:
        if first and result is not None:
            await operations.store_result(handle.context, run_id, result)
        if first and refused is not None:
            await operations.store_refusal(handle.context, run_id, refused)
        await handle.finish(
            "計算が終わりました" if refused is None else "計算できない点が見つかりました",
            result_url=f"/runs/{run_id}",
            result_label="計算結果を見る",
        )
