"""The API of decisions on runs: submission, approval, return, withdrawal."""

from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta, Struct

from billing.runs import operations, queries
from billing.runs.api import OFFICERS, Run, shown_run
from billing.runs.decisions.rules import REASON_LONGEST
from billing.statements.issuing import approve_and_issue
from billing.statements.withdrawing import withdraw_with_statements
from tenants.api.answers import answer
from tenants.api.bodies import as_form, read_body
from tenants.api.routes import api_act
from tenants.errors import Invalid
from tenants.web.form_data import Faults, free_text, positive_id, required_text
from tenants.web.visit import visit

_ONE = "/runs/{run_id:str}"


class Reason(Struct, frozen=True, forbid_unknown_fields=True):
    """差し戻し・取消しの理由。"""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class Approval(Struct, frozen=True, forbid_unknown_fields=True):
    """承認。本文はなくてもかまいません。"""

    override_reason: Annotated[
        str, Meta(max_length=500, description="片付いていない点があるのに承認する理由。なければ空")
    ] = ""


@api_act(_ONE + "/submission", roles=OFFICERS, verb="runs:prepare", summary="承認へ送る", answers=Run, status=200)
async def submit_run(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """Sends a computed run for approval."""
    here, number = visit(request), positive_id(run_id)
    await operations.submit_run(here.context, number, here.now)
    return answer(shown_run(await queries.run(number)))


@api_act(
    _ONE + "/approval",
    roles=OFFICERS,
    verb="runs:decide",
    summary="承認する",
    body=Approval,
    answers=Run,
    status=200,
    example={"override_reason": ""},
)
async def approve_run(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """Approves a run somebody else prepared, and asks for every member's statement."""
    here, number, faults = visit(request), (await queries.run(positive_id(run_id))).id, Faults()
    # Not by the body itself: one sent as a form was read before and cannot be read again.
    sent = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
    body = await read_body(request, Approval) if sent else Approval()
    form = as_form({"override_reason": body.override_reason})
    reason = free_text(form, "override_reason", "それでも承認する理由", faults, longest=REASON_LONGEST)
    faults.raise_if_any()
    await approve_and_issue(here.context, number, here.now, reason)
    return answer(shown_run(await queries.run(number)))


@api_act(
    _ONE + "/return",
    roles=OFFICERS,
    verb="runs:decide",
    summary="差し戻す",
    body=Reason,
    answers=Run,
    status=200,
    example={"reason": "人口の基準日を確かめてください。"},
)
async def return_run(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """Sends a run back with a reason."""
    found, here = await queries.run(positive_id(run_id)), visit(request)
    await operations.return_run(here.context, found.id, await _reason(request, "差し戻しの理由"), here.now)
    return answer(shown_run(await queries.run(found.id)))


@api_act(
    _ONE + "/withdrawal",
    roles=OFFICERS,
    verb="runs:decide",
    summary="承認を取り消す",
    body=Reason,
    answers=Run,
    status=200,
    example={"reason": "給水戸数の数え方に誤りがあったため。"},
)
async def withdraw_run(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """Withdraws the newest approved run of its program with every statement; never by whoever approved it."""
    found, here = await queries.run(positive_id(run_id)), visit(request)
    await withdraw_with_statements(here.context, found.id, await _reason(request, "取り消す理由"), here.now)
    return answer(shown_run(await queries.run(found.id)))


async def _reason(request: Request[Any, Any, Any], label: str) -> str:
    body, faults = await read_body(request, Reason), Faults()
    reason = required_text(as_form({"reason": body.reason}), "reason", label, faults, longest=REASON_LONGEST)
    if faults.fields:
        raise Invalid("required", f"{label}を確かめてください。", faults.fields)
    return reason


HANDLERS = (submit_run, approve_run, return_run, withdraw_run)
