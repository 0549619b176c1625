"""Pages of bases: the list, defining one, the members' values."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.bases import forms, operations, paste_pages, queries
from billing.bases.imports import BASIS_VALUES
from billing.bases.rules import BasisLine, BasisView, ValueView, share_of, shown_number, total_of
from billing.bases.tabs import basis_views
from billing.programs import queries as programs
from billing.programs.rules import ProgramView
from billing.programs.tabs import program_tabs, program_trail
from billing.years.changes.queries import program_changes
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import field_messages, positive_id, read_form, status_of
from tenants.web.modules import Module
from tenants.web.routes import PREFECTURE, act, page
from tenants.web.stale import messages_with_both, version_to_send
from tenants.web.visit import visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})
say_when_done(
    {
        "basis-created": "按分基準を登録しました。次に団体ごとの値を入力してください。",
        "basis-changed": "按分基準の内容を変更しました。",
        "basis-deleted": "按分基準を削除しました。",
        "basis-values-saved": "値を保存しました。",
        "basis-values-same": "変わった値はありません。",
    }
)


@page("/programs/{program_id:str}/bases", roles=PREFECTURE)
async def basis_list(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The program's bases and how far each is filled."""
    program = await programs.program(positive_id(program_id))
    return render(
        request,
        "bases/list.html",
        title=f"{program.title} 按分基準",
        lead="経費を分けるもとになる数量です。団体ごとの値を、いつの・どの統計によるものかとともに登録します。",
        breadcrumb=program_trail(program, ("按分基準", None)),
        help_page="apportionment",
        tabs=program_tabs(program, "/bases"),
        year_changes=await program_changes(program),
        program=program,
        may_edit=visit(request).context.role in EDITORS,
        member_count=len(await programs.members(program.id)),
        lines=[_line(program, one) for one in await queries.basis_lines(program.id)],
    )


