"""Pages of jobs: the person's list, one job with its progress, stopping it, trying it again."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from tenants.context import TenantContext
from tenants.jobs import cancelling, operations, queries
from tenants.jobs.handover import PARKED_JOBS
from tenants.jobs.listed import EVERYBODYS_JOBS, JOBS, WORKERS, result_text
from tenants.jobs.rules import ADMINISTRATORS, JobView, State
from tenants.lists.listing import list_page
from tenants.web.answers import render, render_partial, say_when_done, see_other, wants_partial
from tenants.web.form_data import positive_id
from tenants.web.modules import Module, Summary
from tenants.web.routes import act, page
from tenants.web.visit import visit

say_when_done(
    {
        "job-sent-again": "処理をもう一度頼みました。",
        "job-cancelled": "処理を取り消しました。",
        "job-cancelling": "取り消しを頼みました。いまの区切りが終わりしだい止まります。",
    }
)


@page("/jobs", roles=WORKERS)
async def job_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """The person's jobs, newest first; administrators may look at everybody's in their organisation."""
    context = visit(request).context
    may_see_all = context.role in ADMINISTRATORS
    everybodys = may_see_all and request.query_params.get("whose") == "all"
    return await list_page(
        request,
        EVERYBODYS_JOBS if everybodys else JOBS,
        title="処理の一覧",
        template="jobs/list.html",
        lead="時間のかかる処理の進み具合と結果です。画面を閉じても処理は続きます。",
        breadcrumb=[("今週やること", "/"), ("処理の一覧", None)],
        help_page="files",
        empty_link=("/", "今週やることへ戻る"),
        tabs=[
            {"label": "自分の処理", "url": "/jobs", "current": not everybodys},
            {"label": "団体のすべての処理", "url": "/jobs?whose=all", "current": everybodys},
        ]
        if may_see_all
        else [],
    )


@page("/jobs/{job_id:str}", roles=WORKERS)
async def job_page(request: Request[Any, Any, Any], job_id: FromPath[str]) -> Response[Any]:
    """One job; the part that changes is served alone to HTMX at the same URL."""
    here = visit(request)
    view = await queries.job(here.context, positive_id(job_id))
    if wants_partial(request):
        if view.finished and (view.error_text or view.state is State.CANCELLED):
            # Trying again is offered outside the part that changes: the page comes anew.
            return Response(None, headers={"hx-refresh": "true"})
        return render_partial(request, "_job_progress.html", job=_progress(view, here.now))
    return render(
        request,
        "job.html",
        title=view.title,
        breadcrumb=[("今週やること", "/"), ("処理の一覧", "/jobs"), (view.title, None)],
        help_page="files",
        job=_progress(view, here.now),
        retry_url=f"/jobs/{view.id}/attempts" if view.may_be_retried else None,
        cancel_url=f"/jobs/{view.id}/cancellation" if view.may_be_cancelled and view.parent_id is None else None,
        asked_by=view.person_name if view.person_id != here.context.person_id else None,
        job_number=view.id,
    )


@act("/jobs/{job_id:str}/attempts", roles=WORKERS)
async def try_again(request: Request[Any, Any, Any], job_id: FromPath[str]) -> Response[Any]:
    """Sends a parked or cancelled job once more."""
    number = positive_id(job_id)
    await operations.try_again(visit(request).context, number)
    return see_other(f"/jobs/{number}", done="job-sent-again")


@act("/jobs/{job_id:str}/cancellation", roles=WORKERS)
async def cancel(request: Request[Any, Any, Any], job_id: FromPath[str]) -> Response[Any]:
    """Cancels a job that waits, or asks the one that runs to stop."""
    here, number = visit(request), positive_id(job_id)
    state = await cancelling.cancel(here.context, number, here.now)
    return see_other(f"/jobs/{number}", done="job-cancelled" if state.finished else "job-cancelling")


async def unfinished(context: TenantContext, today: date) -> Sequence[Summary]:  # noqa: ARG001  (every source gets it)
    """The line of 今週やること that leads back to work under way."""
    if context.role not in WORKERS:
        return []
    count = await queries.unfinished_count(context.tenant_id, context.person_id)
    return [Summary("処理中", f"{count}件", "/jobs")] if count else []


def _progress(view: JobView, now: datetime) -> dict[str, Any]:
    return {
        "title": view.title,
        "state": view.status,
        "done": view.done,
        "total": view.total,
        "message": view.message,
        "finished": view.finished,
        "cancelled": view.state is State.CANCELLED,
        "result_url": None if _is_over(view, now) else view.result_url,
        "result_label": view.result_label,
        "result_text": result_text(view.result_expires_at, over=_is_over(view, now)),
        "error_text": view.error_text,
    }


def _is_over(view: JobView, now: datetime) -> bool:
    return view.result_expires_at is not None and view.result_expires_at <= now


MODULE = Module(
    name="jobs",
    handlers=(job_list, job_page, try_again, cancel),
    templates=Path(__file__).parent / "templates",
    summaries=(unfinished,),
    handovers=(PARKED_JOBS,),
    action_labels={"try_job_again": "処理をもう一度頼む", "cancel_job": "処理を取り消す"},
)
