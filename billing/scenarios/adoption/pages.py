"""The page that shows what adopting a scenario would change in the program, and the act that does it."""

from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.programs import queries as programs
from billing.programs.rules import ProgramView
from billing.programs.tabs import program_tabs, program_trail
from billing.scenarios import queries
from billing.scenarios.adoption import operations
from billing.scenarios.rules import ScenarioView
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import positive_id, read_form, status_of
from tenants.web.routes import act, page
from tenants.web.visit import visit

OFFICERS = frozenset({Role.PREFECTURE_FINANCE})
_ADOPTION = "/programs/{program_id:str}/scenarios/{scenario_id:str}/adoption"
say_when_done(
    {"scenario-adopted": "試算の内容を事業の登録内容に反映しました。下の欄から、ふだんどおり計算してください。"}
)


@page(_ADOPTION, roles=OFFICERS)
async def adoption_page(
    request: Request[Any, Any, Any], program_id: FromPath[str], scenario_id: FromPath[str]
) -> Response[Any]:
    """What adopting would change, or why it cannot be done."""
    program = await programs.program(positive_id(program_id))
    return await _page(request, program, await queries.scenario(program.id, positive_id(scenario_id)))


@act(_ADOPTION, roles=OFFICERS)
async def adopt_scenario(
    request: Request[Any, Any, Any], program_id: FromPath[str], scenario_id: FromPath[str]
) -> Response[Any]:
    """Makes the program's registered inputs the scenario's."""
    form = await read_form(request)
    here = visit(request)
    program = await programs.program(positive_id(program_id))
    found = await queries.scenario(program.id, positive_id(scenario_id))
    try:
        async with savepoint():
            version = positive_id(form.get("version", ""))
            await operations.adopt(here.context, program.id, found.id, version, here.now)
    except (Invalid, Conflict) as refused:
        return await _page(request, program, await queries.scenario(program.id, found.id), refused)
    return see_other(f"/programs/{program.id}/runs", done="scenario-adopted")


async def _page(
    request: Request[Any, Any, Any],
    program: ProgramView,
    found: ScenarioView,
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    meanwhile, changes = await operations.changes_of(found)
    here = f"/programs/{program.id}/scenarios"
    return render(
        request,
        "scenarios/adoption.html",
        title=f"{found.name}を登録内容に反映する",
        breadcrumb=program_trail(program, ("試算", here), (found.name, f"{here}/{found.id}"), ("反映", None)),
        help_page="scenarios",
        status=status_of(refused),
        # Which field of which form refuses means nothing here; the sentences do.
        errors={} if refused is None else {"": " ".join([refused.message, *(refused.fields or {}).values()])},
        tabs=program_tabs(program, "/scenarios"),
        action=f"{here}/{found.id}/adoption",
        back=f"{here}/{found.id}",
        list_url=here,
        scenario=found,
        meanwhile=meanwhile,
        changes=changes,
        may_adopt=found.result is not None and changes and not meanwhile,
    )


HANDLERS = (adoption_page, adopt_scenario)
