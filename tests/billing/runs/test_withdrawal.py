"""Withdrawal (取消し): a third act by a person who did not approve, only of the newest approved run; towns are told."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from billing.programs import queries as programs
from billing.runs import operations, queries
from billing.runs.decisions import queries as decisions
from billing.runs.decisions.rules import ApproverWithdraws, NotNewest, Obstacle
from billing.runs.freezing import case_document
from billing.runs.obstacles import obstacles
from billing.runs.rules import NotInThisState
from billing.statements.issuing import approve_and_issue
from billing.statements.pages import statement_tasks
from billing.statements.withdrawing import withdraw_with_statements
from tenants.calendar import JST
from tenants.context import Role, Scope, TenantContext
from tenants.database.transaction import open_door
from tenants.web.modules import Task
from tests.factories.api_clients import give_token, new_program
from tests.factories.browsers import Browser, new_browser
from tests.factories.worlds import NOW, World

TODAY = NOW.astimezone(JST)
REASON = "給水戸数の数え方に誤りがあったため"
Work = Callable[[], Awaitable[None]]
TOWN = "283011"


async def _do(world: World, act: Callable[..., Awaitable[Any]], context: TenantContext, *arguments: Any) -> Any:
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        return await act(context, *arguments)


async def _approved(world: World, program: int, work: Work, stage: str = "notice") -> int:
    run_id: int = await _do(world, operations.start_run, world.finance, program, stage, TODAY, "人口の確定による")
    await work()
    await _do(world, operations.submit_run, world.finance, run_id, TODAY)
    await _do(world, approve_and_issue, world.approver, run_id, TODAY)
    await work()
    return run_id


async def _issued(world: World, program: int) -> dict[str, int]:
    async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
        issued: dict[str, int] = (await case_document(await programs.program(program)))["issued_yen"]
    return issued


class TestWithdraw:
    async def test_refuses_who_approved_it(self, world: World, program: int, work: Work):
        run_id = await _approved(world, program, work)
        with pytest.raises(ApproverWithdraws):
            await _do(world, withdraw_with_statements, world.approver, run_id, REASON, TODAY)

    async def test_refuses_a_run_that_a_later_one_rests_on(self, world: World, program: int, work: Work):
        first = await _approved(world, program, work)
        await _approved(world, program, work, "final")
        with pytest.raises(NotNewest):
            await _do(world, withdraw_with_statements, world.finance, first, REASON, TODAY)

    async def test_refuses_what_is_not_approved_or_already_withdrawn(self, world: World, program: int, work: Work):
        run_id: int = await _do(
            world, operations.start_run, world.finance, program, "notice", TODAY, "人口の確定による"
        )
        await work()
        with pytest.raises(NotInThisState):
            await _do(world, withdraw_with_statements, world.finance, run_id, REASON, TODAY)
        await _do(world, operations.submit_run, world.finance, run_id, TODAY)
        await _do(world, approve_and_issue, world.approver, run_id, TODAY)
        await _do(world, withdraw_with_statements, world.finance, run_id, REASON, TODAY)
        with pytest.raises(NotInThisState):
            await _do(world, withdraw_with_statements, world.finance, run_id, REASON, TODAY)

    async def test_lets_the_issued_amounts_fall_back_to_the_run_before(self, world: World, program: int, work: Work):
        first = await _approved(world, program, work)
        amounts = await _issued(world, program)
        assert amounts[TOWN] > 0
        second = await _approved(world, program, work, "final")
        await _do(world, withdraw_with_statements, world.finance, second, REASON, TODAY)
        assert await _issued(world, program) == amounts
        await _do(world, withdraw_with_statements, world.finance, first, REASON, TODAY)
        assert await _issued(world, program) == {}

    async def test_issues_nothing_that_was_still_being_made(
        self, world: World, program: int, work: Work, behind: psycopg.Connection
    ):
        run_id: int = await _do(
            world, operations.start_run, world.finance, program, "notice", TODAY, "人口の確定による"
        )
        await work()
        await _do(world, operations.submit_run, world.finance, run_id, TODAY)
        await _do(world, approve_and_issue, world.approver, run_id, TODAY)
        await _do(world, withdraw_with_statements, world.finance, run_id, REASON, TODAY)
        await work()
        assert behind.execute("SELECT count(*) FROM statement").fetchone() == (0,)

    async def test_is_kept_for_ever_and_holds_in_the_database_itself(
        self, world: World, program: int, work: Work, behind: psycopg.Connection
    ):
        run_id = await _approved(world, program, work)
        insert = (
            "INSERT INTO run_withdrawal (tenant_id, run_id, reason, withdrawn_by_id, withdrawn_by, withdrawn_at) "
            "VALUES (1, %s, 'x', %s, 'x', now())"
        )
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="does not withdraw"):
            behind.execute(insert, (run_id, world.approver.person_id))
        await _do(world, withdraw_with_statements, world.finance, run_id, REASON, TODAY)
        for statement in ("DELETE FROM run_withdrawal", "UPDATE statement_withdrawal SET reason = 'y'"):
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
                behind.execute(statement)
        events = behind.execute("SELECT tenant_id FROM audit_event WHERE action = 'withdraw_statement'").fetchall()
        assert {tenant_id for (tenant_id,) in events} >= {
            world.tenants[code] for code in ("281000", "283011", "284467")
        }
        (run_events,) = (
            behind.execute("SELECT count(*) FROM audit_event WHERE action = 'withdraw_run'").fetchone() or ()
        )
        assert run_events == 1


class TestARunFrozenBefore:
    async def test_cannot_be_approved_because_its_differences_rest_on_the_withdrawn_one(
        self, world: World, program: int, work: Work
    ):
        first = await _approved(world, program, work)
        later: int = await _do(world, operations.start_run, world.finance, program, "final", TODAY, "人口の確定による")
        await work()
        await _do(world, withdraw_with_statements, world.finance, first, REASON, TODAY - timedelta(minutes=1))
        async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
            run = await queries.run(later)
            standing = await obstacles(run)
            assert await decisions.overrides(later) == []
        assert [(one.code, one.overridable) for one in standing] == [("issued-changed", False)]
        assert "通知(第1回)が取り消され" in standing[0].message

    async def test_cannot_be_approved_after_one_that_was_approved_by_a_slow_clock(
        self, world: World, program: int, work: Work
    ):
        other: int = await _do(world, operations.start_run, world.finance, program, "notice", TODAY)
        later: int = await _do(world, operations.start_run, world.finance, program, "notice", TODAY)
        await work()
        slow = TODAY - timedelta(minutes=5)
        await _do(world, operations.submit_run, world.finance, other, slow)
        await _do(world, approve_and_issue, world.approver, other, slow)
        assert [one.code for one in await _standing(world, later)] == ["issued-changed"]
        await work()
        await _do(world, withdraw_with_statements, world.finance, other, REASON, TODAY)
        assert await _standing(world, later) == []  # what it was frozen with counts again: nothing


async def _standing(world: World, run_id: int) -> list[Obstacle]:
    async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
        return await obstacles(await queries.run(run_id))


async def _tasks(world: World) -> Sequence[Task]:
    async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN], read_only=True):
        return await statement_tasks(world.context(TOWN, Role.TOWN_FINANCE), TODAY.date())


class TestPages:
    async def test_show_the_withdrawal_to_the_prefecture_and_ask_for_a_reason(
        self, app: Any, world: World, program: int, work: Work, finance: Browser
    ):
        run_id = await _approved(world, program, work)
        page = await finance.get(f"/runs/{run_id}")
        assert f'action="/runs/{run_id}/withdrawal"' in page.text
        refused = await finance.post(f"/runs/{run_id}/withdrawal", {"withdrawal_reason": ""})
        assert refused.status_code == 422
        assert "取り消す理由を入力してください" in refused.text
        async with new_browser(app, world.people["280003:2", Role.PREFECTURE_FINANCE][1]) as approver:
            assert f'action="/runs/{run_id}/withdrawal"' not in (await approver.get(f"/runs/{run_id}")).text
            refused = await approver.post(f"/runs/{run_id}/withdrawal", {"withdrawal_reason": REASON})
            assert refused.status_code == 409
        done = await finance.post(f"/runs/{run_id}/withdrawal", {"withdrawal_reason": REASON})
        assert done.status_code == 303
        shown = (await finance.get(f"/runs/{run_id}")).text
        assert REASON in shown
        assert "この計算は取り消されました" in shown
        assert f'action="/runs/{run_id}/withdrawal"' not in shown
        assert "取消し" in (await finance.get("/runs?state=withdrawn")).text
        assert "共同調査" not in (await finance.get("/runs?state=approved")).text.split("<table")[-1]

    async def test_show_the_town_that_its_statement_counts_no_more(
        self, app: Any, world: World, program: int, work: Work, stored_app: Any
    ):
        run_id = await _approved(world, program, work)
        async with new_browser(stored_app, world.people[TOWN, Role.TOWN_FINANCE][1]) as town:
            assert len(await _tasks(world)) == 1
            await _do(world, withdraw_with_statements, world.finance, run_id, REASON, TODAY)
            listed = (await town.get("/statements")).text
            assert "取消し" in listed
            assert "共同調査" in listed
            assert "共同調査" not in (await town.get("/statements?standing=issued")).text.split("<table")[-1]
            number = listed.split('href="/statements/')[1].split('"')[0]
            page = (await town.get(f"/statements/{number}")).text
            assert REASON in page
            assert "この負担金算定書は取り消されました" in page
            assert "Excel(取り消されたもの)" in page
            assert (await town.get(f"/statements/{number}/pdf")).status_code == 200
            assert "取り消されました" in (await town.get("/notices")).text
            assert await _tasks(world) == []

    async def test_programs_do_the_same(self, app: Any, world: World, program: int, work: Work):
        run_id = await _approved(world, program, work)
        async with new_program(app, await give_token(world.pool, world.finance)) as client:
            assert (await client.post(f"/runs/{run_id}/withdrawal", {"reason": " "})).status_code == 422
            answer = await client.post(f"/runs/{run_id}/withdrawal", {"reason": REASON})
            assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
            assert (await client.post(f"/runs/{run_id}/withdrawal", {"reason": REASON})).status_code == 409
        async with new_program(
            app, await give_token(world.pool, world.context(TOWN, Role.TOWN_FINANCE), ["statements:read"])
        ) as client:
            (one,) = (await client.get("/statements")).json()["items"]
            assert one["withdrawal_reason"] == REASON
