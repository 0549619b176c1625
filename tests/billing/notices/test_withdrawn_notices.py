"""Towns hear of their notice, and a withdrawn run's notices are marked wherever they can be downloaded."""

import re
from datetime import date
from typing import Any

import psycopg
import pytest

from billing.statements.withdrawing import withdraw_with_statements
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tests.billing.notices.conftest import TODAY, Approve, Decide
from tests.factories.browsers import Browser, new_browser
from tests.factories.programs import found_calculable
from tests.factories.worlds import World

REASON = "給水戸数の数え方に誤りがあったため"
MARK = "(取り消されたもの)"


@pytest.fixture
async def program(world: World, behind: psycopg.Connection) -> int:
    """A program of three members with one instalment, due on a day."""
    number = await found_calculable(world)
    behind.execute("UPDATE program SET instalment_count = 1, due_date = %s WHERE id = %s", (date(2026, 12, 25), number))
    return number


class TestWithdrawn:
    async def test_notices_are_marked_for_the_town_and_for_the_prefecture(
        self, program: int, approve: Approve, decide: Decide, world: World, finance: Browser, stored_app: Any
    ):
        await decide(program)
        run_id = await approve(program)
        here = f"/runs/{run_id}/collection"
        async with new_browser(stored_app, world.people["283011", Role.TOWN_FINANCE][1]) as town:
            assert "納入通知書が届きました: 共同調査" in (await town.get("/notices")).text
            path = re.search(r'href="(/statements/\d+)"', (await town.get("/statements")).text)
            assert path
            for text in ((await town.get(path[1])).text, (await finance.get(here)).text):
                assert "納入通知書" in text
                assert MARK not in text
            async with open_door(world.pool, Scope.PREFECTURE, 1):
                await withdraw_with_statements(world.finance, run_id, REASON, TODAY)
            sheet = (await town.get(path[1])).text
            assert f"納入通知書(PDF){MARK}" in sheet
            assert "これによる納付はしないでください" in sheet
        page = (await finance.get(here)).text
        for words in (REASON, f"すべての書類(ZIP){MARK}", f"発行した納入通知書{MARK}", "<small>取消し</small>"):
            assert words in page, words
