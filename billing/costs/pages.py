"""Pages of costs: the list with its sums, entering, changing and deleting one."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import uuid4

from litestar import Request, Response
from litestar.params import FromPath

from billing.bases import queries as bases
from billing.costs import forms, operations, queries
from billing.costs.listed import cost_list_of
from billing.costs.rules import CHARGES, PAGE_SOURCE, TAX_RATES, CostInput, CostView, borne_by, totals
from billing.costs.tariffs import forms as tariff_forms
from billing.costs.tariffs.pages import cost_prices, prices_of, tariff_choices
from billing.costs.tariffs.preview import PricesPreview
from billing.keys import queries as keys
from billing.programs import queries as programs
from billing.programs.rules import ProgramView
from billing.programs.tabs import program_tabs, program_trail
from billing.years.changes.queries import program_changes
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.lists.listing import list_page
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import FormData, field_messages, positive_id, read_form, status_of
from tenants.web.modules import Module
from tenants.web.rendering import yen
from tenants.web.routes import PREFECTURE, act, page
from tenants.web.stale import messages_with_both, version_to_send
from tenants.web.visit import visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})
say_when_done(
    {
        "cost-created": "経費を登録しました。",
        "cost-changed": "経費を変更しました。",
        "cost-deleted": "経費を削除しました。",
    }
)


@page("/programs/{program_id:str}/costs", roles=PREFECTURE)
async def cost_list(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The program's costs with their sums."""
    program = await programs.program(positive_id(program_id))
    may_edit = visit(request).context.role in EDITORS
    new = (f"/programs/{program.id}/costs/new", "経費を登録する")
    return await list_page(
        request,
        cost_list_of(program.id, may_edit=may_edit),
        template="costs/list.html",
        title=f"{program.title} 経費",
        lead="この事業にかかる経費(税込)です。特定財源を引いた額を、按分方法に従って団体ごとに分けます。",
        breadcrumb=program_trail(program, ("経費", None)),
        help_page="apportionment",
        tabs=program_tabs(program, "/costs"),
        year_changes=await program_changes(program),
        program=program,
        may_edit=may_edit,
        sums=totals(await queries.costs(program.id)),
        new=new if may_edit else None,
        empty_link=new if may_edit else None,
    )


