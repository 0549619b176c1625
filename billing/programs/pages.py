"""Pages of programs: the list, setting one up, its rules, its members."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.programs import forms, operations, queries
from billing.programs.listed import program_list_of_today
from billing.programs.rules import REMAINDERS, ROUNDING_MODES, ROUNDING_STAGES, SHARES_PUBLISHED, ProgramView
from billing.programs.tabs import program_tabs, program_trail
from billing.programs.tasks import programs_under_way
from billing.years.changes.queries import program_changes
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.directory import queries as directory
from tenants.directory.rules import TenantKind, TenantView
from tenants.errors import Conflict, Invalid
from tenants.lists.listing import list_page
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import FormData, positive_id, read_form, status_of
from tenants.web.modules import Module, NavigationEntry
from tenants.web.routes import PREFECTURE, act, page
from tenants.web.stale import messages_with_both, version_to_send
from tenants.web.visit import visit

_NEW = ("事業を登録する", "/programs/new")
EDITORS = frozenset({Role.PREFECTURE_FINANCE})
say_when_done(
    {
        "program-created": "事業を登録しました。次に構成団体を選んでください。",
        "program-changed": "事業の設定を変更しました。",
        "members-chosen": "構成団体を保存しました。",
    }
)


@page("/programs", roles=PREFECTURE)
async def program_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """Every program, newest year first."""
    may_edit = visit(request).context.role in EDITORS
    return await list_page(
        request,
        await program_list_of_today(),
        title="事業",
        lead="市町と共同で行う事業です。経費・按分基準・交付金を登録し、団体ごとの負担金を計算します。",
        breadcrumb=[("今週やること", "/"), ("事業", None)],
        help_page="apportionment",
        links=[*([_NEW] if may_edit else []), ("すべての計算", "/runs")],
        new_first=may_edit,
        empty_link=(_NEW[1], _NEW[0]) if may_edit else None,
    )


@page("/programs/new", roles=EDITORS)
async def new_program(request: Request[Any, Any, Any]) -> Response[Any]:
    """The form for a new program."""
    return await _form(request, None, forms.NEW_PROGRAM)


@act("/programs", roles=EDITORS)
async def create_program(request: Request[Any, Any, Any]) -> Response[Any]:
    """Sets up a program."""
    form = await read_form(request)
    try:
        async with savepoint():
            settings = forms.program_input(form, await _possible_members())
            program_id = await operations.create_program(visit(request).context, settings)
    except Invalid as refused:
        return await _form(request, None, {**forms.NEW_PROGRAM, **form}, refused)
    return see_other(f"/programs/{program_id}/members", done="program-created")


@page("/programs/{program_id:str}", roles=PREFECTURE)
async def program_page(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """A program's rules and what is still missing before it can be calculated."""
    program = await queries.program(positive_id(program_id))
    settings = program.settings
    named = {one.id: one.name for one in await _possible_members()}
    return render(
        request,
        "programs/page.html",
        title=program.title,
        breadcrumb=program_trail(program),
        help_page="apportionment",
        tabs=program_tabs(program, ""),
        year_changes=await program_changes(program),
        program=program,
        may_edit=visit(request).context.role in EDITORS,
        facts=[
            ("端数処理", f"{ROUNDING_STAGES[settings.rounding_stage]}(単位 {settings.rounding_unit_yen:,}円)"),
            (
                "端数の行き先",
                REMAINDERS[settings.rounding_remainder]
                + (f": {named.get(settings.rounding_named_id, '')}" if settings.rounding_named_id else ""),
            ),
            ("国費の上限", f"経費の {settings.national_ceiling} まで"),
            ("負担金の端数", f"{settings.invoice_unit_yen:,}円単位で{ROUNDING_MODES[settings.invoice_mode]}"),
            (
                "納付回数",
                f"{settings.instalment_count}回({settings.instalment_unit_yen:,}円単位、端数は第1期に加算)",
            ),
            ("按分表の公開", SHARES_PUBLISHED["yes" if settings.shares_published else "no"]),
        ],
    )


