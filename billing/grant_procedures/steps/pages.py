"""Pages of a grant's procedure: where it stands, what comes next, recording, correcting and confirming a step."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.grant_procedures.evidence.forms import sent_evidence, wanted_evidence
from billing.grant_procedures.evidence.rules import ACCEPT, ENDINGS_IN_WORDS
from billing.grant_procedures.steps import forms, operations, queries
from billing.grant_procedures.steps.deadline_pages import HANDLERS as DEADLINES
from billing.grant_procedures.steps.listed import GRANTS
from billing.grant_procedures.steps.places import HERE, grant_trail, place, url_of
from billing.grant_procedures.steps.rules import AMOUNTS, KINDS, StepView, correctable
from billing.grant_procedures.steps.showing import procedure_page
from billing.grant_procedures.steps.tasks import grant_tasks
from billing.grants.rules import GrantView
from billing.programs.rules import ProgramView
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid, NotFound
from tenants.files import queries as files
from tenants.lists.listing import list_page
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import Faults, field_messages, positive_id, read_form, status_of
from tenants.web.modules import Module, NavigationEntry
from tenants.web.routes import PREFECTURE, act, page
from tenants.web.stored import stored_download
from tenants.web.visit import site, visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})
_STEP = HERE + "/steps/{step_id:str}"
say_when_done(
    {
        "grant-step-recorded": "記録しました。",
        "grant-step-corrected": "訂正を記録しました。前の記録も残っています。",
        "grant-step-confirmed": "確認しました。",
        "grant-evidence-added": "証拠書類を追加しました。",
        "grant-deadlines-saved": "事業期間と期限を保存しました。",
    }
)


@page("/grant-procedures", roles=PREFECTURE)
async def grant_procedures(request: Request[Any, Any, Any]) -> Response[Any]:
    """The grants of all programs: where each stands."""
    return await list_page(
        request,
        GRANTS,
        title="交付金の手続き",
        lead="すべての事業の交付金です。申請から返還まで、どこまで進んでいるかを確かめられます。",
        breadcrumb=[("今週やること", "/"), ("交付金の手続き", None)],
        help_page="grant-procedures",
    )


@page(HERE, roles=PREFECTURE)
async def procedure(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """One grant from application to repayment."""
    program, grant = await place(program_id, grant_id)
    return await procedure_page(request, program, grant)


@page(HERE + "/steps/new", roles=EDITORS)
async def new_step(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """The form for the step that ``kind`` names."""
    program, grant = await place(program_id, grant_id)
    kind = forms.step_kind(request.query_params.get("kind", ""))
    return _form(request, program, grant, kind, forms.EMPTY_STEP)


@act(HERE + "/steps", roles=EDITORS, uploads=True)
async def record_step(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """Records a step."""
    form = await read_form(request)
    program, grant = await place(program_id, grant_id)
    kind, here = forms.step_kind(form.get("kind", "")), visit(request)
    try:
        async with savepoint():
            faults = Faults()
            step = forms.step_input(form, kind, here.now.date(), faults)
            faults.raise_if_any()
            evidence = await sent_evidence(request)
            await operations.record_step(
                here.context, site(request).storage, program.id, grant.id, step, evidence, here.now
            )
    except (Invalid, Conflict) as refused:
        return _form(request, program, grant, kind, {**forms.EMPTY_STEP, **form}, refused)
    return see_other(url_of(program, grant), done="grant-step-recorded")


@page(_STEP + "/correction", roles=EDITORS)
async def correction_form(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str], step_id: FromPath[str]
) -> Response[Any]:
    """The form to correct a step."""
    program, grant = await place(program_id, grant_id)
    step = await _step(grant, step_id)
    return _form(request, program, grant, step.kind, forms.step_values(step), corrected=step)


@act(_STEP + "/correction", roles=EDITORS, uploads=True)
async def correct_step(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str], step_id: FromPath[str]
) -> Response[Any]:
    """Records a step in the place of an earlier one."""
    form = await read_form(request)
    program, grant = await place(program_id, grant_id)
    step, here = await _step(grant, step_id), visit(request)
    try:
        async with savepoint():
            faults = Faults()
            correction = forms.correction_input(form, step, faults)
            wanted = forms.step_input(form, step.kind, here.now.date(), faults)
            faults.raise_if_any()
            evidence = await sent_evidence(request)
            storage = site(request).storage
            await operations.correct_step(
                here.context, storage, program.id, grant.id, correction, wanted, evidence, here.now
            )
    except (Invalid, Conflict) as refused:
        return _form(request, program, grant, step.kind, {**forms.EMPTY_STEP, **form}, refused, corrected=step)
    return see_other(url_of(program, grant), done="grant-step-corrected")


@act(_STEP + "/confirmation", roles=EDITORS)
async def confirm_step(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str], step_id: FromPath[str]
) -> Response[Any]:
    """Another officer's word that a step is right."""
    program, grant = await place(program_id, grant_id)
    here = visit(request)
    try:
        async with savepoint():
            await operations.confirm_step(here.context, program.id, grant.id, positive_id(step_id), here.now)
    except Conflict as refused:
        return await procedure_page(request, program, grant, refused)
    return see_other(url_of(program, grant), done="grant-step-confirmed")


