"""What a run froze of the register: it decides about the approval, and a member reads its own part on its statement."""

import psycopg
import pytest

from billing.bases.register import operations
from billing.programs.rules import ProgramView
from billing.runs import operations as runs
from billing.runs import queries as run_queries
from billing.runs.decisions.rules import ApprovalBlocked, OverrideReasonMissing
from billing.runs.obstacles import obstacles
from billing.statements.issuing import approve_and_issue
from tenants.context import Scope
from tenants.database.transaction import open_door
from tests.billing.register.conftest import TODAY, started
from tests.factories.browsers import Browser
from tests.factories.worlds import World


async def _computed(world: World, program: ProgramView) -> int:
    run_id = await started(world, program)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        run = await run_queries.run(run_id)
        await runs.store_result(world.finance, run_id, runs.compute(run.case_json))
    return run_id


async def _standing(world: World, run_id: int) -> list[tuple[str, bool]]:
    async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
        return [(one.code, one.overridable) for one in await obstacles(await run_queries.run(run_id))]


async def _submit(world: World, run_id: int) -> None:
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await runs.submit_run(world.finance, run_id, TODAY)


async def _make_right(world: World, program: ProgramView, basis_id: int) -> None:
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        reasons = {world.tenants["281000"]: "団地が完成した"}
        await operations.save_reasons(world.finance, program.id, basis_id, reasons, 2, TODAY)
        await operations.check_values(world.approver, program.id, basis_id, None, 2, TODAY)


class TestObstacles:
    async def test_go_by_what_the_run_froze_and_not_by_today(
        self, world: World, last_year: ProgramView, program: ProgramView, basis_id: int
    ):
        both = [("basis-change-unreasoned", False), ("basis-unchecked", True)]
        run_id = await _computed(world, program)
        assert await _standing(world, run_id) == both
        await _make_right(world, program, basis_id)
        assert await _standing(world, run_id) == both
        assert await _standing(world, await _computed(world, program)) == []

    async def test_a_large_change_without_a_reason_stops_the_run(
        self, world: World, last_year: ProgramView, program: ProgramView
    ):
        with pytest.raises(ApprovalBlocked, match="神戸市"):
            await _submit(world, await _computed(world, program))

    async def test_unchecked_values_need_the_approvers_reason(
        self, world: World, program: ProgramView, behind: psycopg.Connection
    ):
        run_id = await _computed(world, program)
        await _submit(world, run_id)
        with pytest.raises(OverrideReasonMissing):
            async with open_door(world.pool, Scope.PREFECTURE, 1):
                await approve_and_issue(world.approver, run_id, TODAY)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await approve_and_issue(world.approver, run_id, TODAY, override_reason="公表値を私も確かめた")
        assert behind.execute("SELECT code FROM run_override").fetchall() == [("basis-unchecked",)]


class TestStatement:
    async def test_shows_the_members_own_value_beside_last_years(
        self, world: World, last_year: ProgramView, program: ProgramView, basis_id: int, finance: Browser
    ):
        await _make_right(world, program, basis_id)
        run_id = await _computed(world, program)
        page = (await finance.get(f"/runs/{run_id}/members/281000")).text
        for words in ("按分に使ったこの団体の値", "+50.0 %", "増減の理由: 団地が完成した", "別の担当者が確認済み"):
            assert words in page
        other = (await finance.get(f"/runs/{run_id}/members/283011")).text
        assert "団地が完成した" not in other
