"""The API of a grant's procedure: where it stands with every record, record, correct, confirm, deadlines."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta, Struct

from billing.fields import Yen
from billing.grant_procedures.steps import forms, operations, queries
from billing.grant_procedures.steps.deadlines import ProcedureInput, ProcedureView
from billing.grant_procedures.steps.operations import Correction
from billing.grant_procedures.steps.rules import StepView, effective, standing
from billing.grants import queries as grants
from tenants.api.answers import answer, created
from tenants.api.bodies import as_form, read_body
from tenants.api.fields import Count, Id
from tenants.api.routes import VERSION, api_act, api_read
from tenants.api.rules import say_verbs
from tenants.api.versions import answering_stale, wanted_version
from tenants.context import Role
from tenants.errors import NotFound
from tenants.web.form_data import Faults, positive_id
from tenants.web.routes import PREFECTURE
from tenants.web.visit import site, visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})
say_verbs(
    {
        "procedures:read": "交付金の手続きを見る",
        "procedures:write": "交付金の手続きを記録・訂正・確認し、期限を変える",
    }
)
_HERE = "/programs/{program_id:str}/grants/{grant_id:str}/procedure"
Kind = Literal[
    "apply",
    "decide",
    "apply_change",
    "decide_change",
    "advance",
    "report",
    "settle",
    "final_payment",
    "repay",
    "repay_tax",
]


class StepBody(Struct, frozen=True, forbid_unknown_fields=True):
    """手続きの一つの記録。証拠書類は画面から付けます。"""

    kind: Kind
    step_date: date
    amount_yen: Yen
    document_number: Annotated[str, Meta(max_length=60)] = ""
    note: Annotated[str, Meta(max_length=1_000)] = ""


class CorrectionBody(Struct, frozen=True, forbid_unknown_fields=True):
    """訂正。withdrawn が true なら、その記録を取り消す。二人で確認した記録は、別の担当者が確認するまで数え続ける。"""

    step_date: date
    amount_yen: Yen
    reason: Annotated[str, Meta(min_length=1, max_length=1_000, examples=["決定額の転記を誤ったため"])]
    document_number: Annotated[str, Meta(max_length=60)] = ""
    note: Annotated[str, Meta(max_length=1_000)] = ""
    withdrawn: bool = False


class DeadlinesBody(Struct, frozen=True, forbid_unknown_fields=True):
    """事業期間と期限。report_days は事業期間の終わりから数えた日数。"""

    period_from: date | None = None
    period_to: date | None = None
    application_due: date | None = None
    report_days: Annotated[int, Meta(ge=0, le=365)] | None = None
    report_date: date | None = None


class Step(Struct, frozen=True):
    """一つの記録。counts が false なら、訂正または取消しで置き換えられた記録。"""

    id: Id
    kind: str
    step_date: date
    document_number: str
    amount_yen: Yen
    note: str
    replaces_id: Id | None
    withdrawn: bool
    reason: str
    prepared_by: str
    prepared_at: datetime
    confirmed_by: str
    confirmed_at: datetime | None
    counts: bool
    files: list[str]


class Procedure(Struct, frozen=True):
    """交付金の手続きの今の状態と、すべての記録。settled_yen は額の確定まで null。"""

    version: Count
    state: str
    decided_yen: Yen
    received_yen: Yen
    settled_yen: Yen | None
    to_receive_yen: Yen
    to_repay_yen: Yen
    repaid_yen: Yen
    repaid_tax_yen: Yen
    period_from: date | None
    period_to: date | None
    application_due: date | None
    report_due: date | None
    steps: list[Step]


_STEP_EXAMPLE = {"kind": "apply", "step_date": "2026-05-01", "amount_yen": 26_000_000, "document_number": "水第123号"}


@api_read(
    _HERE,
    roles=PREFECTURE,
    verb="procedures:read",
    summary="交付金の手続きの状態と記録",
    answers=Procedure,
    versioned=True,
)
async def grant_procedure(
    request: Request[Any, Any, Any],  # noqa: ARG001  (the framework's signature)
    program_id: FromPath[str],
    grant_id: FromPath[str],
) -> Response[Any]:
    """One grant from application to repayment."""
    _, grant = await _place(program_id, grant_id)
    shown, version = await _now(grant)
    return answer(shown, version=version)


@api_act(
    _HERE + "/steps",
    roles=EDITORS,
    verb="procedures:write",
    summary="交付金の手続きを記録する",
    body=StepBody,
    answers=Procedure,
    example=_STEP_EXAMPLE,
)
async def record_grant_step(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """Records a step."""
    program, grant = await _place(program_id, grant_id)
    body, here = await read_body(request, StepBody), visit(request)
    faults = Faults()
    step = forms.step_input(as_form(_values(body)), body.kind, here.now.date(), faults)
    faults.raise_if_any()
    await operations.record_step(here.context, site(request).storage, program, grant, step, None, here.now)
    return await _created(program, grant)


@api_act(
    _HERE + "/steps/{step_id:str}/corrections",
    roles=EDITORS,
    verb="procedures:write",
    summary="交付金の手続きの記録を訂正する",
    body=CorrectionBody,
    answers=Procedure,
    example={"step_date": "2026-05-01", "amount_yen": 25_000_000, "reason": "申請額の転記を誤ったため"},
)
async def correct_grant_step(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str], step_id: FromPath[str]
) -> Response[Any]:
    """Records a step in the place of an earlier one."""
    program, grant = await _place(program_id, grant_id)
    number = positive_id(step_id)
    before = next((one for one in await queries.steps(grant) if one.id == number), None)
    if before is None:
        raise NotFound
    body, here = await read_body(request, CorrectionBody), visit(request)
    faults = Faults()
    step = forms.step_input(as_form(_values(body)), before.kind, here.now.date(), faults)
    faults.raise_if_any()
    correction = Correction(number, body.reason, body.withdrawn)
    storage = site(request).storage
    await operations.correct_step(here.context, storage, program, grant, correction, step, None, here.now)
    return await _created(program, grant)


@api_act(
    _HERE + "/steps/{step_id:str}/confirmation",
    roles=EDITORS,
    verb="procedures:write",
    summary="交付金の手続きの記録を確認する",
    answers=Procedure,
    status=200,
)
async def confirm_grant_step(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str], step_id: FromPath[str]
) -> Response[Any]:
    """Another officer's word that a step is right."""
    program, grant = await _place(program_id, grant_id)
    here = visit(request)
    await operations.confirm_step(here.context, program, grant, positive_id(step_id), here.now)
    shown, _ = await _now(grant)
    return answer(shown)


