"""Adopts a scenario: in one transaction the program's inputs become the scenario's, each by its own operation.

An officer then starts an ordinary run. At the end the program is frozen once more and compared with the scenario, so
that its next run gives the scenario's result or nothing is adopted at all.
"""

from collections.abc import Collection
from datetime import datetime

from billing.programs import queries as programs
from billing.runs.queries import lock_program
from billing.scenarios import queries
from billing.scenarios.adoption.calculation_inputs import adopt_bases, adopt_keys, adopt_members, adopt_settings
from billing.scenarios.adoption.money_inputs import adopt_costs_and_grants
from billing.scenarios.adoption.rules import AdoptionDiffers, Rows, check_can_adopt
from billing.scenarios.cases import Document
from billing.scenarios.differences import Change, differences
from billing.scenarios.operations import lock_scenario, note_adoption
from billing.scenarios.rules import ScenarioView
from tenants.context import TenantContext
from tenants.directory import queries as directory


async def changes_of(scenario: ScenarioView) -> tuple[list[Change], list[Change]]:
    """What was changed in the program since the copy, and what adopting the scenario would change in it."""
    present = await queries.program_case(await programs.program(scenario.program_id))
    return differences(scenario.base, present), differences(present, scenario.case)


async def adopt(context: TenantContext, program_id: int, scenario_id: int, version: int, now: datetime) -> None:
    """Will make the program's registered inputs the scenario's.

    Raises NotFound, EditedMeanwhile, NotCalculable, ProgramChanged, NothingToAdopt, AdoptionDiffers, and what the
    program's own operations raise.
    """
    await lock_program(program_id)
    scenario = await queries.scenario(program_id, scenario_id)
    await lock_scenario(scenario_id, version)
    meanwhile, changes = await changes_of(scenario)
    check_can_adopt(scenario, meanwhile, changes)
    rows = _rows(scenario.base, await directory.tenant_ids_by_code())
    case = scenario.case
    touched = {part: {one.entry_id for one in changes if one.part == part} for part in _PARTS}
    if touched["settings"]:
        await adopt_settings(context, program_id, case, rows)
    if touched["members"]:
        await adopt_members(context, program_id, case, scenario.base, rows)
    await adopt_bases(context, program_id, case, rows, _wanted(touched["bases"], case["bases"]), now)
    await adopt_keys(context, program_id, case, rows, touched["keys"])
    await adopt_costs_and_grants(context, program_id, scenario, rows, touched)
    await _check_same(program_id, rows.renamed(case))
    await note_adoption(context, scenario, changes, now)


_PARTS = ("members", "bases", "keys", "costs", "grants", "settings")


def _wanted(touched: Collection[str], entries: Collection[Document]) -> list[Document]:
    return [one for one in entries if one["id"] in touched]


async def _check_same(program_id: int, wanted: Document) -> None:
    present = await queries.program_case(await programs.program(program_id))
    if left := differences(present, wanted):
        raise AdoptionDiffers(left)


def _rows(base: Document, tenants: dict[str, int]) -> Rows:
    """The rows behind the copied case: its ids are a letter and the row's number."""
    rows = Rows(tenants)
    for part, found in (("bases", rows.bases), ("keys", rows.keys), ("costs", rows.costs), ("grants", rows.grants)):
        found |= {one["id"]: int(one["id"][1:]) for one in base[part]}
    return rows
