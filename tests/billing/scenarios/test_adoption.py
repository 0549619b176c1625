"""Adopting a scenario on the database: the program's next run is the scenario's result, or nothing is changed."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from billing.bases import operations as bases
from billing.bases import queries as basis_queries
from billing.costs import queries as costs
from billing.grants import queries as grants
from billing.programs import queries as programs
from billing.programs.operations import create_program
from billing.runs import queries as runs
from billing.runs.operations import compute, start_run
from billing.scenarios import operations, queries
from billing.scenarios.adoption.operations import adopt
from billing.scenarios.adoption.rules import NotCalculable, NothingToAdopt, ProgramChanged
from billing.scenarios.cases import Document, with_format, with_member, without_member
from billing.scenarios.rules import ScenarioView, Source
from tenants.context import Scope
from tenants.database.transaction import open_door
from tenants.errors import NotFound
from tests.factories.databases import ClonedDatabase
from tests.factories.programs import PLAIN_SETTINGS, found_calculable, found_cost
from tests.factories.worlds import NOW, World

Changed = Callable[[Document], Document]


async def change(world: World, program: int, scenario: int, changed: Changed) -> ScenarioView:
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        before = await queries.scenario(program, scenario)
        case = with_format(changed(before.case))
        await operations.change_case(
            world.finance, program, scenario, case, await operations.answered(case), before.version
        )
        return await queries.scenario(program, scenario)


async def adopted(world: World, program: int, scenario: int) -> ScenarioView:
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        found = await queries.scenario(program, scenario)
        await adopt(world.finance, program, scenario, found.version, NOW)
        return await queries.scenario(program, scenario)


async def next_result(world: World, program: int) -> dict[str, Any]:
    """What an ordinary run of the program gives."""
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        run = await runs.run(await start_run(world.finance, program, "estimate", NOW))
    found: dict[str, Any] = json.loads(compute(run.case_json))
    return found


def paid(result: dict[str, Any]) -> list[tuple[str, int, list[int], int]]:
    """What every member pays, in which parts, and its difference; ids of new rows are others in a run."""
    return [
        (one["code"], one["invoice_yen"], one["instalments_yen"], one["difference_yen"]) for one in result["members"]
    ]


def everything(case: Document) -> Document:
    """A change of every part at once: rules, members, values, keys, costs in and out, grants in, out and reordered."""
    case = without_member(case, "284467")
    (basis,) = case["bases"]
    (key,) = case["keys"]
    (grant,) = case["grants"]
    keyed, direct, prefecture = case["costs"]
    return {
        **case,
        "members": [{**one, "months": 9 if one["code"] == "283011" else 12} for one in case["members"]],
        "bases": [{**basis, "values": {**basis["values"], "283011": "30000"}}],
        "keys": [
            {**key, "components": [{**one, "weight": "1/2"} for one in key["components"]]},
            {
                "id": "new1",
                "name": "均等割",
                "components": [{"weight": "1", "basis": "equal", "factors": {"283011": "1/2"}, "exclude": []}],
                "host": None,
                "unit_price_decimals": None,
                "limits": {"minimum_yen": 1_000, "maximum_yen": None, "members": {}},
            },
        ],
        "costs": [
            {**keyed, "amount_yen": 61_000_000, "revenue_yen": 1_000_000},
            {**prefecture, "charge": {"key": "new1"}},
            {**direct, "id": "new1", "name": "新しい個別", "amount_yen": 700_000, "charge": {"member": "283011"}},
        ],
        "grants": [
            {**grant, "id": "new1", "name": "県の補助", "funder": "prefecture", "rate": "1/10", "cap_yen": 1_000_000},
            {**grant, "rate": "1/3", "costs": [keyed["id"]]},
        ],
        "rounding": {**case["rounding"], "unit_yen": 10},
        "invoice": {"unit_yen": 100, "mode": "floor"},
        "instalments": {"count": 4, "unit_yen": 1000},
    }


class TestAdopting:
    async def test_makes_the_next_run_the_scenarios_result(self, world: World, program: int, scenario: int):
        found = await change(world, program, scenario, everything)
        assert found.result is not None, found.problems
        done = await adopted(world, program, scenario)
        assert (done.adopted_by, done.adopted_at) == (world.finance.person_name, NOW)
        assert paid(await next_result(world, program)) == paid(found.result)
        async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
            assert [one.name for one in await costs.costs(program)] == ["解析", "事務局", "新しい個別"]
            assert [one.name for one in await grants.grants(program)] == ["県の補助", "交付金"]
            assert [one.code for one in await programs.members(program)] == ["281000", "283011"]

    async def test_takes_a_grant_out_when_it_is_not_adopted(self, world: World, program: int, scenario: int):
        found = await change(world, program, scenario, lambda case: {**case, "grants": []})
        assert found.result is not None
        await adopted(world, program, scenario)
        assert paid(await next_result(world, program)) == paid(found.result)

    async def test_lets_a_member_in_with_its_value(self, world: World):
        program = await found_calculable(world, {"281000": "1498825", "283011": "28289"})
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            scenario = await operations.copy_case(world.finance, program, Source(), "参加が増えたら", "", NOW)

        def joined(case: Document) -> Document:
            wider = with_member(case, case, "284467", "香美町")
            (basis,) = wider["bases"]
            return {**wider, "bases": [{**basis, "values": {**basis["values"], "284467": "19841/2"}}]}

        found = await change(world, program, scenario, joined)
        assert found.result is not None, found.problems
        await adopted(world, program, scenario)
        assert paid(await next_result(world, program)) == paid(found.result)

    async def test_works_from_the_case_of_a_run(self, world: World, program: int):
        await next_result(world, program)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            (run,) = await runs.runs(program)
            scenario = await operations.copy_case(world.finance, program, Source(run_id=run.id), "計算から", "", NOW)
        thousands = {"unit_yen": 1000, "mode": "floor"}
        found = await change(world, program, scenario, lambda case: {**case, "invoice": thousands})
        assert found.result is not None
        await adopted(world, program, scenario)
        assert paid(await next_result(world, program)) == paid(found.result)


class TestRefusals:
    async def test_a_program_that_changed_meanwhile_is_left_alone(self, world: World, program: int, scenario: int):
        await change(world, program, scenario, lambda case: {**case, "grants": []})
        await found_cost(world, program, "あとから", 5_000)
        with pytest.raises(ProgramChanged) as refused:
            await adopted(world, program, scenario)
        assert [one.full_label for one in refused.value.changes] == ["経費 「あとから」"]
        async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
            assert len(await grants.grants(program)) == 1

    async def test_a_value_changed_meanwhile_counts_too(self, world: World, program: int, scenario: int):
        await change(world, program, scenario, lambda case: {**case, "grants": []})
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            (basis,) = await basis_queries.bases(program)
            new = {world.tenants["283011"]: "28290"}
            await bases.save_values(world.finance, program, basis.id, new, basis.version, NOW)
        with pytest.raises(ProgramChanged):
            await adopted(world, program, scenario)

    async def test_an_unchanged_copy_and_a_broken_one_are_refused(self, world: World, program: int, scenario: int):
        with pytest.raises(NothingToAdopt):
            await adopted(world, program, scenario)
        found = await change(world, program, scenario, lambda case: without_member(case, "281000"))
        assert found.problems
        with pytest.raises(NotCalculable):
            await adopted(world, program, scenario)

    async def test_a_scenario_of_another_program_is_not_found(self, world: World, program: int, scenario: int):
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            other = await create_program(world.finance, replace(PLAIN_SETTINGS, title="別の事業"))
            with pytest.raises(NotFound):
                await queries.scenario(other, scenario)
            with pytest.raises(NotFound):
                await operations.copy_case(world.finance, other, Source(scenario_id=scenario), "写し", "", NOW)


class TestNothingIsIssued:
    """No path leads from a scenario to a statement: by its table, and by what the code can name."""

    def test_no_table_refers_to_scenarios(self, database: ClonedDatabase):
        with psycopg.connect(database.owner) as connection:
            rows = connection.execute(
                "SELECT conrelid::regclass::text FROM pg_constraint WHERE confrelid = 'scenario'::regclass"
            ).fetchall()
            columns = connection.execute(
                "SELECT table_name FROM information_schema.columns WHERE column_name LIKE '%scenario%'"
            ).fetchall()
        assert (rows, columns) == ([], [])

    def test_no_slice_knows_scenarios_and_they_start_no_run_and_make_no_paper(self):
        root = Path(__file__).parents[3]
        knows = [
            path.relative_to(root).as_posix()
            for package in ("billing", "tenants", "procurement", "services")
            for path in (root / package).rglob("*.py")
            if "billing.scenarios" in path.read_text(encoding="utf-8")
            and "scenarios" not in path.relative_to(root).parts
        ]
        assert sorted(knows) == ["services/assembly/interface.py", "services/assembly/modules.py"]
        for path in (root / "billing/scenarios").rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            for word in ("billing.statements", "billing.notices", "billing.runs.operations", "runs.tables", "INTO run"):
                assert word not in text, f"{path} names {word}"
