"""The job that writes and keeps the report of a closed review."""

import asyncio

from tenants.directory import queries as directory
from tenants.jobs.rules import Queue
from tenants.jobs.runner import JobHandle, job
from tenants.reviews import operations, queries
from tenants.reviews.operations import REPORT_JOB
from tenants.reviews.paper import review_pdf

_SECONDS = 180
"""A report of a thousand roles takes well under a minute."""
PDF = "application/pdf"
_SAMPLE = "このデータは見本です。団体の名称・コード・人口は公表値、それ以外は架空です。"


@job(REPORT_JOB, queue=Queue.SLOW, time_limit_seconds=_SECONDS)
async def write_report(handle: JobHandle) -> None:
    """Makes the PDF, stores it below the organisation's prefix, and closes the review with it."""
    tenant_id, review_id = handle.context.tenant_id, int(handle.view.arguments["review_id"])
    async with handle.transaction(read_only=True):
        one = await queries.review(tenant_id, review_id)
        lines = await queries.lines(tenant_id, review_id)
        name = (await directory.tenant(tenant_id)).name
    tools = handle.tools
    notice = _SAMPLE if tools.sample_data else ""
    pdf = await asyncio.to_thread(review_pdf, one, lines, name, tools.prefecture_name, notice)
    parts = ("reviews", str(review_id), f"review-{review_id}.pdf")
    stored = await asyncio.to_thread(tools.storage.for_tenant(tenant_id).put, parts, pdf, PDF)
    async with handle.once(f"{REPORT_JOB}/{review_id}") as first:
        if first:
            await operations.keep_report(handle.context, review_id, stored.key, stored.sha256, stored.size)
        await handle.finish("作成しました", result_url=f"/reviews/{review_id}", result_label="棚卸しを見る")
