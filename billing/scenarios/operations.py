"""Writes of scenarios: copy a case, change it, call it by another name, delete it; the engine answers at once."""

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from billing.programs import queries as programs
from billing.runs import queries as runs
from billing.scenarios import queries
from billing.scenarios.cases import Document, complete, written
from billing.scenarios.differences import Change
from billing.scenarios.rules import Outcome, ScenarioView, Source, computed
from billing.scenarios.tables import Scenario
from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.versions import lock_version
from tenants.errors import NotFound
from tenants.fingerprint import sha256_of


async def answered(case: Document) -> Outcome:
    """What the engine says to the case; computed off the event loop."""
    return await asyncio.to_thread(computed, case)


async def copy_case(
    context: TenantContext, program_id: int, source: Source, name: str, note: str, now: datetime
) -> int:
    """Will copy a case into a new scenario and return its id.

    Raises NotFound for a source of another program, Invalid for a name used before.
    """
    base, case, words = await _copied(program_id, source)
    outcome = await answered(case)
    rows = await Scenario.insert(
        Scenario(
            tenant_id=context.tenant_id,
            program_id=program_id,
            name=name,
            note=note,
            based_on=words,
            based_on_run_id=source.run_id,
            base_json=written(base),
            case_json=written(case),
            created_by=context.person_name,
            created_at=now,
            adopted_by="",
            version=1,
            **_stored(outcome),
        )
    )
    scenario_id = int(rows[0]["id"])
    await record(
        context,
        "copy_scenario",
        Subject("scenario", scenario_id, name),
        after={"based_on": words, "case_sha256": sha256_of(written(case).encode())},
    )
    return scenario_id


async def _copied(program_id: int, source: Source) -> tuple[Document, Document, str]:
    """The case a copy is compared with, the case it begins as, and what it was copied from in words."""
    program = await programs.program(program_id)
    if source.run_id is not None:
        run = await runs.run(source.run_id)
        if run.program_id != program_id:
            raise NotFound
        case = complete(json.loads(run.case_json))
        return case, case, f"計算 {run.stage_label}"
    if source.scenario_id is not None:
        other = await queries.scenario(program_id, source.scenario_id)
        return other.base, other.case, f"試算「{other.name}」"
    case = await queries.program_case(program)
    return case, case, "登録内容"


async def change_case(
    context: TenantContext, program_id: int, scenario_id: int, case: Document, outcome: Outcome, version: int
) -> None:
    """Will make ``case`` the scenario's, with what the engine said to it. Raises NotFound, EditedMeanwhile."""
    before = await queries.scenario(program_id, scenario_id)
    await lock_version(Scenario, scenario_id, version)
    values: dict[Any, Any] = {"case_json": written(case), **_stored(outcome), "version": version + 1}
    await Scenario.update(values).where(Scenario.id == scenario_id)
    await record(
        context,
        "change_scenario",
        Subject("scenario", scenario_id, before.name),
        before={"case_sha256": sha256_of(written(before.case).encode()), "burden_yen": before.burden_yen},
        after={"case_sha256": sha256_of(written(case).encode()), "burden_yen": outcome.burden_yen},
    )


async def rename_scenario(
    context: TenantContext, program_id: int, scenario_id: int, name: str, note: str, version: int
) -> None:
    """Will change what a scenario is called and its note. Raises NotFound, EditedMeanwhile, Invalid."""
    before = await queries.scenario(program_id, scenario_id)
    await lock_version(Scenario, scenario_id, version)
    values: dict[Any, Any] = {"name": name, "note": note, "version": version + 1}
    await Scenario.update(values).where(Scenario.id == scenario_id)
    await record(
        context,
        "rename_scenario",
        Subject("scenario", scenario_id, name),
        before={"name": before.name, "note": before.note},
        after={"name": name, "note": note},
    )


async def delete_scenario(context: TenantContext, program_id: int, scenario_id: int, version: int) -> None:
    """Will delete a scenario. Raises NotFound, EditedMeanwhile."""
    before = await queries.scenario(program_id, scenario_id)
    await lock_version(Scenario, scenario_id, version)
    await Scenario.delete().where(Scenario.id == scenario_id)
    await record(
        context,
        "delete_scenario",
        Subject("scenario", scenario_id, before.name),
        before={"name": before.name, "note": before.note, "based_on": before.based_on},
    )


async def lock_scenario(scenario_id: int, version: int) -> None:
    """Will hold the scenario until the end of the transaction. Raises NotFound, EditedMeanwhile."""
    await lock_version(Scenario, scenario_id, version)


async def note_adoption(
    context: TenantContext, scenario: ScenarioView, changes: Sequence[Change], now: datetime
) -> None:
    """Will note that the program's registered inputs became this scenario's, and what that changed in them."""
    values: dict[Any, Any] = {
        "adopted_by": context.person_name,
        "adopted_at": now,
        "version": scenario.version + 1,
    }
    await Scenario.update(values).where(Scenario.id == scenario.id)
    await record(
        context,
        "adopt_scenario",
        Subject("scenario", scenario.id, scenario.name),
        before={one.full_label: one.before for one in changes},
        after={one.full_label: one.after for one in changes},
    )


def _stored(outcome: Outcome) -> dict[str, Any]:
    return {
        "result_json": None if outcome.result is None else written(outcome.result),
        "problems": outcome.stored_problems,
        "burden_yen": outcome.burden_yen,
    }
