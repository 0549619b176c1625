"""Reads of scenarios in the prefecture's scope, and the program as it stands as something to copy."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from billing.bases import queries as bases
from billing.programs.rules import ProgramView
from billing.runs.freezing import case_document
from billing.scenarios.cases import Document, complete
from billing.scenarios.rules import ScenarioHead, ScenarioView
from tenants.database.engine import current_door
from tenants.errors import NotFound

_HEAD = ", ".join(ScenarioHead.__dataclass_fields__)


async def scenarios(program_id: int) -> list[ScenarioHead]:
    """The program's scenarios, newest first."""
    rows = await current_door().execute(
        f"SELECT {_HEAD} FROM scenario WHERE program_id = $1 ORDER BY id DESC",  # noqa: S608  (our own columns)
        (program_id,),
    )
    return [ScenarioHead(**_head(row)) for row in rows]


async def scenario(program_id: int, scenario_id: int) -> ScenarioView:
    """One scenario of this program; raises NotFound, also for one of another program."""
    found = await some_scenarios(program_id, [scenario_id])
    if not found:
        raise NotFound
    return found[0]


async def some_scenarios(program_id: int, ids: Sequence[int]) -> list[ScenarioView]:
    """These scenarios of the program in the order asked for; those it has not are left out."""
    rows = await current_door().execute(
        "SELECT * FROM scenario WHERE program_id = $1 AND id = ANY($2)", (program_id, list(ids))
    )
    found = {row["id"]: _view(row) for row in rows}
    return [found[one] for one in ids if one in found]


async def results(program_id: int, ids: Sequence[int]) -> list[tuple[int, str, Document | None]]:
    """Id, name and result of these scenarios in the order asked for; their cases, which are as long, are not read."""
    rows = await current_door().execute(
        "SELECT id, name, result_json FROM scenario WHERE program_id = $1 AND id = ANY($2)", (program_id, list(ids))
    )
    found = {row["id"]: row for row in rows}
    return [(one, found[one]["name"], _result(found[one])) for one in ids if one in found]


async def program_case(program: ProgramView) -> Document:
    """The program as it stands, with the bases that no key uses yet, so that a scenario can split by them."""
    document = await case_document(program)
    codes = {one["code"] for one in document["members"]}
    named = {one["id"] for one in document["bases"]}
    spare = [one for one in await bases.bases(program.id) if f"b{one.id}" not in named]
    values = await bases.basis_values(program.id) if spare else {}
    document["bases"] += [
        {
            "id": f"b{one.id}",
            "name": one.name,
            "unit": one.unit,
            "as_of": one.as_of.isoformat(),
            "source": one.source,
            "values": {code: value for code, value in values.get(one.id, {}).items() if code in codes},
        }
        for one in spare
    ]
    return complete(document)


def _head(row: Mapping[str, Any]) -> dict[str, Any]:
    fields = {name: row[name] for name in ScenarioHead.__dataclass_fields__}
    burden = row["burden_yen"]
    problems = tuple(json.loads(row["problems"])) if row["problems"] else ()
    return {**fields, "problems": problems, "burden_yen": None if burden is None else int(burden)}


def _view(row: Mapping[str, Any]) -> ScenarioView:
    base, case = json.loads(row["base_json"]), json.loads(row["case_json"])
    return ScenarioView(**_head(row), base=base, case=case, result=_result(row))


def _result(row: Mapping[str, Any]) -> Document | None:
    return None if row["result_json"] is None else json.loads(row["result_json"])
