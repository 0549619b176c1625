"""Pages of decisions: send a run for approval, approve it, return it, withdraw it; each answers with the run's page."""

from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.runs import operations
from billing.runs.decisions.rules import REASON_LONGEST, OverrideReasonMissing
from billing.runs.pages import OFFICERS, show_run
from billing.statements.issuing import approve_and_issue
from billing.statements.withdrawing import withdraw_with_statements
from tenants.database.transaction import savepoint
from tenants.web.answers import say_when_done, see_other
from tenants.web.form_data import Faults, free_text, positive_id, read_form, required_text
from tenants.web.modules import Module
from tenants.web.routes import act
from tenants.web.visit import visit

say_when_done(
    {
        "run-submitted": "承認へ送りました。別の担当者が内容を確かめて承認します。",
        "run-approved": "承認しました。各団体の負担金算定書を作成しています。",
        "run-returned": "差し戻しました。",
        "run-withdrawn": "承認を取り消しました。各団体の財政担当に知らせました。",
    }
)


@act("/runs/{run_id:str}/submission", roles=OFFICERS)
async def submit_run(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """Sends a computed run for approval."""
    here = visit(request)
    number = positive_id(run_id)
    await operations.submit_run(here.context, number, here.now)
    return see_other(f"/runs/{number}", done="run-submitted")


@act("/runs/{run_id:str}/approval", roles=OFFICERS)
async def approve_run(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """Approves a run and asks for every member's statement; a reason overrides what can be overridden."""
    form, here = await read_form(request), visit(request)
    number, faults = positive_id(run_id), Faults()
    reason = free_text(form, "override_reason", "それでも承認する理由", faults, longest=REASON_LONGEST)
    if faults.fields:
        return await show_run(request, number, faults.fields, typed=form)
    try:
        async with savepoint():
            await approve_and_issue(here.context, number, here.now, reason)
    except OverrideReasonMissing as refused:
        return await show_run(request, number, refused.fields, typed=form)
    return see_other(f"/runs/{number}", done="run-approved")


@act("/runs/{run_id:str}/return", roles=OFFICERS)
async def return_run(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """Sends a run back with a reason."""
    form = await read_form(request)
    number, faults = positive_id(run_id), Faults()
    reason = required_text(form, "reason", "差し戻しの理由", faults, longest=REASON_LONGEST)
    if faults.fields:
        return await show_run(request, number, faults.fields, typed=form)
    await operations.return_run(visit(request).context, number, reason, visit(request).now)
    return see_other(f"/runs/{number}", done="run-returned")


@act("/runs/{run_id:str}/withdrawal", roles=OFFICERS)
async def withdraw_run(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """Withdraws an approved run and every member's statement, with a reason the members read."""
    form, here = await read_form(request), visit(request)
    number, faults = positive_id(run_id), Faults()
    reason = required_text(form, "withdrawal_reason", "取り消す理由", faults, longest=REASON_LONGEST)
    if faults.fields:
        return await show_run(request, number, faults.fields, typed=form)
    await withdraw_with_statements(here.context, number, reason, here.now)
    return see_other(f"/runs/{number}", done="run-withdrawn")


MODULE = Module(
    name="run_decisions",
    handlers=(submit_run, approve_run, return_run, withdraw_run),
    action_labels={
        "submit_run": "承認へ送る",
        "return_run": "差し戻す",
        "approve_run": "承認",
        "withdraw_run": "承認を取り消す",
    },
)