@api_act(
    _HERE + "/deadlines",
    method="PUT",
    roles=EDITORS,
    verb="procedures:write",
    summary="交付金の事業期間と期限を変える",
    body=DeadlinesBody,
    answers=Procedure,
    versioned=True,
    if_match=True,
    example={"period_from": "2026-04-01", "period_to": "2027-02-28", "report_days": 30, "report_date": "2027-04-10"},
)
async def save_grant_deadlines(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """Replaces the project's period and the deadlines."""
    program, grant = await _place(program_id, grant_id)
    version = wanted_version(request)
    body = await read_body(request, DeadlinesBody)
    async with answering_stale(body, lambda: _now(grant)):
        wanted = forms.procedure_input(as_form(_values(body)))
        await operations.save_procedure(visit(request).context, program, grant, wanted, version - 1)
    shown, version = await _now(grant)
    return answer(shown, version=version)


async def _place(program_id: str, grant_id: str) -> tuple[int, int]:
    program = positive_id(program_id)
    return program, (await grants.grant(program, positive_id(grant_id))).id


async def _created(program_id: int, grant_id: int) -> Response[Any]:
    shown, _ = await _now(grant_id)
    return created(shown, f"{VERSION}/programs/{program_id}/grants/{grant_id}/procedure")


async def _now(grant_id: int) -> tuple[Procedure, int]:
    recorded, procedure = await queries.steps(grant_id), await queries.procedure(grant_id)
    # An ETag counts from 1, also before anything was entered.
    return _shown(recorded, procedure), procedure.version + 1


def _values(body: Struct) -> dict[str, Any]:
    return {name: getattr(body, name) for name in body.__struct_fields__}


def _shown(recorded: list[StepView], procedure: ProcedureView) -> Procedure:
    now, counting = standing(recorded), effective(recorded)
    amounts = {name: getattr(now, name) for name in Procedure.__struct_fields__ if name.endswith("_yen")}
    days = {name: getattr(procedure, name) for name in ProcedureInput.__dataclass_fields__ if "report" not in name}
    return Procedure(
        version=procedure.version + 1,
        state="closed" if now.is_closed else now.state,
        report_due=procedure.report_due,
        steps=[_step(one, counts=one in counting) for one in recorded],
        **amounts,
        **days,
    )


def _step(one: StepView, *, counts: bool) -> Step:
    plain = {name: getattr(one, name) for name in Step.__struct_fields__ if name not in {"counts", "files"}}
    return Step(**plain, counts=counts, files=[file.name for file in one.files])


HANDLERS = (grant_procedure, record_grant_step, correct_grant_step, confirm_grant_step, save_grant_deadlines)