@page("/programs/{program_id:str}/costs/new", roles=EDITORS)
async def new_cost(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The form for a new cost."""
    return await _form(request, await programs.program(positive_id(program_id)), None, forms.NEW_COST)


@act("/programs/{program_id:str}/costs", roles=EDITORS)
async def create_cost(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Enters a cost."""
    form = await read_form(request)
    program = await programs.program(positive_id(program_id))
    if _is_not_saved(form):
        return await _form(request, program, None, {**forms.NEW_COST, **form})
    try:
        async with savepoint():
            typed = await _typed(form, program)
            reference = str(uuid4())
            await operations.post_cost(
                visit(request).context, program.id, source=PAGE_SOURCE, reference=reference, **asdict(typed)
            )
    except (Invalid, Conflict) as refused:
        return await _form(request, program, None, {**forms.NEW_COST, **form}, refused)
    return see_other(f"/programs/{program.id}/costs", done="cost-created")


@page("/programs/{program_id:str}/costs/{cost_id:str}/edit", roles=EDITORS)
async def edit_cost(
    request: Request[Any, Any, Any], program_id: FromPath[str], cost_id: FromPath[str]
) -> Response[Any]:
    """The form for a cost."""
    program, cost = await _program_and_cost(program_id, cost_id)
    return await _form(request, program, cost, await _saved(program, cost))


@act("/programs/{program_id:str}/costs/{cost_id:str}", roles=EDITORS)
async def change_cost(
    request: Request[Any, Any, Any], program_id: FromPath[str], cost_id: FromPath[str]
) -> Response[Any]:
    """Changes a cost."""
    form = await read_form(request)
    program, cost = await _program_and_cost(program_id, cost_id)
    if _is_not_saved(form):
        return await _form(request, program, cost, {**await _saved(program, cost), **form})
    try:
        async with savepoint():
            await operations.change_cost(
                visit(request).context,
                program.id,
                cost.id,
                await _typed(form, program),
                positive_id(form.get("version", "")),
            )
    except (Invalid, Conflict) as refused:
        cost = await queries.cost(program.id, cost.id)
        return await _form(request, program, cost, {**await _saved(program, cost), **form}, refused)
    return see_other(f"/programs/{program.id}/costs", done="cost-changed")


@page("/programs/{program_id:str}/costs/{cost_id:str}/deletion", roles=EDITORS)
async def confirm_deletion(
    request: Request[Any, Any, Any], program_id: FromPath[str], cost_id: FromPath[str]
) -> Response[Any]:
    """Asks before a cost is deleted."""
    program, cost = await _program_and_cost(program_id, cost_id)
    return await _deletion(request, program, cost)


@act("/programs/{program_id:str}/costs/{cost_id:str}/deletion", roles=EDITORS)
async def delete_cost(
    request: Request[Any, Any, Any], program_id: FromPath[str], cost_id: FromPath[str]
) -> Response[Any]:
    """Deletes a cost."""
    form = await read_form(request)
    program, cost = await _program_and_cost(program_id, cost_id)
    try:
        async with savepoint():
            version = positive_id(form.get("version", ""))
            await operations.delete_cost(visit(request).context, program.id, cost.id, version)
    except Conflict as refused:
        return await _deletion(request, program, cost, refused)
    return see_other(f"/programs/{program.id}/costs", done="cost-deleted")


async def _program_and_cost(program_id: str, cost_id: str) -> tuple[ProgramView, CostView]:
    program = await programs.program(positive_id(program_id))
    return program, await queries.cost(program.id, positive_id(cost_id))


def _is_not_saved(form: FormData) -> bool:
    """Whether more rows or the amounts per member are asked for, before anything is saved."""
    return bool(form.get("more") or form.get("preview"))


async def _typed(form: Mapping[str, str], program: ProgramView) -> CostInput:
    key_ids = [one.id for one in await keys.keys(program.id)]
    basis_ids = [one.id for one in await bases.bases(program.id)]
    return forms.cost_input(form, key_ids, await programs.members(program.id), basis_ids)


async def _saved(program: ProgramView, cost: CostView) -> dict[str, str]:
    return forms.cost_values(cost, {one.code: one.name for one in await programs.members(program.id)})


async def _form(
    request: Request[Any, Any, Any],
    program: ProgramView,
    cost: CostView | None,
    values: Mapping[str, str],
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    title = "経費を変える" if cost else "経費を登録する"
    here = f"/programs/{program.id}/costs"
    prices: PricesPreview | None = None
    if refused is None and values.get("preview"):
        try:
            prices = await prices_of(program.id, await _typed(values, program))
        except Invalid as wrong:
            refused = wrong
    rows = tariff_forms.tariff_rows(values)
    blank = tariff_forms.blank_rows(rows)
    opened = cost.version if cost else 0
    asked = values.get("version", "") if values.get("more") or values.get("preview") else ""
    errors = messages_with_both(refused, values, {**blank, **await _saved(program, cost)} if cost else {})
    return render(
        request,
        "costs/form.html",
        title=title,
        breadcrumb=program_trail(program, ("経費", here), (title, None)),
        help_page="apportionment",
        status=status_of(refused),
        errors=errors,
        here=here,
        action=f"{here}/{cost.id}" if cost else here,
        values={**blank, **values},
        version=(asked or version_to_send(refused, values, opened)) if cost else None,
        posted_from=cost.source if cost and cost.source != PAGE_SOURCE else None,
        posted_reference=cost.reference if cost else "",
        tax_rates=list(TAX_RATES.items()),
        eligibilities=list(forms.ELIGIBLE.items()),
        charges=list(CHARGES.items()),
        keys=[(str(one.id), one.name) for one in await keys.keys(program.id)],
        keys_url=f"/programs/{program.id}/keys",
        members=[(str(one.tenant_id), f"{one.name}({one.code})") for one in await programs.members(program.id)],
        prices=prices,
        tariff={**await tariff_choices(program.id, rows), "open": tariff_forms.is_open(values, errors)},
    )


async def _deletion(
    request: Request[Any, Any, Any], program: ProgramView, cost: CostView, refused: Conflict | None = None
) -> Response[Any]:
    title = "経費を削除する"
    here = f"/programs/{program.id}/costs"
    return render(
        request,
        "costs/deletion.html",
        title=title,
        breadcrumb=program_trail(program, ("経費", here), (title, None)),
        help_page="apportionment",
        status=status_of(refused),
        errors=field_messages(refused),
        here=here,
        action=f"{here}/{cost.id}/deletion",
        version=cost.version,
        used_by=await queries.grants_counting(program.id, cost.id),
        facts=[
            ("経費の名前", cost.name),
            ("経費(税込)", yen(cost.amount_yen)),
            ("特定財源", yen(cost.revenue_yen)),
            ("負担のしかた", borne_by(cost.charge_kind, cost.key_name, cost.member_name, takes_part=cost.takes_part)),
        ],
    )


MODULE = Module(
    name="costs",
    handlers=(cost_list, new_cost, create_cost, edit_cost, change_cost, cost_prices, confirm_deletion, delete_cost),
    templates=Path(__file__).parent / "templates",
    action_labels={
        "post_cost": "経費を登録",
        "change_cost": "経費を変更",
        "delete_cost": "経費を削除",
    },
)
