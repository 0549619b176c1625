"""Pages of scenarios: the list, copying a case, one scenario with its figures and what was changed in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.programs import queries as programs
from billing.programs.rules import ProgramView
from billing.programs.tabs import program_tabs, program_trail
from billing.runs import queries as runs
from billing.runs.rules import figures
from billing.scenarios import forms, operations, queries
from billing.scenarios.adoption.pages import HANDLERS as ADOPTION
from billing.scenarios.comparison.pages import HANDLERS as COMPARISON
from billing.scenarios.differences import differences
from billing.scenarios.editing.pages import HANDLERS as EDITING
from billing.scenarios.problems import problem_rows
from billing.scenarios.rules import MOST_COMPARED, PARTS, ScenarioHead, ScenarioView
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import positive_id, read_form, status_of
from tenants.web.modules import Module
from tenants.web.routes import PREFECTURE, act, page
from tenants.web.stale import messages_with_both, version_to_send
from tenants.web.visit import visit

OFFICERS = frozenset({Role.PREFECTURE_FINANCE})
_HERE = "/programs/{program_id:str}/scenarios"
_ONE = "/programs/{program_id:str}/scenarios/{scenario_id:str}"
say_when_done(
    {
        "scenario-copied": "写しを作りました。変えたいところを選んで直してください。",
        "scenario-renamed": "試算の名前とメモを変更しました。",
        "scenario-deleted": "試算を削除しました。",
    }
)


@page(_HERE, roles=PREFECTURE)
async def scenario_list(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The program's scenarios, and the form that copies a case."""
    return await _list(request, await programs.program(positive_id(program_id)), forms.NEW_SCENARIO)


@act(_HERE, roles=OFFICERS)
async def copy_case(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Copies a case into a new scenario."""
    form = await read_form(request)
    here = visit(request)
    program = await programs.program(positive_id(program_id))
    try:
        async with savepoint():
            options = forms.sources(await runs.runs(program.id), await queries.scenarios(program.id))
            source, named = forms.copy_input(form, options)
            scenario_id = await operations.copy_case(here.context, program.id, source, named.name, named.note, here.now)
    except (Invalid, Conflict) as refused:
        return await _list(request, program, {**forms.NEW_SCENARIO, **form}, refused)
    return see_other(f"/programs/{program.id}/scenarios/{scenario_id}", done="scenario-copied")


@page(_ONE, roles=PREFECTURE)
async def scenario_page(
    request: Request[Any, Any, Any], program_id: FromPath[str], scenario_id: FromPath[str]
) -> Response[Any]:
    """One scenario: what was changed, what comes out, what can be done with it."""
    program = await programs.program(positive_id(program_id))
    return await _page(request, program, await queries.scenario(program.id, positive_id(scenario_id)), {})


@act(_ONE, roles=OFFICERS)
async def rename_scenario(
    request: Request[Any, Any, Any], program_id: FromPath[str], scenario_id: FromPath[str]
) -> Response[Any]:
    """Changes what a scenario is called and its note."""
    form = await read_form(request)
    program = await programs.program(positive_id(program_id))
    found = await queries.scenario(program.id, positive_id(scenario_id))
    try:
        async with savepoint():
            named = forms.named_input(form)
            version = positive_id(form.get("version", ""))
            await operations.rename_scenario(
                visit(request).context, program.id, found.id, named.name, named.note, version
            )
    except (Invalid, Conflict) as refused:
        return await _page(request, program, await queries.scenario(program.id, found.id), form, refused)
    return see_other(f"/programs/{program.id}/scenarios/{found.id}", done="scenario-renamed")


@act(_ONE + "/deletion", roles=OFFICERS)
async def delete_scenario(
    request: Request[Any, Any, Any], program_id: FromPath[str], scenario_id: FromPath[str]
) -> Response[Any]:
    """Deletes a scenario."""
    form = await read_form(request)
    program = await programs.program(positive_id(program_id))
    found = await queries.scenario(program.id, positive_id(scenario_id))
    try:
        async with savepoint():
            await operations.delete_scenario(
                visit(request).context, program.id, found.id, positive_id(form.get("version", ""))
            )
    except Conflict as refused:
        return await _page(request, program, await queries.scenario(program.id, found.id), {}, refused)
    return see_other(f"/programs/{program.id}/scenarios", done="scenario-deleted")


async def _list(
    request: Request[Any, Any, Any],
    program: ProgramView,
    values: Mapping[str, str],
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    found = await queries.scenarios(program.id)
    return render(
        request,
        "scenarios/list.html",
        title=f"{program.title} 試算",
        lead="登録内容や過去の計算を写して、経費・構成団体・交付金などを変えた場合の負担金を確かめます。"
        "試算から負担金算定書が発行されることはありません。",
        breadcrumb=program_trail(program, ("試算", None)),
        help_page="scenarios",
        status=status_of(refused),
        errors=messages_with_both(refused, values, {}),
        tabs=program_tabs(program, "/scenarios"),
        program=program,
        may_edit=visit(request).context.role in OFFICERS,
        values=values,
        sources=forms.sources(await runs.runs(program.id), found),
        scenarios=[_row(one) for one in found],
        most_compared=MOST_COMPARED,
    )


async def _page(
    request: Request[Any, Any, Any],
    program: ProgramView,
    found: ScenarioView,
    typed: Mapping[str, str],
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    here = f"/programs/{program.id}/scenarios/{found.id}"
    saved = {"name": found.name, "note": found.note}
    shown = None if found.result is None else figures(found.case, found.result)
    return render(
        request,
        "scenarios/page.html",
        title=found.name,
        breadcrumb=program_trail(program, ("試算", f"/programs/{program.id}/scenarios"), (found.name, None)),
        help_page="scenarios",
        status=status_of(refused),
        errors=messages_with_both(refused, typed, saved),
        tabs=program_tabs(program, "/scenarios"),
        here=here,
        scenario=found,
        may_edit=visit(request).context.role in OFFICERS,
        values={**saved, **typed},
        version=version_to_send(refused, typed, found.version),
        parts_of_case=list(PARTS.items()),
        problems=problem_rows(here, found.case, found.problems),
        figures=shown,
        bars=[] if shown is None else [{"label": one.name, "value": one.invoice_yen} for one in shown.members],
        changes=differences(found.base, found.case),
        compare_url=f"/programs/{program.id}/scenarios/comparison?ids={found.id}",
    )


def _row(one: ScenarioHead) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "url": f"/programs/{one.program_id}/scenarios/{one.id}",
        "status": one.status,
        "based_on": one.based_on,
        "burden_yen": one.burden_yen,
        "created_by": one.created_by,
        "created_at": one.created_at,
    }


MODULE = Module(
    name="scenarios",
    handlers=(
        scenario_list,
        copy_case,
        *COMPARISON,
        scenario_page,
        rename_scenario,
        delete_scenario,
        *EDITING,
        *ADOPTION,
    ),
    templates=Path(__file__).parent / "templates",
    action_labels={
        "copy_scenario": "試算を作成",
        "change_scenario": "試算を変更",
        "rename_scenario": "試算の名前を変更",
        "delete_scenario": "試算を削除",
        "adopt_scenario": "試算を登録内容に反映",
    },
)