@page("/programs/{program_id:str}/bases/new", roles=EDITORS)
async def new_basis(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The form for a new basis."""
    return _form(request, await programs.program(positive_id(program_id)), None, forms.NEW_BASIS)


@act("/programs/{program_id:str}/bases", roles=EDITORS)
async def create_basis(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Defines a basis."""
    form = await read_form(request)
    program = await programs.program(positive_id(program_id))
    try:
        async with savepoint():
            basis_id = await operations.create_basis(visit(request).context, program.id, forms.basis_input(form))
    except Invalid as refused:
        return _form(request, program, None, {**forms.NEW_BASIS, **form}, refused)
    return see_other(f"/programs/{program.id}/bases/{basis_id}", done="basis-created")


@page("/programs/{program_id:str}/bases/{basis_id:str}", roles=PREFECTURE)
async def basis_page(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """Every member with its value."""
    program, basis = await program_and_basis(program_id, basis_id)
    values = await queries.member_values(program.id, basis.id)
    return _values(request, program, basis, values, {forms.value_field(one): one.shown for one in values})


@act("/programs/{program_id:str}/bases/{basis_id:str}/values", roles=EDITORS)
async def save_values(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """Saves all values of the page at once."""
    form = await read_form(request)
    program, basis = await program_and_basis(program_id, basis_id)
    values = await queries.member_values(program.id, basis.id)
    here = visit(request)
    try:
        async with savepoint():
            changed = await operations.save_values(
                here.context,
                program.id,
                basis.id,
                forms.typed_values(form, values, basis.unit),
                positive_id(form.get("version", "")),
                here.now,
            )
    except (Invalid, Conflict) as refused:
        basis = await queries.basis(program.id, basis.id)
        values = await queries.member_values(program.id, basis.id)
        shown = {forms.value_field(one): one.shown for one in values}
        return _values(request, program, basis, values, {**shown, **form}, refused)
    done = "basis-values-saved" if changed else "basis-values-same"
    return see_other(f"/programs/{program.id}/bases/{basis.id}", done=done)


@page("/programs/{program_id:str}/bases/{basis_id:str}/edit", roles=EDITORS)
async def edit_basis(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """The form for what a basis is."""
    program, basis = await program_and_basis(program_id, basis_id)
    return _form(request, program, basis, forms.basis_fields(basis))


@act("/programs/{program_id:str}/bases/{basis_id:str}", roles=EDITORS)
async def change_basis(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """Changes what a basis is."""
    form = await read_form(request)
    program, basis = await program_and_basis(program_id, basis_id)
    try:
        async with savepoint():
            await operations.change_basis(
                visit(request).context,
                program.id,
                basis.id,
                forms.basis_input(form),
                positive_id(form.get("version", "")),
            )
    except (Invalid, Conflict) as refused:
        basis = await queries.basis(program.id, basis.id)
        return _form(request, program, basis, {**forms.basis_fields(basis), **form}, refused)
    return see_other(f"/programs/{program.id}/bases/{basis.id}", done="basis-changed")


@page("/programs/{program_id:str}/bases/{basis_id:str}/deletion", roles=EDITORS)
async def confirm_deletion(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """Asks before a basis is deleted, or says why it cannot be."""
    program, basis = await program_and_basis(program_id, basis_id)
    return await _deletion(request, program, basis)


@act("/programs/{program_id:str}/bases/{basis_id:str}/deletion", roles=EDITORS)
async def delete_basis(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """Deletes a basis."""
    form = await read_form(request)
    program, basis = await program_and_basis(program_id, basis_id)
    try:
        async with savepoint():
            version = positive_id(form.get("version", ""))
            await operations.delete_basis(visit(request).context, program.id, basis.id, version)
    except Conflict as refused:
        return await _deletion(request, program, basis, refused)
    return see_other(f"/programs/{program.id}/bases", done="basis-deleted")


async def program_and_basis(program_id: str, basis_id: str) -> tuple[ProgramView, BasisView]:
    """Both records of the address; raises NotFound, also for a basis of another program."""
    program = await programs.program(positive_id(program_id))
    return program, await queries.basis(program.id, positive_id(basis_id))


def _form(
    request: Request[Any, Any, Any],
    program: ProgramView,
    basis: BasisView | None,
    values: Mapping[str, str],
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    title = "按分基準の内容を変える" if basis else "按分基準を登録する"
    here = f"/programs/{program.id}/bases"
    trail = [("按分基準", here), *([(basis.name, f"{here}/{basis.id}")] if basis else []), (title, None)]
    return render(
        request,
        "bases/form.html",
        title=title,
        breadcrumb=program_trail(program, *trail),
        help_page="apportionment",
        status=status_of(refused),
        errors=messages_with_both(refused, values, forms.basis_fields(basis) if basis else {}),
        action=f"{here}/{basis.id}" if basis else here,
        values=values,
        version=version_to_send(refused, values, basis.version) if basis else None,
    )


def _values(
    request: Request[Any, Any, Any],
    program: ProgramView,
    basis: BasisView,
    values: list[ValueView],
    typed: Mapping[str, str],
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    total = total_of(values)
    here = f"/programs/{program.id}/bases"
    return render(
        request,
        "bases/page.html",
        title=basis.name,
        breadcrumb=program_trail(program, ("按分基準", here), (basis.name, None)),
        help_page="apportionment",
        status=status_of(refused),
        errors=messages_with_both(refused, typed, {forms.value_field(one): one.shown for one in values}),
        version=version_to_send(refused, typed, basis.version),
        tabs=program_tabs(program, "/bases"),
        views=basis_views(program.id, basis.id, ""),
        here=f"{here}/{basis.id}",
        program=program,
        basis=basis,
        may_edit=visit(request).context.role in EDITORS,
        missing=[one.name for one in values if one.value is None],
        total=shown_number(total),
        rows=[
            {
                "field": forms.value_field(one),
                "code": one.code,
                "name": one.name,
                "typed": typed.get(forms.value_field(one), ""),
                "shown": one.shown,
                "share": share_of(one.value, total),
                "entered_by": one.entered_by,
                "entered_at": one.entered_at,
            }
            for one in values
        ],
    )


async def _deletion(
    request: Request[Any, Any, Any], program: ProgramView, basis: BasisView, refused: Conflict | None = None
) -> Response[Any]:
    title = "按分基準を削除する"
    here = f"/programs/{program.id}/bases"
    values = await queries.member_values(program.id, basis.id)
    return render(
        request,
        "bases/deletion.html",
        title=title,
        breadcrumb=program_trail(program, ("按分基準", here), (basis.name, f"{here}/{basis.id}"), (title, None)),
        help_page="apportionment",
        status=status_of(refused),
        errors=field_messages(refused),
        here=f"{here}/{basis.id}",
        basis=basis,
        used_by=await queries.uses_of(program.id, basis.id),
        value_count=sum(1 for one in values if one.value is not None),
    )


def _line(program: ProgramView, one: BasisLine) -> dict[str, Any]:
    return {
        "url": f"/programs/{program.id}/bases/{one.basis.id}",
        "basis": one.basis,
        "valued": one.valued,
        "members": one.members,
        "total": shown_number(one.total) if one.valued else None,
        "missing": one.missing,
    }


MODULE = Module(
    name="bases",
    handlers=(
        basis_list,
        new_basis,
        create_basis,
        basis_page,
        save_values,
        edit_basis,
        change_basis,
        confirm_deletion,
        delete_basis,
        *paste_pages.HANDLERS,
    ),
    templates=Path(__file__).parent / "templates",
    imports=(BASIS_VALUES,),
    action_labels={
        "create_basis": "按分基準を登録",
        "change_basis": "按分基準の内容を変更",
        "delete_basis": "按分基準を削除",
        "save_basis_values": "按分基準の値を保存",
    },
)
