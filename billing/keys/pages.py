"""Pages of keys: the list in plain sentences, the form, the preview of every member's share, deletion."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.apportionment.terms import EQUAL_BASIS
from billing.bases import queries as bases
from billing.bases.rules import EQUAL_NAME, BasisView
from billing.costs import queries as costs
from billing.keys import forms, operations, preview_page, queries
from billing.keys.member_lines import Organisation
from billing.keys.rules import KeyView
from billing.keys.wording import key_sentence, strangers
from billing.programs import queries as programs
from billing.programs.rules import MemberView, ProgramView
from billing.programs.tabs import program_tabs, program_trail
from billing.years.changes.queries import program_changes
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.directory import queries as directory
from tenants.directory.rules import TenantKind
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
        "key-created": "按分方法を登録しました。団体ごとの割合を確かめてください。",
        "key-changed": "按分方法を変更しました。団体ごとの割合を確かめてください。",
        "key-deleted": "按分方法を削除しました。",
    }
)


@page("/programs/{program_id:str}/keys", roles=PREFECTURE)
async def key_list(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The program's keys, each in one sentence."""
    program = await programs.program(positive_id(program_id))
    members = await programs.members(program.id)
    basis_names = await _basis_names(program.id)
    return render(
        request,
        "keys/list.html",
        title=f"{program.title} 按分方法",
        lead="経費をどの割合で分けるかの決まりです。規約や協定の条文のとおりに登録し、経費ごとに選びます。",
        breadcrumb=program_trail(program, ("按分方法", None)),
        help_page="apportionment",
        tabs=program_tabs(program, "/keys"),
        year_changes=await program_changes(program),
        program=program,
        here=f"/programs/{program.id}/keys",
        may_edit=visit(request).context.role in EDITORS,
        rows=[_row(program, one, basis_names, members) for one in await queries.keys(program.id)],
    )


