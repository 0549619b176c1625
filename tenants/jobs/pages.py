"""Pages of jobs: the person's list, one job with its progress, trying a parked one again."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from tenants.audit.trail import Subject, record
from tenants.context import Scope, TenantContext
from tenants.jobs import operations, queries
from tenants.jobs.handover import PARKED_JOBS
from tenants.jobs.rules import JobView, State
from tenants.web.answers import render, render_partial, say_when_done, see_other, wants_partial
from tenants.web.form_data import positive_id
from tenants.web.modules import Module, Summary
from tenants.web.routes import EVERYBODY, act, page
from tenants.web.visit import visit

_WORKERS = frozenset(role for role in EVERYBODY if role.scope in {Scope.PREFECTURE, Scope.TOWN})
say_when_done({"job-sent-again": "処理をもう一度頼みました。"})


@page("/jobs", roles=_WORKERS)
async def job_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """The person's jobs, newest first."""
    context = visit(request).context
    views = await queries.jobs_of(context.tenant_id, context.person_id)
    return render(
        request,
        "jobs.html",
        title="処理の一覧",
        lead="時間のかかる処理の進み具合と結果です。画面を閉じても処理は続きます。",
        breadcrumb=[("今週やること", "/"), ("処理の一覧", None)],
        jobs=[_row(view) for view in views],
        previous_url=None,
        next_url=None,
    )


@page("/jobs/{job_id:str}", roles=_WORKERS)
async def job_page(request: Request[Any, Any, Any], job_id: FromPath[str]) -> Response[Any]:
    """One job; the part that changes is served alone to HTMX at the same URL."""
    view = await queries.job(positive_id(job_id), visit(request).context.person_id)
    if wants_partial(request):
        return render_partial(request, "_job_progress.html", job=_progress(view))
    return render(
        request,
        "job.html",
        title=view.title,
        breadcrumb=[("今週やること", "/"), ("処理の一覧", "/jobs"), (view.title, None)],
        job=_progress(view),
        retry_url=f"/jobs/{view.id}/attempts" if view.state is State.PARKED else None,
        job_number=view.id,
    )


@act("/jobs/{job_id:str}/attempts", roles=_WORKERS)
async def try_again(request: Request[Any, Any, Any], job_id: FromPath[str]) -> Response[Any]:
    """Sends a parked job once more."""
    context = visit(request).context
    number = positive_id(job_id)
    await operations.try_again(context, number)
    await record(context, "try_job_again", Subject("job", number))
    return see_other(f"/jobs/{number}", done="job-sent-again")


async def unfinished(context: TenantContext, today: date) -> Sequence[Summary]:  # noqa: ARG001  (every source gets it)
    """The line of 今週やること that leads back to work under way."""
    if context.role not in _WORKERS:
        return []
    count = await queries.unfinished_count(context.tenant_id, context.person_id)
    return [Summary("処理中", f"{count}件", "/jobs")] if count else []


def _progress(view: JobView) -> dict[str, Any]:
    return {
        "title": view.title,
        "state": view.status,
        "done": view.done,
        "total": view.total,
        "message": view.message,
        "finished": view.finished,
        "result_url": view.result_url,
        "result_label": view.result_label,
        "error_text": view.error_text,
    }


def _row(view: JobView) -> dict[str, Any]:
    return {
        "title": view.title,
        "url": f"/jobs/{view.id}",
        "state": view.status,
        "requested_at": view.created_at,
        "progress_text": f"{view.done} / {view.total}",
        "result": [{"label": view.result_label, "url": view.result_url}] if view.result_url else [],
    }


MODULE = Module(
    name="jobs",
    handlers=(job_list, job_page, try_again),
    summaries=(unfinished,),
    handovers=(PARKED_JOBS,),
    action_labels={"try_job_again": "処理をもう一度頼む"},
)
