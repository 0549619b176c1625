"""The API of scenarios: list, copy, one with its case and result, change, compare, adopt, delete."""

import json
from collections.abc import Mapping
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.apportionment.case import CaseRefused, canonical_json, parse_case
from billing.programs import queries as programs
from billing.scenarios import forms, operations, queries
from billing.scenarios.adoption.operations import adopt
from billing.scenarios.bodies import (
    AdoptionBody,
    ComparedFigure,
    ComparedRow,
    ComparedSides,
    CopyBody,
    Scenario,
    ScenarioBody,
    ScenarioDocuments,
    ScenarioProblem,
)
from billing.scenarios.cases import Document, complete
from billing.scenarios.comparison.pages import asked_base, asked_ids
from billing.scenarios.comparison.queries import comparison
from billing.scenarios.comparison.rules import Row
from billing.scenarios.rules import MOST_COMPARED, ScenarioHead, ScenarioView, Source
from tenants.api.answers import answer, created, gone, listed
from tenants.api.bodies import as_form, read_body
from tenants.api.routes import VERSION, Query, api_act, api_read
from tenants.api.rules import say_verbs
from tenants.api.versions import answering_stale, wanted_version
from tenants.context import Role
from tenants.errors import Conflict, Invalid
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE
from tenants.web.visit import visit

OFFICERS = frozenset({Role.PREFECTURE_FINANCE})
say_verbs(
    {
        "scenarios:read": "試算を見る・比べる",
        "scenarios:write": "試算を作成・変更・削除する",
        "scenarios:adopt": "試算を登録内容に反映する",
    }
)
_LIST = "/programs/{program_id:str}/scenarios"
_ONE = _LIST + "/{scenario_id:str}"
_QUERIES = (
    Query("ids", f"比べる試算の番号。コンマで区切って{MOST_COMPARED}件まで", "3,4"),
    Query("base", "基準にするもの。program(いまの登録内容)か approved(最後に承認した計算)", "program"),
)


