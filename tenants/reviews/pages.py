"""Pages of reviews: the list, opening one, deciding line by line, closing it, its report."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from tenants.calendar import fiscal_year_name, fiscal_year_of, japanese_date, parse_japanese_date
from tenants.context import Role, TenantContext
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid, NotFound
from tenants.lists.listing import list_page
from tenants.people.invitations.pages import TRAIL
from tenants.people.invitations.rules import period_text
from tenants.people.rules import ADMINISTRATING, roles_of
from tenants.reviews import operations, queries
from tenants.reviews.jobs import PDF
from tenants.reviews.listed import REVIEWS
from tenants.reviews.rules import (
    CHOICES,
    LONGEST_NOTE,
    USUAL_DAYS,
    Decision,
    ReviewLineView,
    ReviewView,
    progress,
)
from tenants.web.answers import download, render, say_when_done, see_other
from tenants.web.form_data import Faults, field_messages, one_of, positive_id, read_form, required_text, status_of
from tenants.web.modules import Module, Task
from tenants.web.routes import act, page
from tenants.web.visit import site, visit

say_when_done(
    {
        "review-opened": "棚卸しを始めました。1件ずつ、続けて使うかどうかを判断してください。",
        "review-decided": "判断を保存しました。",
    }
)


@page("/reviews", roles=ADMINISTRATING)
async def review_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """Every review, newest first."""
    going_on = await queries.is_going_on(visit(request).context.tenant_id)
    new = ("/reviews/new", "棚卸しを始める")
    return await list_page(
        request,
        REVIEWS,
        title="利用者の棚卸し",
        lead="年に1回、すべての利用者の役割について、続けて使うかどうかを確かめます。",
        breadcrumb=[*TRAIL, ("棚卸し", None)],
        help_page="reviews",
        links=[] if going_on else [(new[1], new[0])],
        new_first=True,
    )


@page("/reviews/new", roles=ADMINISTRATING)
async def new_review(request: Request[Any, Any, Any]) -> Response[Any]:
    """The form to open a review."""
    today = visit(request).now.date()
    values = {
        "title": f"{fiscal_year_name(fiscal_year_of(today))} 利用者の棚卸し",
        "deadline": japanese_date(today + timedelta(days=USUAL_DAYS)),
    }
    return _form(request, values)


@act("/reviews", roles=ADMINISTRATING)
async def open_review(request: Request[Any, Any, Any]) -> Response[Any]:
    """Opens a review."""
    here, form = visit(request), await read_form(request)
    try:
        async with savepoint():
            faults = Faults()
            title = required_text(form, "title", "名前", faults, one_line=True)
            deadline = faults.read("deadline", parse_japanese_date, form.get("deadline", ""), date.min)
            faults.raise_if_any()
            review_id = await operations.open_review(here.context, title, deadline, here.now, site(request).limits)
    except (Invalid, Conflict) as refused:
        return _form(request, dict(form), refused)
    return see_other(f"/reviews/{review_id}", done="review-opened")


@page("/reviews/{review_id:str}", roles=ADMINISTRATING)
async def review_page(request: Request[Any, Any, Any], review_id: FromPath[str]) -> Response[Any]:
    """One review with its lines."""
    return await _page(request, positive_id(review_id))


@page("/reviews/{review_id:str}/lines/{line_id:str}", roles=ADMINISTRATING)
async def line_page(request: Request[Any, Any, Any], review_id: FromPath[str], line_id: FromPath[str]) -> Response[Any]:
    """One role to decide."""
    context = visit(request).context
    one = await queries.review(context.tenant_id, positive_id(review_id))
    return _line_page(request, one, await queries.line(context.tenant_id, one.id, positive_id(line_id)), {})


@act("/reviews/{review_id:str}/lines/{line_id:str}", roles=ADMINISTRATING)
async def decide(request: Request[Any, Any, Any], review_id: FromPath[str], line_id: FromPath[str]) -> Response[Any]:
    """Decides one role; it takes effect at once."""
    here, form = visit(request), await read_form(request)
    one = await queries.review(here.context.tenant_id, positive_id(review_id))
    line = await queries.line(here.context.tenant_id, one.id, positive_id(line_id))
    try:
        async with savepoint():
            faults = Faults()
            choice = one_of(form, "decision", "判断", {each.value: each for each in CHOICES}, faults)
            note = " ".join(form.get("note", "").split())
            if len(note) > LONGEST_NOTE:
                faults.note("note", f"メモは{LONGEST_NOTE}文字までで入力してください。", "too-long")
            faults.raise_if_any()
            allowed = {role.value: role for role in roles_of(here.context.tenant_id)}
            new_role: Role | None = allowed.get(form.get("new_role", ""))
            await operations.decide(here.context, one.id, line.id, Decision(choice), new_role, note, here.now)
    except (Invalid, Conflict) as refused:
        return _line_page(request, one, line, dict(form), refused)
    return see_other(f"/reviews/{one.id}", done="review-decided")


@act("/reviews/{review_id:str}/closure", roles=ADMINISTRATING)
async def close_review(request: Request[Any, Any, Any], review_id: FromPath[str]) -> Response[Any]:
    """Closes a review; the report is written in the background."""
    here, number = visit(request), positive_id(review_id)
    try:
        async with savepoint():
            job_id = await operations.close_review(here.context, number, here.now)
    except Conflict as refused:
        return await _page(request, number, refused)
    return see_other(f"/jobs/{job_id}")


@page("/reviews/{review_id:str}/report", roles=ADMINISTRATING)
async def report(request: Request[Any, Any, Any], review_id: FromPath[str]) -> Response[bytes]:
    """The signed report of a closed review."""
    context = visit(request).context
    one = await queries.review(context.tenant_id, positive_id(review_id))
    if not one.paper_key:
        raise NotFound
    files = site(request).storage.for_tenant(context.tenant_id)
    return download(
        await asyncio.to_thread(files.get, one.paper_key), file_name=f"review-{one.id}.pdf", content_type=PDF
    )


async def review_tasks(context: TenantContext, today: date) -> Sequence[Task]:  # noqa: ARG001  (every source gets it)
    """The review that is going on, for the organisation's administrators."""
    if context.role not in ADMINISTRATING:
        return []
    return [
        Task(
            deadline,
            title,
            f"未判断 {undecided}件" if undecided else "すべて判断しました。終了してください。",
            f"/reviews/{review_id}",
            "判断する" if undecided else "終了する",
        )
        for review_id, title, deadline, undecided in await queries.open_counts(context.tenant_id)
    ]


