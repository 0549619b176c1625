"""Pages of disputes: ask about a statement, the thread, the end; lists for both sides; a program's period."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.disputes import operations, queries
from billing.disputes.forms import decision_input, dispute_input, reply_input
from billing.disputes.listed import OWN, disputes_of_everybody
from billing.disputes.operations import Comment
from billing.disputes.period_pages import change_period, period_page
from billing.disputes.rules import DECIDED, KINDS, can_accept
from billing.disputes.tasks import dispute_tasks
from billing.grant_procedures.evidence.forms import sent_evidence
from billing.grant_procedures.evidence.rules import ACCEPT, ENDINGS_IN_WORDS
from billing.statements import queries as statements
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid, NotFound
from tenants.files import queries as files
from tenants.lists.listing import list_page
from tenants.web.answers import download, render, say_when_done, see_other
from tenants.web.form_data import field_messages, positive_id, read_form, status_of
from tenants.web.modules import Module, NavigationEntry
from tenants.web.routes import PREFECTURE, TOWN_MONEY, act, page
from tenants.web.visit import site, visit

TOWN = frozenset({Role.TOWN_FINANCE})
WRITERS = TOWN | {Role.PREFECTURE_FINANCE}
READERS = TOWN_MONEY | PREFECTURE
_ONE = "/disputes/{dispute_id:str}"
_NEW = "/statements/{statement_id:str}/disputes"
_KINDS = [
    ("inquiry", KINDS["inquiry"], "金額や基準値について質問する"),
    ("objection", KINDS["objection"], "金額や基準値が違うと申し出る"),
]
say_when_done(
    {
        "dispute-opened": "県に送りました。回答があると、お知らせと「今週やること」に出ます。",
        "dispute-replied": "返信しました。",
        "dispute-closed": "照会・異議を終了しました。",
    }
)


@page("/disputes", roles=READERS)
async def dispute_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """The member's own, or for the prefecture everybody's."""
    prefecture = visit(request).context.is_prefecture
    return await list_page(
        request,
        await disputes_of_everybody() if prefecture else OWN,
        title="照会・異議",
        lead="負担金算定書への質問と異議、県の回答です。",
        breadcrumb=[("今週やること", "/"), ("照会・異議", None)],
        help_page="disputes",
        empty_link=("/runs", "計算を見る") if prefecture else ("/statements", "負担金を見る"),
    )


@page(_NEW + "/new", roles=TOWN)
async def new_dispute(request: Request[Any, Any, Any], statement_id: FromPath[str]) -> Response[Any]:
    """The form about one line or the whole sheet."""
    return await _form(request, positive_id(statement_id), {"line": str(request.query_params.get("line", ""))})


@act(_NEW, roles=TOWN, uploads=True)
async def open_dispute(request: Request[Any, Any, Any], statement_id: FromPath[str]) -> Response[Any]:
    """Opens a dispute; after the last day the form stays filled and says whom to call."""
    form, here, number = await read_form(request), visit(request), positive_id(statement_id)
    try:
        async with savepoint():
            line, kind, text = dispute_input(form)
            comment = Comment(text, await sent_evidence(request))
            dispute_id = await operations.open_dispute(
                here.context, site(request).storage, number, line, kind, comment, here.now
            )
    except (Invalid, Conflict) as refused:
        return await _form(request, number, form, refused)
    return see_other(f"/disputes/{dispute_id}", done="dispute-opened")


@page(_ONE, roles=READERS)
async def dispute_page(request: Request[Any, Any, Any], dispute_id: FromPath[str]) -> Response[Any]:
    """The thread and what may be done next."""
    return await _thread(request, positive_id(dispute_id), {})


@act(_ONE + "/replies", roles=WRITERS, uploads=True)
async def reply(request: Request[Any, Any, Any], dispute_id: FromPath[str]) -> Response[Any]:
    """Adds a comment of either side."""
    form, here, number = await read_form(request), visit(request), positive_id(dispute_id)
    try:
        async with savepoint():
            comment = Comment(reply_input(form), await sent_evidence(request))
            await operations.reply(here.context, site(request).storage, number, comment, here.now)
    except (Invalid, Conflict) as refused:
        return await _thread(request, number, form, refused)
    return see_other(f"/disputes/{number}", done="dispute-replied")


@act(_ONE + "/closure", roles=WRITERS)
async def close(request: Request[Any, Any, Any], dispute_id: FromPath[str]) -> Response[Any]:
    """The member accepts the answer, or the prefecture ends it with an answer and its outcome."""
    form, here, number = await read_form(request), visit(request), positive_id(dispute_id)
    try:
        async with savepoint():
            if here.context.is_prefecture:
                outcome, text = decision_input(form)
                storage = site(request).storage
                await operations.decide_dispute(here.context, storage, number, outcome, Comment(text), here.now)
            else:
                await operations.accept_answer(here.context, number, here.now)
    except (Invalid, Conflict) as refused:
        return await _thread(request, number, form, refused)
    return see_other(f"/disputes/{number}", done="dispute-closed")


@page(_ONE + "/messages/{message_id:str}/file", roles=READERS)
async def attachment(
    request: Request[Any, Any, Any], dispute_id: FromPath[str], message_id: FromPath[str]
) -> Response[Any]:
    """The file of a comment."""
    dispute, wanted = await queries.dispute(positive_id(dispute_id)), positive_id(message_id)
    found = next((one for one in await queries.messages(dispute.id) if one.id == wanted), None)
    if found is None or found.file_id is None:
        raise NotFound
    kept = await files.file(dispute.tenant_id, found.file_id)
    content = await asyncio.to_thread(site(request).storage.for_tenant(dispute.tenant_id).get, kept.storage_key)
    return download(content, file_name=kept.file_name, content_type=kept.content_type)


async def _form(
    request: Request[Any, Any, Any],
    statement_id: int,
    typed: Mapping[str, str],
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    line, content = await statements.statement(statement_id)
    period = await queries.period_of(line.id, line.issued_at)
    today = visit(request).today
    return render(
        request,
        "disputes/form.html",
        title="質問・異議を出す",
        breadcrumb=[
            ("今週やること", "/"),
            ("負担金", "/statements"),
            (line.title, f"/statements/{line.id}"),
            ("質問・異議を出す", None),
        ],
        help_page="disputes",
        status=status_of(refused),
        errors=field_messages(refused),
        statement=line,
        period=period,
        over=not period.holds(today),
        withdrawn=line.withdrawn_at is not None,
        office=f"{site(request).prefecture_name}の財政担当",
        lines=[("", "算定書の全体"), *((one["cost_id"], one["name"]) for one in content["lines"])],
        kinds=_KINDS,
        typed=typed,
        accept=ACCEPT,
        endings=ENDINGS_IN_WORDS,
    )


async def _thread(
    request: Request[Any, Any, Any],
    dispute_id: int,
    typed: Mapping[str, str],
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    dispute, context = await queries.dispute(dispute_id), visit(request).context
    writes = context.role in WRITERS and dispute.state != "closed"
    who = f"{dispute.tenant_name} " if context.is_prefecture else ""
    return render(
        request,
        "disputes/page.html",
        title=f"{who}{dispute.title} {KINDS[dispute.kind]}",
        breadcrumb=[("今週やること", "/"), ("照会・異議", "/disputes"), (dispute.title, None)],
        help_page="disputes",
        status=status_of(refused),
        errors=field_messages(refused),
        dispute=dispute,
        messages=await queries.messages(dispute.id),
        may_write=writes,
        may_decide=writes and context.is_prefecture,
        may_accept=writes and can_accept(dispute, context),
        is_prefecture=context.is_prefecture,
        outcomes=list(DECIDED.items()),
        typed=typed,
        accept=ACCEPT,
        endings=ENDINGS_IN_WORDS,
    )


MODULE = Module(
    name="disputes",
    handlers=(
        dispute_list,
        new_dispute,
        open_dispute,
        dispute_page,
        reply,
        close,
        attachment,
        period_page,
        change_period,
    ),
    templates=Path(__file__).parent / "templates",
    navigation=(
        NavigationEntry("照会・異議", "/disputes", TOWN_MONEY, "apportionment"),
        NavigationEntry("照会・異議", "/disputes", frozenset({Role.PREFECTURE_FINANCE})),
    ),
    tasks=(dispute_tasks,),
    action_labels={
        "open_dispute": "照会・異議を出す",
        "reply_to_dispute": "照会・異議に返信",
        "close_dispute": "照会・異議を終了",
        "set_dispute_rule": "照会・異議の受付日数を変更",
        "tell_dispute": "照会・異議を県の財政担当に知らせる",
    },
)