@api_read(_LIST, roles=PREFECTURE, verb="scenarios:read", summary="試算の一覧", answers=Scenario, listed=True)
async def scenario_list(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The program's scenarios, newest first."""
    program = await programs.program(positive_id(program_id))
    found = await queries.scenarios(program.id)
    return listed(request, found, lambda one: one.id, _shown, newest_first=True)


@api_act(
    _LIST,
    roles=OFFICERS,
    verb="scenarios:write",
    summary="写しを作る",
    body=CopyBody,
    answers=ScenarioDocuments,
    versioned=True,
    example={"name": "交付金が不採択の場合", "run_id": 12},
)
async def copy_scenario(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Copies a run, a scenario or the program as it stands."""
    program = await programs.program(positive_id(program_id))
    here, body = visit(request), await read_body(request, CopyBody)
    if body.run_id is not None and body.scenario_id is not None:
        message = "run_id と scenario_id は、どちらか一方だけ指定します。"
        raise Invalid("unused-field", message, {"scenario_id": message})
    named = forms.named_input(as_form({"name": body.name, "note": body.note}))
    source = Source(body.run_id, body.scenario_id)
    scenario_id = await operations.copy_case(here.context, program.id, source, named.name, named.note, here.now)
    shown, version = await _now(program.id, scenario_id)
    return created(shown, f"{VERSION}/programs/{program.id}/scenarios/{scenario_id}", version=version)


@api_read(
    _LIST + "/comparison",
    roles=PREFECTURE,
    verb="scenarios:read",
    summary="試算の比較",
    answers=ComparedSides,
    queries=_QUERIES,
)
async def compare_scenarios(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Scenarios by town against the program as it stands or its last approved run."""
    program = await programs.program(positive_id(program_id))
    ids = asked_ids(request)
    if not 0 < len(ids) <= MOST_COMPARED:
        message = f"ids には、試算の番号を1件から{MOST_COMPARED}件まで指定してください。"
        raise Invalid("bad-ids", message, {"?ids": message})
    found = await comparison(program, ids, asked_base(request))
    sides = [one.name for one in found.sides]
    others = [_row(one) for one in found.others]
    return answer(ComparedSides(sides, [_row(one) for one in found.rows], _row(found.total), others))


@api_read(_ONE, roles=PREFECTURE, verb="scenarios:read", summary="試算", answers=ScenarioDocuments, versioned=True)
async def scenario(
    request: Request[Any, Any, Any],  # noqa: ARG001  (the framework's signature)
    program_id: FromPath[str],
    scenario_id: FromPath[str],
) -> Response[Any]:
    """One scenario with its case and result."""
    shown, version = await _now(*await _place(program_id, scenario_id))
    return answer(shown, version=version)


@api_act(
    _ONE,
    method="PUT",
    roles=OFFICERS,
    verb="scenarios:write",
    summary="試算を変更する",
    body=ScenarioBody,
    answers=ScenarioDocuments,
    versioned=True,
    if_match=True,
    example={"name": "交付金が不採択の場合", "case": {"format": "yui-apportionment/1"}},
)
async def change_scenario(
    request: Request[Any, Any, Any], program_id: FromPath[str], scenario_id: FromPath[str]
) -> Response[Any]:
    """Replaces a scenario's case and name; what cannot be read is refused, what cannot be calculated is kept."""
    program, found = await _place(program_id, scenario_id)
    version = wanted_version(request)
    context, body = visit(request).context, await read_body(request, ScenarioBody)
    async with answering_stale(body, lambda: _now(program, found)):
        named = forms.named_input(as_form({"name": body.name, "note": body.note}))
        case = _case(body.case)
        await operations.change_case(context, program, found, case, await operations.answered(case), version)
        before = await queries.scenario(program, found)
        if (named.name, named.note) != (before.name, before.note):
            await operations.rename_scenario(context, program, found, named.name, named.note, before.version)
    shown, version = await _now(program, found)
    return answer(shown, version=version)


@api_act(_ONE, method="DELETE", roles=OFFICERS, verb="scenarios:write", summary="試算を削除する", if_match=True)
async def delete_scenario(
    request: Request[Any, Any, Any], program_id: FromPath[str], scenario_id: FromPath[str]
) -> Response[Any]:
    """Deletes a scenario."""
    program, found = await _place(program_id, scenario_id)
    version = wanted_version(request)
    async with answering_stale(None, lambda: _now(program, found)):
        await operations.delete_scenario(visit(request).context, program, found, version)
    return gone()


@api_act(
    _ONE + "/adoption",
    roles=OFFICERS,
    verb="scenarios:adopt",
    summary="登録内容に反映する",
    body=AdoptionBody,
    answers=ScenarioDocuments,
    versioned=True,
    example={"version": 3},
)
async def adopt_scenario(
    request: Request[Any, Any, Any], program_id: FromPath[str], scenario_id: FromPath[str]
) -> Response[Any]:
    """Makes the program's registered inputs the scenario's; an ordinary run then follows."""
    program, found = await _place(program_id, scenario_id)
    here, body = visit(request), await read_body(request, AdoptionBody)
    await adopt(here.context, program, found, body.version, here.now)
    shown, version = await _now(program, found)
    return created(shown, f"{VERSION}/programs/{program}/scenarios/{found}", version=version)


async def _place(program_id: str, scenario_id: str) -> tuple[int, int]:
    program = await programs.program(positive_id(program_id))
    return program.id, (await queries.scenario(program.id, positive_id(scenario_id))).id


async def _now(program_id: int, scenario_id: int) -> tuple[ScenarioDocuments, int]:
    found: ScenarioView = await queries.scenario(program_id, scenario_id)
    return ScenarioDocuments(_shown(found), found.base, found.case, found.result), found.version


def _case(document: Mapping[str, Any]) -> Document:
    """The case in one spelling. Raises Conflict (case-refused) with every problem at its place in the body."""
    try:
        return complete(json.loads(canonical_json(parse_case(document))))
    except CaseRefused as refused:
        places = {f"/case{one.pointer}": one.message for one in refused.problems}
        raise Conflict("case-refused", refused.message, places) from refused


def _shown(one: ScenarioHead) -> Scenario:
    values: dict[str, Any] = {name: getattr(one, name) for name in Scenario.__struct_fields__}
    told = [ScenarioProblem(each["pointer"], each["message"], each["code"]) for each in one.problems]
    return Scenario(**{**values, "problems": told})


def _row(row: Row) -> ComparedRow:
    figures = [
        ComparedFigure(one.yen, one.difference_yen, None if one.rate is None else str(one.rate)) for one in row.figures
    ]
    return ComparedRow(row.code, row.name, figures)


HANDLERS = (
    scenario_list,
    copy_scenario,
    compare_scenarios,
    scenario,
    change_scenario,
    delete_scenario,
    adopt_scenario,
)
