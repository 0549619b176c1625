"""Pages of the register: what is missing, reasons, checks, last year's basis, the threshold."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.bases.pages import EDITORS, program_and_basis
from billing.bases.register import evidence_pages, forms, operations, queries
from billing.bases.register.overview import register_page_of
from billing.bases.register.rules import RegisterView
from billing.bases.rules import BasisView, shown_number
from billing.programs import queries as programs
from billing.programs.rules import ProgramView
from billing.programs.tabs import program_trail
from tenants.calendar import fiscal_year_label
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import field_messages, positive_id, read_form, status_of
from tenants.web.modules import Module
from tenants.web.routes import PREFECTURE, act, page
from tenants.web.visit import visit

_REGISTER = "/programs/{program_id:str}/bases/{basis_id:str}/register"
say_when_done(
    {
        "basis-checked": "値を確認済みにしました。",
        "reasons-saved": "理由を保存しました。",
        "reasons-same": "変わった理由はありません。",
        "previous-chosen": "前年度の事業・基準を保存しました。",
        "threshold-set": "理由を求める増減を保存しました。",
    }
)


@page(_REGISTER, roles=PREFECTURE)
async def register(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """The register of one basis."""
    program, basis = await program_and_basis(program_id, basis_id)
    return await register_page_of(request, program, basis)


@act(_REGISTER + "/checks", roles=EDITORS)
async def check_values(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """Notes that the person compared the values ticked, or all of them, with their source."""
    form, here = await read_form(request), visit(request)
    program, basis = await program_and_basis(program_id, basis_id)
    lines = (await queries.register(program, basis)).lines
    try:
        async with savepoint():
            members = forms.chosen_members(form, lines)
            version = positive_id(form.get("version", ""))
            await operations.check_values(here.context, program.id, basis.id, members, version, here.now)
    except (Invalid, Conflict) as refused:
        return await register_page_of(request, program, basis, refused=refused, ticked=form.all("member"))
    return see_other(f"/programs/{program.id}/bases/{basis.id}/register", done="basis-checked")


@act(_REGISTER + "/reasons", roles=EDITORS)
async def save_reasons(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """Keeps why values differ so much from last year's."""
    form, here = await read_form(request), visit(request)
    program, basis = await program_and_basis(program_id, basis_id)
    lines = (await queries.register(program, basis)).valued
    try:
        async with savepoint():
            version = positive_id(form.get("version", ""))
            reasons = forms.typed_reasons(form, lines)
            changed = await operations.save_reasons(here.context, program.id, basis.id, reasons, version, here.now)
    except (Invalid, Conflict) as refused:
        return await register_page_of(request, program, basis, refused=refused, typed=form)
    done = "reasons-saved" if changed else "reasons-same"
    return see_other(f"/programs/{program.id}/bases/{basis.id}/register", done=done)


@page(_REGISTER + "/previous", roles=EDITORS)
async def previous_form(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """The form for last year's basis."""
    program, basis = await program_and_basis(program_id, basis_id)
    return await _previous(request, program, basis)


@act(_REGISTER + "/previous", roles=EDITORS)
async def choose_previous(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """Compares the basis with another one of the year before, or with none."""
    form, here = await read_form(request), visit(request)
    program, basis = await program_and_basis(program_id, basis_id)
    try:
        async with savepoint():
            chosen = forms.previous_input(form)
            await operations.choose_previous(here.context, program.id, basis.id, chosen, here.now)
    except Invalid as refused:
        return await _previous(request, program, basis, form, refused)
    return see_other(f"/programs/{program.id}/bases/{basis.id}/register", done="previous-chosen")


@page("/programs/{program_id:str}/register-rule", roles=EDITORS)
async def rule_form(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The form for the change from which on a reason is wanted."""
    return await _rule(request, await programs.program(positive_id(program_id)))


@act("/programs/{program_id:str}/register-rule", roles=EDITORS)
async def set_rule(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Sets it."""
    form = await read_form(request)
    program = await programs.program(positive_id(program_id))
    try:
        async with savepoint():
            version = int(text) if (text := form.get("version", "")).isascii() and text.isdigit() else -1
            threshold = forms.threshold_input(form)
            await operations.set_threshold(visit(request).context, program.id, threshold, version)
    except (Invalid, Conflict) as refused:
        return await _rule(request, program, form, refused)
    return see_other(f"/programs/{program.id}/bases", done="threshold-set")


async def _previous(
    request: Request[Any, Any, Any],
    program: ProgramView,
    basis: BasisView,
    typed: Mapping[str, str] | None = None,
    refused: Invalid | None = None,
) -> Response[Any]:
    here = f"/programs/{program.id}/bases/{basis.id}"
    shown = await queries.register(program, basis)
    title = "前年度の事業・基準を選ぶ"
    return render(
        request,
        "register/previous.html",
        title=title,
        lead="前年度の値は、選んだ事業の承認済みの計算で実際に使った値です。",
        breadcrumb=program_trail(
            program,
            ("按分基準", f"/programs/{program.id}/bases"),
            (basis.name, here),
            ("登録簿", f"{here}/register"),
            (title, None),
        ),
        help_page="basis-register",
        status=status_of(refused),
        errors=field_messages(refused),
        here=f"{here}/register",
        basis=basis,
        chosen=(typed or {}).get("previous", _chosen(shown)),
        options=[
            (f"{one.program_id}-{one.basis}", f"{one.program_title} / {one.basis_name}({one.as_of}、{one.source})")
            for one in await queries.previous_candidates(program, basis)
        ],
        no_previous=forms.NO_PREVIOUS,
        year=fiscal_year_label(program.fiscal_year - 1),
    )


def _chosen(shown: RegisterView) -> str:
    if shown.previous is None:
        return forms.NO_PREVIOUS if shown.is_chosen else ""
    return f"{shown.previous.program_id}-{shown.previous.basis}"


async def _rule(
    request: Request[Any, Any, Any],
    program: ProgramView,
    typed: Mapping[str, str] | None = None,
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    threshold, version = await queries.threshold_rule(program.id)
    here = f"/programs/{program.id}/bases"
    title = "理由を求める増減"
    return render(
        request,
        "register/rule.html",
        title=title,
        lead="前年度の値からこの割合を超えて増減した値には、理由がないと計算を承認へ送れません。",
        breadcrumb=program_trail(program, ("按分基準", here), (title, None)),
        help_page="basis-register",
        status=status_of(refused),
        errors=field_messages(refused),
        action=f"/programs/{program.id}/register-rule",
        back=here,
        version=version,
        typed=(typed or {}).get("threshold", shown_number(threshold * 100)),
    )


MODULE = Module(
    name="basis_register",
    handlers=(
        register,
        check_values,
        save_reasons,
        previous_form,
        choose_previous,
        rule_form,
        set_rule,
        *evidence_pages.HANDLERS,
    ),
    templates=Path(__file__).parent / "templates",
    action_labels={
        "check_basis_values": "按分基準の値を確認",
        "save_basis_reasons": "按分基準の増減の理由を保存",
        "choose_previous_basis": "前年度の按分基準を選択",
        "set_register_threshold": "増減の理由を求める基準を変更",
        "add_basis_evidence": "按分基準の証拠書類を登録",
        "remove_basis_evidence": "按分基準の証拠書類を外す",
    },
)
