"""Pages of grants: the list in the order of calculation, the form, moving, deletion."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.costs import queries as costs
from billing.costs.rules import CostView
from billing.grants import forms, operations, queries
from billing.grants.rules import FUNDERS, LEVELS, TAXES, GrantView, counts
from billing.money import format_yen
from billing.programs import queries as programs
from billing.programs.rules import ROUNDING_MODES, ProgramView
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
        "grant-created": "交付金を登録しました。",
        "grant-changed": "交付金を変更しました。",
        "grant-deleted": "交付金を削除しました。",
        "grant-moved": "計算の順番を変えました。",
    }
)


@page("/programs/{program_id:str}/grants", roles=PREFECTURE)
async def grant_list(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The program's grants in the order of calculation."""
    return await _list(request, await programs.program(positive_id(program_id)))


@page("/programs/{program_id:str}/grants/new", roles=EDITORS)
async def new_grant(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The form for a new grant."""
    program = await programs.program(positive_id(program_id))
    return await _form(request, program, None, forms.GrantValues(forms.NEW_GRANT, frozenset()))


@act("/programs/{program_id:str}/grants", roles=EDITORS)
async def create_grant(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Adds a grant after all others."""
    form = await read_form(request)
    program = await programs.program(positive_id(program_id))
    try:
        async with savepoint():
            grant = forms.grant_input(form, await costs.costs(program.id))
            await operations.create_grant(visit(request).context, program.id, grant)
    except Invalid as refused:
        return await _form(request, program, None, forms.typed_values(form), refused)
    return see_other(f"/programs/{program.id}/grants", done="grant-created")


@page("/programs/{program_id:str}/grants/{grant_id:str}/edit", roles=EDITORS)
async def edit_grant(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """The form for a grant."""
    program, grant = await _program_and_grant(program_id, grant_id)
    return await _form(request, program, grant, forms.grant_values(grant))


@act("/programs/{program_id:str}/grants/{grant_id:str}", roles=EDITORS)
async def change_grant(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """Changes a grant."""
    form = await read_form(request)
    program, grant = await _program_and_grant(program_id, grant_id)
    try:
        async with savepoint():
            changed = forms.grant_input(form, await costs.costs(program.id))
            version = positive_id(form.get("version", ""))
            await operations.change_grant(visit(request).context, program.id, grant.id, changed, version)
    except (Invalid, Conflict) as refused:
        grant = await queries.grant(program.id, grant.id)
        return await _form(request, program, grant, forms.typed_values(form), refused)
    return see_other(f"/programs/{program.id}/grants", done="grant-changed")


@act("/programs/{program_id:str}/grants/{grant_id:str}/position", roles=EDITORS)
async def move_grant(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """Changes places with the grant before or after."""
    form = await read_form(request)
    program, grant = await _program_and_grant(program_id, grant_id)
    try:
        async with savepoint():
            seen = positive_id(form.get("position", ""))
            await operations.move_grant(visit(request).context, program.id, grant.id, form.get("direction", ""), seen)
    except (Invalid, Conflict) as refused:
        return await _list(request, program, refused)
    return see_other(f"/programs/{program.id}/grants", done="grant-moved")


@page("/programs/{program_id:str}/grants/{grant_id:str}/deletion", roles=EDITORS)
async def confirm_deletion(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """Asks before a grant is deleted."""
    program, grant = await _program_and_grant(program_id, grant_id)
    return await _deletion(request, program, grant, None)


@act("/programs/{program_id:str}/grants/{grant_id:str}/deletion", roles=EDITORS)
async def delete_grant(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """Deletes a grant."""
    form = await read_form(request)
    program, grant = await _program_and_grant(program_id, grant_id)
    try:
        async with savepoint():
            version = positive_id(form.get("version", ""))
            await operations.delete_grant(visit(request).context, program.id, grant.id, version)
    except Conflict as refused:
        return await _deletion(request, program, grant, refused)
    return see_other(f"/programs/{program.id}/grants", done="grant-deleted")


async def _program_and_grant(program_id: str, grant_id: str) -> tuple[ProgramView, GrantView]:
    program = await programs.program(positive_id(program_id))
    return program, await queries.grant(program.id, positive_id(grant_id))


async def _list(
    request: Request[Any, Any, Any], program: ProgramView, refused: Invalid | Conflict | None = None
) -> Response[Any]:
    all_costs = await costs.costs(program.id)
    in_order = await queries.grants(program.id)
    return render(
        request,
        "grants/list.html",
        title=f"{program.title} 交付金",
        lead="国や県などの交付金・補助金です。上から順に計算し、負担金から差し引きます。",
        breadcrumb=program_trail(program, ("交付金", None)),
        help_page="apportionment",
        status=status_of(refused),
        errors=field_messages(refused),
        tabs=program_tabs(program, "/grants"),
        year_changes=await program_changes(program),
        program=program,
        here=f"/programs/{program.id}/grants",
        ceiling=program.settings.national_ceiling,
        may_edit=visit(request).context.role in EDITORS,
        rows=[
            {
                **_facts(program, one, all_costs),
                "number": number,
                "first": number == 1,
                "last": number == len(in_order),
            }
            for number, one in enumerate(in_order, 1)
        ],
    )


def _facts(program: ProgramView, grant: GrantView, all_costs: Sequence[CostView]) -> dict[str, Any]:
    counted = [one for one in all_costs if counts(grant, one)]
    return {
        "name": grant.name,
        "url": f"/programs/{program.id}/grants/{grant.id}",
        "position": grant.position,
        "funder": FUNDERS[grant.funder],
        "rate": grant.rate,
        "counted": f"補助対象 {len(counted)}件すべて" if grant.cost_ids is None else f"選んだ経費 {len(counted)}件",
        "unfit": [one.name for one in counted if not one.eligible],
        "tax": TAXES[grant.tax],
        "level": LEVELS[grant.level],
        "rounding": f"{format_yen(grant.rounding_unit_yen)}未満{ROUNDING_MODES[grant.rounding_mode]}",
        "caps": _caps(grant),
    }


def _caps(grant: GrantView) -> list[str]:
    scope = "経費1件" if grant.level == "cost" else "総額"
    caps = [(scope, grant.cap_yen), ("1団体", grant.member_cap_yen)]
    return [f"{words} {format_yen(cap)}まで" for words, cap in caps if cap is not None] or ["上限なし"]


async def _form(
    request: Request[Any, Any, Any],
    program: ProgramView,
    grant: GrantView | None,
    values: forms.GrantValues,
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    title = f"{grant.name}を変える" if grant else "交付金を登録する"
    listed = f"/programs/{program.id}/grants"
    all_costs = await costs.costs(program.id)
    # A cost ticked before that is no longer eligible is shown, so that the tick can be taken away.
    shown = [one for one in all_costs if one.eligible or str(one.id) in values.cost_ids]
    return render(
        request,
        "grants/form.html",
        title=title,
        breadcrumb=program_trail(program, ("交付金", listed), (title, None)),
        help_page="apportionment",
        status=status_of(refused),
        errors=messages_with_both(refused, values.all, forms.grant_values(grant).all if grant else {}),
        action=f"{listed}/{grant.id}" if grant else listed,
        listed=listed,
        values=values.fields,
        version=version_to_send(refused, values.fields, grant.version) if grant else None,
        ceiling=program.settings.national_ceiling,
        funders=list(FUNDERS.items()),
        counted=list(forms.COUNTED.items()),
        costs=[
            (
                str(one.id),
                f"{one.name}({format_yen(one.net_yen)})",
                *(() if one.eligible else ("補助対象ではありません。",)),
            )
            for one in shown
        ],
        ticked=values.cost_ids,
        costs_url=f"/programs/{program.id}/costs",
        taxes=list(TAXES.items()),
        levels=[
            ("program", LEVELS["program"], "対象の経費の合計に率を掛け、負担に応じて団体に配ります。"),
            ("cost", LEVELS["cost"], "経費1件ごとに率・上限・端数を計算し、負担に応じて団体に配ります。"),
            (
                "member",
                LEVELS["member"],
                "団体1つごとに、その負担に率・上限・端数を計算します。県の負担分には付きません。",
            ),
        ],
        modes=list(ROUNDING_MODES.items()),
    )


async def _deletion(
    request: Request[Any, Any, Any], program: ProgramView, grant: GrantView, refused: Conflict | None
) -> Response[Any]:
    listed = f"/programs/{program.id}/grants"
    title = f"{grant.name}を削除する"
    return render(
        request,
        "grants/deletion.html",
        title=title,
        breadcrumb=program_trail(program, ("交付金", listed), (title, None)),
        help_page="apportionment",
        status=status_of(refused),
        errors=field_messages(refused),
        listed=listed,
        grant=_facts(program, grant, await costs.costs(program.id)),
        version=grant.version,
    )


MODULE = Module(
    name="grants",
    handlers=(
        grant_list,
        new_grant,
        create_grant,
        edit_grant,
        change_grant,
        move_grant,
        confirm_deletion,
        delete_grant,
    ),
    templates=Path(__file__).parent / "templates",
    action_labels={
        "create_grant": "交付金を登録",
        "change_grant": "交付金を変更",
        "delete_grant": "交付金を削除",
        "move_grant": "交付金の順番を変更",
    },
)
