"""The pages on which a scenario is changed, one per part of its case; saving has the engine answer at once."""

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.apportionment.terms import EQUAL_BASIS
from billing.bases.rules import EQUAL_NAME
from billing.costs.rules import TAX_RATES
from billing.grants.rules import FUNDERS, LEVELS, TAXES
from billing.programs import queries as programs
from billing.programs.rules import REMAINDERS, ROUNDING_MODES, ROUNDING_STAGES, ProgramView
from billing.programs.tabs import program_tabs, program_trail
from billing.scenarios import operations, queries
from billing.scenarios.cases import Document
from billing.scenarios.editing import costs, grants, keys
from billing.scenarios.editing.fields import field_of
from billing.scenarios.editing.rosters import Draft
from billing.scenarios.editing.settings import PARTS as READERS
from billing.scenarios.editing.settings import read_part
from billing.scenarios.rules import PARTS, Outcome, ScenarioView, part_of
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.directory import queries as directory
from tenants.directory.rules import TenantKind
from tenants.errors import Conflict, Invalid, NotFound
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import FormData, positive_id, read_form, status_of
from tenants.web.routes import act, page
from tenants.web.stale import Value, messages_with_both, version_to_send
from tenants.web.visit import visit

OFFICERS = frozenset({Role.PREFECTURE_FINANCE})
_PART = "/programs/{program_id:str}/scenarios/{scenario_id:str}/parts/{part:str}"
say_when_done({"scenario-changed": "試算を変更し、計算し直しました。"})
_LEADS: Mapping[str, str] = {
    "members": "参加を外すと、その団体を除いて計算します。加えた団体は「基準値」の画面で値を入れてください。",
    "bases": "空欄にすると値がないものとして扱います。登録してある按分基準は変わりません。",
    "keys": "割合の合計は 1 にします。割合・基準・団体を空欄にした行は除きます。",
    "costs": "経費の追加は一番下の欄に、取りやめは「除く」を選びます。",
    "grants": "「採択」を外すと、その交付金がない場合の負担金になります。",
    "settings": "端数処理、請求、納付の決まりを変えます。",
}


@page(_PART, roles=OFFICERS)
async def edit_part(
    request: Request[Any, Any, Any], program_id: FromPath[str], scenario_id: FromPath[str], part: FromPath[str]
) -> Response[Any]:
    """The form of one part of the case."""
    program, found = await _place(program_id, scenario_id, part)
    return await _form(request, program, found, part, None)


@act(_PART, roles=OFFICERS)
async def change_part(
    request: Request[Any, Any, Any], program_id: FromPath[str], scenario_id: FromPath[str], part: FromPath[str]
) -> Response[Any]:
    """Changes one part of the case and computes it; what is wrong in this part is shown at its field."""
    form = await read_form(request)
    program, found = await _place(program_id, scenario_id, part)
    try:
        async with savepoint():
            version = positive_id(form.get("version", ""))
            draft = await _draft(found)
            case = read_part(part, draft, form)
            outcome = await operations.answered(case)
            _check(part, case, outcome, READERS[part].values(draft))
            await operations.change_case(visit(request).context, program.id, found.id, case, outcome, version)
    except (Invalid, Conflict) as refused:
        found = await queries.scenario(program.id, found.id)
        return await _form(request, program, found, part, form, refused)
    return see_other(f"/programs/{program.id}/scenarios/{found.id}", done="scenario-changed")


def _check(part: str, case: Document, outcome: Outcome, fields: Mapping[str, Value]) -> None:
    """Raises Invalid for what cannot be read in this part; what is wrong elsewhere is kept with the scenario."""
    own = [one for one in outcome.problems if part_of(one.pointer) == part] if outcome.unreadable else []
    if own:
        messages = {field_of(one, case, fields.keys()): one.message for one in reversed(own)}
        raise Invalid(own[0].code, "入力内容を確かめてください。", messages)


async def _place(program_id: str, scenario_id: str, part: str) -> tuple[ProgramView, ScenarioView]:
    program = await programs.program(positive_id(program_id))
    found = await queries.scenario(program.id, positive_id(scenario_id))
    if part not in PARTS:
        raise NotFound
    return program, found


async def _draft(found: ScenarioView) -> Draft:
    towns = [one for one in await directory.tenants() if one.kind is not TenantKind.PREFECTURE]
    return Draft(found.case, found.base, [(one.code, one.name) for one in towns])


async def _form(
    request: Request[Any, Any, Any],
    program: ProgramView,
    found: ScenarioView,
    part: str,
    form: FormData | None,
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    draft = await _draft(found)
    saved = READERS[part].values(draft)
    typed = {} if form is None else _typed(form, saved)
    here = f"/programs/{program.id}/scenarios"
    return render(
        request,
        "scenarios/part.html",
        title=f"{found.name} {PARTS[part]}",
        lead=_LEADS[part],
        breadcrumb=program_trail(program, ("試算", here), (found.name, f"{here}/{found.id}"), (PARTS[part], None)),
        help_page="scenarios",
        status=status_of(refused),
        errors=messages_with_both(refused, typed, saved),
        tabs=program_tabs(program, "/scenarios"),
        part=part,
        part_tabs=[
            {"label": label, "url": f"{here}/{found.id}/parts/{word}", "current": word == part}
            for word, label in PARTS.items()
        ],
        action=f"{here}/{found.id}/parts/{part}",
        back=f"{here}/{found.id}",
        values={**saved, **typed},
        version=version_to_send(refused, typed, found.version),
        case=draft.case,
        roster=draft.roster,
        **_choices(part, draft),
    )


def _typed(form: FormData, saved: Mapping[str, Value]) -> dict[str, Any]:
    """What was typed, to be shown again: a group of boxes as a collection, a box that was not sent as empty."""
    typed: dict[str, Any] = dict(form)
    for name, value in saved.items():
        if not isinstance(value, str):
            typed[name] = tuple(form.all(name))
        elif name not in form:
            typed[name] = ""
    return typed


def _choices(part: str, draft: Draft) -> dict[str, Any]:
    """What the form of a part offers."""
    members = [(one["code"], one["name"]) for one in draft.case["members"]]
    modes = list(ROUNDING_MODES.items())
    if part == "keys":
        bases = [(EQUAL_BASIS, EQUAL_NAME), *((one["id"], one["name"]) for one in draft.case["bases"])]
        found = [{"key": one, "rows": list(keys.rows_of(one))} for one in keys.blocks(draft)]
        return {"blocks": found, "bases": bases, "members": members}
    if part == "costs":
        blocks = [{"cost": one, "charges": costs.charges(draft, one)} for one in costs.blocks(draft)]
        return {"blocks": blocks, "tax_rates": list(TAX_RATES.items())}
    if part == "grants":
        return {
            "blocks": grants.blocks(draft),
            "costs": [(one["id"], one["name"]) for one in draft.case["costs"]],
            "funders": list(FUNDERS.items()),
            "taxes": list(TAXES.items()),
            "levels": list(LEVELS.items()),
            "modes": modes,
        }
    stages, remainders = list(ROUNDING_STAGES.items()), list(REMAINDERS.items())
    return {"members": members, "stages": stages, "remainders": remainders, "modes": modes}


HANDLERS = (edit_part, change_part)