@page("/programs/{program_id:str}/keys/new", roles=EDITORS)
async def new_key(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The form for a new key."""
    return await _form(request, await programs.program(positive_id(program_id)), None, forms.NEW_KEY)


@act("/programs/{program_id:str}/keys", roles=EDITORS)
async def create_key(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Sets up a key."""
    form = await read_form(request)
    program = await programs.program(positive_id(program_id))
    if form.get("more"):
        return await _form(request, program, None, _typed(forms.NEW_KEY, form))
    try:
        async with savepoint():
            key = forms.key_input(form, await _choices(program))
            key_id = await operations.create_key(visit(request).context, program.id, key)
    except Invalid as refused:
        return await _form(request, program, None, _typed(forms.NEW_KEY, form), refused)
    return see_other(f"/programs/{program.id}/keys/{key_id}", done="key-created")


@page("/programs/{program_id:str}/keys/{key_id:str}", roles=PREFECTURE)
async def key_page(request: Request[Any, Any, Any], program_id: FromPath[str], key_id: FromPath[str]) -> Response[Any]:
    """One key and what it gives every member."""
    program, key = await _program_and_key(program_id, key_id)
    members = await programs.members(program.id)
    basis_names = await _basis_names(program.id)
    row = _row(program, key, basis_names, members)
    return render(
        request,
        "keys/page.html",
        title=key.name,
        lead=row["sentence"],
        breadcrumb=program_trail(program, ("按分方法", f"/programs/{program.id}/keys"), (key.name, None)),
        help_page="apportionment",
        tabs=program_tabs(program, "/keys"),
        program=program,
        here=row["url"],
        strangers=await _named(row["strangers"]),
        used_by=await queries.costs_using(program.id, key.id),
        may_edit=visit(request).context.role in EDITORS,
        **preview_page.preview_variables(
            program, key, members, basis_names, await bases.basis_values(program.id), await costs.costs(program.id)
        ),
    )


@page("/programs/{program_id:str}/keys/{key_id:str}/edit", roles=EDITORS)
async def edit_key(request: Request[Any, Any, Any], program_id: FromPath[str], key_id: FromPath[str]) -> Response[Any]:
    """The form for a key."""
    program, key = await _program_and_key(program_id, key_id)
    return await _form(request, program, key, await _saved(key))


@act("/programs/{program_id:str}/keys/{key_id:str}", roles=EDITORS)
async def change_key(
    request: Request[Any, Any, Any], program_id: FromPath[str], key_id: FromPath[str]
) -> Response[Any]:
    """Changes a key."""
    form = await read_form(request)
    program, key = await _program_and_key(program_id, key_id)
    if form.get("more"):
        return await _form(request, program, key, _typed(await _saved(key), form))
    try:
        async with savepoint():
            changed = forms.key_input(form, await _choices(program))
            version = positive_id(form.get("version", ""))
            await operations.change_key(visit(request).context, program.id, key.id, changed, version)
    except (Invalid, Conflict) as refused:
        key = await queries.key(program.id, key.id)
        return await _form(request, program, key, _typed(await _saved(key), form), refused)
    return see_other(f"/programs/{program.id}/keys/{key.id}", done="key-changed")


@page("/programs/{program_id:str}/keys/{key_id:str}/deletion", roles=EDITORS)
async def confirm_deletion(
    request: Request[Any, Any, Any], program_id: FromPath[str], key_id: FromPath[str]
) -> Response[Any]:
    """Asks before a key is deleted."""
    program, key = await _program_and_key(program_id, key_id)
    return await _deletion(request, program, key, None)


@act("/programs/{program_id:str}/keys/{key_id:str}/deletion", roles=EDITORS)
async def delete_key(
    request: Request[Any, Any, Any], program_id: FromPath[str], key_id: FromPath[str]
) -> Response[Any]:
    """Deletes a key that no cost uses."""
    form = await read_form(request)
    program, key = await _program_and_key(program_id, key_id)
    try:
        async with savepoint():
            version = positive_id(form.get("version", ""))
            await operations.delete_key(visit(request).context, program.id, key.id, version)
    except Conflict as refused:
        return await _deletion(request, program, key, refused)
    return see_other(f"/programs/{program.id}/keys", done="key-deleted")


async def _program_and_key(program_id: str, key_id: str) -> tuple[ProgramView, KeyView]:
    program = await programs.program(positive_id(program_id))
    return program, await queries.key(program.id, positive_id(key_id))


async def _basis_names(program_id: int) -> dict[int, str]:
    return {one.id: one.name for one in await bases.bases(program_id)}


async def _organisations() -> list[Organisation]:
    return [
        Organisation(one.code, one.name) for one in await directory.tenants() if one.kind is not TenantKind.PREFECTURE
    ]


async def _choices(program: ProgramView) -> forms.Choices:
    basis_ids = [one.id for one in await bases.bases(program.id)]
    return forms.Choices(await programs.members(program.id), basis_ids, await _organisations())


async def _saved(key: KeyView) -> dict[str, str]:
    return forms.key_values(key, {one.code: one.name for one in await _organisations()})


def _typed(before: Mapping[str, str], form: Mapping[str, str]) -> dict[str, str]:
    """What was typed over what was there; a box that is not ticked is not sent at all."""
    return {**before, "renormalise": "", **form}


async def _named(codes: list[str]) -> list[str]:
    names = {one.code: one.name for one in await _organisations()}
    return [f"{names[code]}({code})" if code in names else code for code in codes]


def _row(
    program: ProgramView, key: KeyView, basis_names: Mapping[int, str], members: list[MemberView]
) -> dict[str, Any]:
    return {
        "name": key.name,
        "url": f"/programs/{program.id}/keys/{key.id}",
        "sentence": key_sentence(key.definition, basis_names, {one.code: one.name for one in members}),
        "strangers": strangers(key.definition, [one.code for one in members]),
    }


async def _form(
    request: Request[Any, Any, Any],
    program: ProgramView,
    key: KeyView | None,
    values: Mapping[str, str],
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    title = f"{key.name}を変える" if key else "按分方法を登録する"
    listed = f"/programs/{program.id}/keys"
    all_bases: list[BasisView] = await bases.bases(program.id)
    rows = forms.rows_of(values)
    blank = forms.blank_rows(rows)
    opened = key.version if key else 0
    if refused is None:  # more rows were asked for, or the form was opened
        version: int | str = values.get("version", "") or opened
    else:
        version = version_to_send(refused, values, opened)
    return render(
        request,
        "keys/form.html",
        title=title,
        breadcrumb=program_trail(program, ("按分方法", listed), (title, None)),
        help_page="apportionment",
        status=status_of(refused),
        errors=messages_with_both(refused, values, {**blank, **await _saved(key)} if key else {}),
        action=f"{listed}/{key.id}" if key else listed,
        values={**blank, **values},
        version=version if key else None,
        rows=rows,
        may_have_more=len(rows) < len(forms.ROWS),
        methods=[
            ("components", forms.METHODS["components"], "均等割・人口割などを、決めた割合で組み合わせます。"),
            ("fixed", forms.METHODS["fixed"], "団体ごとの割合を、協定で決めた数のまま使います。"),
        ],
        bases=[
            (EQUAL_BASIS, f"{EQUAL_NAME}(どの団体も1)"),
            *((str(one.id), f"{one.name}({one.unit})") for one in all_bases),
        ],
        hosts=[(one.code, one.name) for one in await programs.members(program.id)],
    )


async def _deletion(
    request: Request[Any, Any, Any], program: ProgramView, key: KeyView, refused: Conflict | None
) -> Response[Any]:
    here = f"/programs/{program.id}/keys/{key.id}"
    return render(
        request,
        "keys/deletion.html",
        title=f"{key.name}を削除する",
        breadcrumb=program_trail(
            program, ("按分方法", f"/programs/{program.id}/keys"), (key.name, here), ("削除する", None)
        ),
        help_page="apportionment",
        status=status_of(refused),
        errors=field_messages(refused),
        here=here,
        key=key,
        sentence=_row(program, key, await _basis_names(program.id), await programs.members(program.id))["sentence"],
        used_by=await queries.costs_using(program.id, key.id),
    )


MODULE = Module(
    name="keys",
    handlers=(key_list, new_key, create_key, key_page, edit_key, change_key, confirm_deletion, delete_key),
    templates=Path(__file__).parent / "templates",
    action_labels={
        "create_key": "按分方法を登録",
        "change_key": "按分方法を変更",
        "delete_key": "按分方法を削除",
    },
)