@act(_STEP + "/files", roles=EDITORS, uploads=True)
async def add_file(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str], step_id: FromPath[str]
) -> Response[Any]:
    """Keeps one more paper with a step."""
    program, grant = await place(program_id, grant_id)
    here, storage, number = visit(request), site(request).storage, positive_id(step_id)
    try:
        async with savepoint():
            evidence = await wanted_evidence(request)
            await operations.add_file(here.context, storage, program.id, grant.id, number, evidence, here.now)
    except (Invalid, Conflict) as refused:
        return await procedure_page(request, program, grant, refused)
    return see_other(url_of(program, grant), done="grant-evidence-added")


@page(HERE + "/files/{step_file_id:str}", roles=PREFECTURE)
async def step_file(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str], step_file_id: FromPath[str]
) -> Response[Any]:
    """One paper of a step."""
    _, grant = await place(program_id, grant_id)
    found = await queries.step_file(grant.id, positive_id(step_file_id))
    file = await files.file(visit(request).context.tenant_id, found.file_id)
    return await stored_download(request, file)


async def _step(grant: GrantView, step_id: str) -> StepView:
    """A step that can be corrected; one that was corrected meanwhile is found no more."""
    number = positive_id(step_id)
    found = next((one for one in correctable(await queries.steps(grant.id)) if one.id == number), None)
    if found is None:
        raise NotFound
    return found


def _form(
    request: Request[Any, Any, Any],
    program: ProgramView,
    grant: GrantView,
    kind: str,
    values: Mapping[str, str],
    refused: Invalid | Conflict | None = None,
    *,
    corrected: StepView | None = None,
) -> Response[Any]:
    here = url_of(program, grant)
    title = f"{KINDS[kind]}を訂正する" if corrected else f"{KINDS[kind]}を記録する"
    return render(
        request,
        "grant_steps/form.html",
        title=title,
        breadcrumb=grant_trail(program, grant, title),
        help_page="grant-procedures",
        status=status_of(refused),
        errors=field_messages(refused),
        action=f"{here}/steps/{corrected.id}/correction" if corrected else f"{here}/steps",
        back=here,
        kind=kind,
        amount_label=AMOUNTS[kind],
        values=values,
        is_correction=corrected is not None,
        accept=ACCEPT,
        endings=ENDINGS_IN_WORDS,
    )


MODULE = Module(
    name="grant_steps",
    handlers=(
        grant_procedures,
        procedure,
        new_step,
        record_step,
        correction_form,
        correct_step,
        confirm_step,
        add_file,
        step_file,
        *DEADLINES,
    ),
    templates=Path(__file__).parent / "templates",
    navigation=(NavigationEntry("交付金", "/grant-procedures", PREFECTURE, further=("/tax-returns",)),),
    tasks=(grant_tasks,),
    action_labels={
        "set_grant_deadlines": "交付金の事業期間と期限を保存",
        "record_grant_step": "交付金の手続きを記録",
        "correct_grant_step": "交付金の手続きを訂正",
        "confirm_grant_step": "交付金の手続きを確認",
        "add_grant_evidence": "交付金の証拠書類を追加",
    },
)
