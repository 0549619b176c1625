"""What is compared: the base (the program as it stands, or its last approved run) and the scenarios asked for."""

import json
from collections.abc import Sequence

from billing.programs.rules import ProgramView
from billing.runs.queries import last_approved
from billing.scenarios import queries
from billing.scenarios.comparison.rules import Comparison, Side, compare
from billing.scenarios.operations import answered
from tenants.errors import Conflict, Invalid, NotFound

PROGRAM, APPROVED = "program", "approved"


async def comparison(program: ProgramView, ids: Sequence[int], base: str) -> Comparison:
    """The scenarios against the base; raises NotFound when one of them is none of the program's."""
    found = await queries.results(program.id, ids)
    if len(found) != len(ids):
        raise NotFound
    here = f"/programs/{program.id}/scenarios"
    sides = [Side(f"試算「{name}」", f"{here}/{scenario_id}", result) for scenario_id, name, result in found]
    return compare([await _base(program, base), *sides])


async def _base(program: ProgramView, base: str) -> Side:
    if base == APPROVED:
        run = await last_approved(program.id)
        if run is None or run.result_json is None:
            raise NotFound
        return Side(f"承認済みの計算 {run.stage_label}", f"/runs/{run.id}", json.loads(run.result_json))
    try:
        result = (await answered(await queries.program_case(program))).result
    except (Invalid, Conflict):  # it names what is gone or has left: the program's own pages say so
        result = None
    return Side("いまの登録内容", f"/programs/{program.id}", result)