def _form(
    request: Request[Any, Any, Any], values: Mapping[str, str], refused: Invalid | Conflict | None = None
) -> Response[Any]:
    return render(
        request,
        "reviews/form.html",
        title="棚卸しを始める",
        lead="いまの利用者の役割が1件ずつ一覧になります。期限までに判断しなかった役割は、期限の翌日に停止します。",
        breadcrumb=[*TRAIL, ("棚卸し", "/reviews"), ("始める", None)],
        help_page="reviews",
        status=status_of(refused),
        errors=field_messages(refused),
        values=values,
    )


async def _page(
    request: Request[Any, Any, Any], review_id: int, refused: Invalid | Conflict | None = None
) -> Response[Any]:
    here = visit(request)
    one = await queries.review(here.context.tenant_id, review_id)
    lines = await queries.lines(here.context.tenant_id, one.id)
    done, total = progress(lines)
    return render(
        request,
        "reviews/page.html",
        title=one.title,
        breadcrumb=[*TRAIL, ("棚卸し", "/reviews"), (one.title, None)],
        help_page="reviews",
        status=status_of(refused),
        errors=field_messages(refused),
        one=one,
        state=one.status(here.now.date()),
        done=done,
        total=total,
        lines=[_row(request, one, line) for line in lines],
    )


def _line_page(
    request: Request[Any, Any, Any],
    one: ReviewView,
    line: ReviewLineView,
    values: Mapping[str, str],
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    here = visit(request)
    return render(
        request,
        "reviews/line.html",
        title=f"{line.person_name} {line.role.label}",
        breadcrumb=[*TRAIL, ("棚卸し", "/reviews"), (one.title, f"/reviews/{one.id}"), (line.person_name, None)],
        help_page="reviews",
        status=status_of(refused),
        errors=field_messages(refused),
        one=one,
        line=line,
        state=line.decision.status,
        period=period_text(line.valid_from, line.valid_to),
        long_unused=line.long_unused(here.now),
        open=one.state == "open" and line.decision not in {Decision.CHANGE, Decision.REMOVE},
        choices=[(each.value, each.label) for each in CHOICES],
        roles=[(role.value, role.label) for role in roles_of(here.context.tenant_id) if role is not line.role],
        values={"decision": "", "new_role": "", "note": line.note, **values},
    )


def _row(request: Request[Any, Any, Any], one: ReviewView, line: ReviewLineView) -> dict[str, Any]:
    return {
        "name": line.person_name,
        "url": f"/reviews/{one.id}/lines/{line.id}",
        "role": line.role.label,
        "last": line.last_sign_in_at,
        "unused": line.long_unused(visit(request).now),
        "factor": "あり" if line.second_factor else "なし",
        "status": line.decision.status,
        "note": line.note,
        "by": line.decided_by_name,
    }


MODULE = Module(
    name="reviews",
    handlers=(review_list, new_review, open_review, review_page, line_page, decide, close_review, report),
    templates=Path(__file__).parent / "templates",
    tasks=(review_tasks,),
    action_labels={
        "open_review": "利用者の棚卸しを開始",
        "decide_review_line": "棚卸しで役割を判断",
        "stop_undecided": "棚卸しの期限切れで停止",
        "close_review": "棚卸しを終了",
        "keep_review_report": "棚卸しの報告書を保存",
    },
)
