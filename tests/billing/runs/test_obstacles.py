"""What stands in the way of an approval: hard ones stop it, overridable ones give way to a recorded reason."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest

from billing.runs import obstacles, operations
from billing.runs.decisions.rules import ApprovalBlocked, Obstacle, OverrideReasonMissing, overridden
from billing.runs.rules import RunHead
from billing.statements.issuing import approve_and_issue
from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tests.factories.browsers import new_browser
from tests.factories.worlds import NOW, World

TODAY = NOW.astimezone(JST)
HARD = Obstacle("evidence-missing", "根拠資料がありません。", "/programs", overridable=False)
SOFT = Obstacle("dispute-open", "異議が1件、回答されていません。", "/programs", overridable=True)


class TestOverridden:
    def test_nothing_needs_no_reason(self):
        assert overridden([], "") == []

    def test_a_hard_one_gives_way_to_no_reason(self):
        with pytest.raises(ApprovalBlocked, match="根拠資料がありません"):
            overridden([SOFT, HARD], "急ぐため")

    @pytest.mark.parametrize("reason", ["", "  \n"])
    def test_a_soft_one_needs_a_reason_that_says_something(self, reason: str):
        with pytest.raises(OverrideReasonMissing):
            overridden([SOFT], reason)


@pytest.fixture
def standing(monkeypatch: pytest.MonkeyPatch) -> list[Obstacle]:
    """What a slice says stands in the way, to be filled by the test."""
    found: list[Obstacle] = []

    async def ask(_: RunHead) -> list[Obstacle]:
        return found

    monkeypatch.setattr(obstacles, "_ASKED", (ask,))
    return found


@pytest.fixture
async def run_id(world: World, program: int, work: Callable[[], Awaitable[None]]) -> int:
    """A computed run."""
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        number: int = await operations.start_run(world.finance, program, "notice", TODAY)
    await work()
    return number


async def _submit(world: World, run_id: int) -> None:
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await operations.submit_run(world.finance, run_id, TODAY)


class TestTheDecision:
    async def test_cannot_be_asked_for_while_a_hard_one_stands(
        self, world: World, run_id: int, standing: list[Obstacle]
    ):
        standing.append(HARD)
        with pytest.raises(ApprovalBlocked):
            await _submit(world, run_id)

    async def test_is_refused_when_a_hard_one_comes_up_later(self, world: World, run_id: int, standing: list[Obstacle]):
        await _submit(world, run_id)
        standing.append(HARD)
        with pytest.raises(ApprovalBlocked):
            async with open_door(world.pool, Scope.PREFECTURE, 1):
                await approve_and_issue(world.approver, run_id, TODAY, "急ぐため")

    async def test_keeps_what_was_overridden_and_why(
        self, world: World, run_id: int, standing: list[Obstacle], behind: psycopg.Connection
    ):
        standing.append(SOFT)
        await _submit(world, run_id)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await approve_and_issue(world.approver, run_id, TODAY, "納期限に間に合わせるため")
        kept = behind.execute("SELECT code, reason, decided_by FROM run_override WHERE run_id = %s", (run_id,))
        assert kept.fetchall() == [("dispute-open", "納期限に間に合わせるため", "approver")]
        (after,) = behind.execute("SELECT after FROM audit_event WHERE action = 'approve_run'").fetchone() or ({},)
        assert after["override_reason"] == "納期限に間に合わせるため"
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            behind.execute("UPDATE run_override SET reason = 'x'")

    async def test_page_lists_them_and_asks_for_the_reason(
        self, app: Any, world: World, run_id: int, standing: list[Obstacle]
    ):
        standing.append(SOFT)
        await _submit(world, run_id)
        async with new_browser(app, world.people["280003:2", Role.PREFECTURE_FINANCE][1]) as second:
            page = (await second.get(f"/runs/{run_id}")).text
            assert SOFT.message in page
            assert "それでも承認する理由" in page
            refused = await second.post(f"/runs/{run_id}/approval", {"override_reason": " "})
            assert refused.status_code == 422
            assert "理由を入力してください" in refused.text
            too_long = await second.post(f"/runs/{run_id}/approval", {"override_reason": "あ" * 501})
            assert too_long.status_code == 422
            assert "あ" * 501 in too_long.text
            done = await second.post(f"/runs/{run_id}/approval", {"override_reason": "急ぐため"})
            assert done.status_code == 303
            shown = (await second.get(f"/runs/{run_id}")).text
            assert re.search(r"理由を付けて承認した点.*急ぐため", shown, re.DOTALL)

    async def test_page_has_no_button_while_a_hard_one_stands(
        self, app: Any, world: World, run_id: int, standing: list[Obstacle]
    ):
        await _submit(world, run_id)
        standing.append(HARD)
        async with new_browser(app, world.people["280003:2", Role.PREFECTURE_FINANCE][1]) as second:
            page = (await second.get(f"/runs/{run_id}")).text
            assert f'action="/runs/{run_id}/approval"' not in page
            assert f'action="/runs/{run_id}/return"' in page
            assert (await second.post(f"/runs/{run_id}/approval")).status_code == 409
