"""The API of disputes: list, read, open, reply, close."""

from datetime import datetime
from typing import Annotated, Any, Literal

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta, Struct

from billing.disputes import operations, queries
from billing.disputes.forms import decision_input, dispute_input, reply_input
from billing.disputes.operations import Comment
from billing.disputes.rules import DisputeView, MessageView
from billing.statements import queries as statements
from tenants.api.answers import answer, created, listed
from tenants.api.bodies import as_form, read_body
from tenants.api.fields import Id
from tenants.api.routes import VERSION, api_act, api_read
from tenants.api.rules import say_verbs
from tenants.context import Role
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE, TOWN_MONEY
from tenants.web.visit import site, visit

TOWN = frozenset({Role.TOWN_FINANCE})
WRITERS = TOWN | {Role.PREFECTURE_FINANCE}
READERS = TOWN_MONEY | PREFECTURE
say_verbs({"disputes:read": "照会・異議を見る", "disputes:write": "照会・異議を出す・返信する・終了する"})
_ONE = "/disputes/{dispute_id:str}"


class NewDispute(Struct, frozen=True, forbid_unknown_fields=True):
    """照会・異議。line は算定書の行(経費)の記号、空なら算定書の全体。"""

    kind: Annotated[Literal["inquiry", "objection"], Meta(description="照会、異議")]
    text: Annotated[str, Meta(min_length=1, max_length=2000)]
    line: Annotated[str, Meta(max_length=100)] = ""


class NewReply(Struct, frozen=True, forbid_unknown_fields=True):
    """返信。"""

    text: Annotated[str, Meta(min_length=1, max_length=2000)]


class Closure(Struct, frozen=True, forbid_unknown_fields=True):
    """終了。団体は本文のない {} で了承し、県は結果と回答を書く。"""

    outcome: Annotated[str, Meta(description="県だけ: unchanged(変更なし)、next_run(次の計算で変更)")] = ""
    answer: Annotated[str, Meta(max_length=2000)] = ""


class Message(Struct, frozen=True):
    """やりとりの一つ。"""

    id: Id
    by_prefecture: bool
    person_name: str
    text: str
    file_name: str
    written_at: datetime


class DisputeEntry(Struct, frozen=True):
    """一覧の中の照会・異議。state は open、answered、closed。"""

    id: Id
    organisation_name: str
    statement_id: Id
    title: str
    stage: str
    line: str
    line_name: str
    kind: str
    state: str
    outcome: str
    opened_by: str
    opened_at: datetime
    closed_at: datetime | None


class Dispute(Struct, frozen=True):
    """一つの照会・異議とやりとり。"""

    dispute: DisputeEntry
    messages: list[Message]


@api_read(
    "/disputes", roles=READERS, verb="disputes:read", summary="照会・異議の一覧", answers=DisputeEntry, listed=True
)
async def dispute_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """The member's own, for the prefecture everybody's; newest first."""
    return listed(request, await queries.disputes(), lambda one: one.id, _entry, newest_first=True)


@api_read(_ONE, roles=READERS, verb="disputes:read", summary="照会・異議", answers=Dispute)
async def dispute(request: Request[Any, Any, Any], dispute_id: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """One dispute with its thread."""
    return answer(await _shown(positive_id(dispute_id)))


@api_act(
    "/statements/{statement_id:str}/disputes",
    roles=TOWN,
    verb="disputes:write",
    summary="照会・異議を出す",
    body=NewDispute,
    answers=Dispute,
    example={"kind": "inquiry", "text": "人口の基準日はいつですか。", "line": ""},
)
async def open_dispute(request: Request[Any, Any, Any], statement_id: FromPath[str]) -> Response[Any]:
    """Opens one, until the statement's last day."""
    here, (about, _) = visit(request), await statements.statement(positive_id(statement_id))
    body = await read_body(request, NewDispute)
    line, kind, text = dispute_input(as_form({"line": body.line, "kind": body.kind, "text": body.text}))
    number = await operations.open_dispute(
        here.context, site(request).storage, about.id, line, kind, Comment(text), here.now
    )
    return created(await _shown(number), f"{VERSION}/disputes/{number}")


@api_act(
    _ONE + "/replies",
    roles=WRITERS,
    verb="disputes:write",
    summary="照会・異議に返信する",
    body=NewReply,
    answers=Dispute,
    status=200,
    example={"text": "令和2年国勢調査(10月1日現在)です。"},
)
async def reply(request: Request[Any, Any, Any], dispute_id: FromPath[str]) -> Response[Any]:
    """Adds to the thread."""
    here, number = visit(request), (await queries.dispute(positive_id(dispute_id))).id
    text = reply_input(as_form({"text": (await read_body(request, NewReply)).text}))
    await operations.reply(here.context, site(request).storage, number, Comment(text), here.now)
    return answer(await _shown(number))


@api_act(
    _ONE + "/closure",
    roles=WRITERS,
    verb="disputes:write",
    summary="照会・異議を終了する",
    body=Closure,
    answers=Dispute,
    status=200,
    example={"outcome": "unchanged", "answer": "基準日の値は出典のとおりです。"},
)
async def close(request: Request[Any, Any, Any], dispute_id: FromPath[str]) -> Response[Any]:
    """The member accepts the answer, or the prefecture ends it with answer and outcome."""
    here, number = visit(request), (await queries.dispute(positive_id(dispute_id))).id
    body = await read_body(request, Closure)
    if here.context.is_prefecture:
        outcome, text = decision_input(as_form({"outcome": body.outcome, "answer": body.answer}))
        await operations.decide_dispute(here.context, site(request).storage, number, outcome, Comment(text), here.now)
    else:
        await operations.accept_answer(here.context, number, here.now)
    return answer(await _shown(number))


async def _shown(dispute_id: int) -> Dispute:
    found = await queries.dispute(dispute_id)
    return Dispute(_entry(found), [_message(one) for one in await queries.messages(dispute_id)])


def _message(one: MessageView) -> Message:
    return Message(one.id, one.by_prefecture, one.person_name, one.text, one.file_name, one.written_at)


def _entry(one: DisputeView) -> DisputeEntry:
    return DisputeEntry(
        one.id,
        one.tenant_name,
        one.statement_id,
        one.title,
        one.stage_label,
        one.cost_id,
        one.line_name,
        one.kind,
        one.state,
        one.outcome,
        one.opened_by,
        one.opened_at,
        one.closed_at,
    )


HANDLERS = (dispute_list, dispute, open_dispute, reply, close)