@page("/programs/{program_id:str}/edit", roles=EDITORS)
async def edit_program(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The form for a program's settings."""
    program = await queries.program(positive_id(program_id))
    return await _form(request, program, forms.program_values(program.settings))


@act("/programs/{program_id:str}", roles=EDITORS)
async def change_program(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Changes a program's settings."""
    form = await read_form(request)
    program = await queries.program(positive_id(program_id))
    try:
        async with savepoint():
            settings = forms.program_input(form, await _possible_members())
            await operations.change_program(
                visit(request).context, program.id, settings, positive_id(form.get("version", ""))
            )
    except (Invalid, Conflict) as refused:
        program = await queries.program(program.id)
        return await _form(request, program, {**forms.program_values(program.settings), **form}, refused)
    return see_other(f"/programs/{program.id}", done="program-changed")


@page("/programs/{program_id:str}/members", roles=PREFECTURE)
async def member_page(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Who takes part."""
    program = await queries.program(positive_id(program_id))
    members = await queries.members(program.id)
    return await _members(request, program, {str(one.tenant_id) for one in members}, forms.member_values(members), None)


@act("/programs/{program_id:str}/members", roles=EDITORS)
async def choose_members(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Makes the ticked organisations the members."""
    form = await read_form(request)
    program = await queries.program(positive_id(program_id))
    try:
        async with savepoint():
            chosen = forms.member_inputs(form, await _possible_members())
            await operations.choose_members(
                visit(request).context, program.id, chosen, positive_id(form.get("version", ""))
            )
    except (Invalid, Conflict) as refused:
        program = await queries.program(program.id)
        return await _members(request, program, set(form.all("members")), form, refused)
    return see_other(f"/programs/{program.id}/members", done="members-chosen")


async def _possible_members() -> list[TenantView]:
    return [one for one in await directory.tenants() if one.kind is not TenantKind.PREFECTURE]


async def _form(
    request: Request[Any, Any, Any],
    program: ProgramView | None,
    values: Mapping[str, str],
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    title = "事業の設定を変える" if program else "事業を登録する"
    return render(
        request,
        "programs/form.html",
        title=title,
        breadcrumb=program_trail(program, (title, None))
        if program
        else [("今週やること", "/"), ("事業", "/programs"), (title, None)],
        help_page="apportionment",
        status=status_of(refused),
        errors=messages_with_both(refused, values, forms.program_values(program.settings) if program else {}),
        action=f"/programs/{program.id}" if program else "/programs",
        values=values,
        version=version_to_send(refused, values, program.version) if program else None,
        stages=list(ROUNDING_STAGES.items()),
        remainders=list(REMAINDERS.items()),
        modes=list(ROUNDING_MODES.items()),
        published=list(SHARES_PUBLISHED.items()),
        organisations=[(str(one.id), one.name) for one in await _possible_members()],
    )


async def _members(
    request: Request[Any, Any, Any],
    program: ProgramView,
    ticked: set[str],
    values: Mapping[str, str] | FormData,
    refused: Invalid | Conflict | None,
) -> Response[Any]:
    rows = [
        {
            "id": one.id,
            "code": one.code,
            "name": one.name,
            "kind": one.kind.label,
            "ticked": str(one.id) in ticked,
            "months": values.get(f"months-{one.id}", "12"),
            "factor": values.get(f"factor-{one.id}", "1"),
        }
        for one in await _possible_members()
    ]
    typed = {f"members-{one}": "1" for one in ticked} | {
        f"{field}-{row['id']}": str(row[field]) for row in rows for field in ("months", "factor")
    }
    members = await queries.members(program.id)
    now = {f"members-{row['id']}": "" for row in rows} | {f"members-{one.tenant_id}": "1" for one in members}
    now |= forms.member_values(members)
    return render(
        request,
        "programs/members.html",
        title=f"{program.title} 構成団体",
        lead="この事業の負担金を分け合う団体を選びます。年度途中の参加は月数、減額や重みづけは係数で表します。",
        breadcrumb=program_trail(program, ("構成団体", None)),
        help_page="apportionment",
        status=status_of(refused),
        errors=messages_with_both(refused, typed, now),
        tabs=program_tabs(program, "/members"),
        year_changes=await program_changes(program),
        program=program,
        version=version_to_send(refused, values, program.version),
        may_edit=visit(request).context.role in EDITORS,
        rows=rows,
        chosen_count=sum(1 for row in rows if row["ticked"]),
    )


MODULE = Module(
    name="programs",
    handlers=(
        program_list,
        new_program,
        create_program,
        program_page,
        edit_program,
        change_program,
        member_page,
        choose_members,
    ),
    templates=Path(__file__).parent / "templates",
    # Runs, statements, what towns ask and pay are read on the way from a program, whatever their addresses.
    navigation=(
        NavigationEntry(
            "事業と負担金", "/programs", PREFECTURE, further=("/runs", "/statements", "/disputes", "/payments")
        ),
    ),
    summaries=(programs_under_way,),
    action_labels={
        "create_program": "事業を登録",
        "change_program": "事業の設定を変更",
        "choose_members": "構成団体を保存",
    },
)
