"""The calendar's page, form and API on the real database."""

import re
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import psycopg
import pytest

from tenants.context import Role
from tests.factories.api_clients import Program, give_token, new_program
from tests.factories.browsers import Browser, new_browser
from tests.factories.programs import found_calculable, found_program
from tests.factories.worlds import World


@pytest.fixture
async def client(app: Any, world: World) -> AsyncIterator[Program]:
    async with new_program(app, await give_token(world.pool, world.finance)) as one:
        yield one


@pytest.fixture
async def program(world: World) -> int:
    return await found_calculable(world)


FIELDS = {
    "version": "1",
    "estimate_by": "",
    "notice_by": "R8.11.5",
    "final_by": "2027-02-15",
    "true_up_by": "令和9年5月31日",
    "due-1": "2026-12-31",
    "due-2": "2027-03-31",
    "settlement_due": "2027-05-31",
    "holiday_rule": "after",
    "leaving_rule": "renormalise",
    "reason_required": "yes",
    "last_year_program_id": "",
}


class TestCalendarPage:
    async def test_shows_the_proposal_until_somebody_decides(self, finance: Browser, program: int):
        page = await finance.get(f"/programs/{program}/calendar")
        assert "まだ決めていません" in page.text
        assert "令和8年11月5日" in page.text
        assert "日過ぎています" not in page.text

    async def test_keeps_what_was_decided_and_moves_due_dates_off_holidays(
        self, finance: Browser, program: int, behind: psycopg.Connection
    ):
        answer = await finance.post(f"/programs/{program}/calendar", FIELDS)
        assert answer.status_code == 303, answer.text
        page = await finance.get(f"/programs/{program}/calendar")
        assert "令和9年1月4日(月)" in page.text
        assert "令和8年12月31日(木)は休日です" in page.text
        assert "行いません" in page.text
        assert behind.execute("SELECT action FROM audit_event WHERE action = 'save_calendar'").fetchone()

    async def test_gives_the_form_back_filled_with_a_message_at_every_wrong_field(self, finance: Browser, program: int):
        wrong = {
            **FIELDS,
            "notice_by": "11月のはじめ",
            "final_by": "2026-03-01",
            "due-2": "2026-12-30",
            "holiday_rule": "x",
        }
        answer = await finance.post(f"/programs/{program}/calendar", wrong)
        assert answer.status_code == 422
        assert 'value="11月のはじめ"' in answer.text
        for field in ("notice_by", "due-2", "holiday_rule"):
            assert f'id="error-{field}"' in answer.text, field

    async def test_refuses_stages_out_of_order_and_slips_in_the_year(self, finance: Browser, program: int):
        wrong = {**FIELDS, "final_by": "2026-10-01", "due-1": "2062-12-31"}
        answer = await finance.post(f"/programs/{program}/calendar", wrong)
        assert answer.status_code == 422
        assert "通知の期限(令和8年11月5日)より前です" in answer.text
        assert 'id="error-due-1"' in answer.text

    async def test_shows_both_values_after_a_stale_edit(self, finance: Browser, program: int):
        await finance.post(f"/programs/{program}/calendar", FIELDS)
        answer = await finance.post(f"/programs/{program}/calendar", {**FIELDS, "notice_by": "2026-11-10"})
        assert answer.status_code == 409
        assert "いまの内容" in answer.text

    async def test_offers_the_program_of_the_year_before_with_the_same_title(
        self, finance: Browser, world: World, program: int
    ):
        before = await found_program(world, "共同調査", fiscal_year=2025)
        await found_program(world, "別の調査", fiscal_year=2025)
        page = await finance.get(f"/programs/{program}/calendar/edit")
        assert re.search(rf'<option value="{before}" selected', page.text)
        answer = await finance.post(f"/programs/{program}/calendar", {**FIELDS, "last_year_program_id": str(program)})
        assert 'id="error-last_year_program_id"' in answer.text

    async def test_is_read_by_the_liaison_and_changed_by_finance_alone(self, app: Any, world: World, program: int):
        async with new_browser(app, world.people["280003", Role.LIAISON][1]) as liaison:
            page = await liaison.get(f"/programs/{program}/calendar")
            assert page.status_code == 200
            assert "/calendar/edit" not in page.text
            assert (await liaison.post(f"/programs/{program}/calendar", FIELDS)).status_code == 403


class TestTasks:
    async def test_remind_of_the_next_stage_once_the_plan_is_saved(self, finance: Browser, program: int):
        assert "通知: 共同調査" not in (await finance.get("/")).text
        await finance.post(f"/programs/{program}/calendar", FIELDS)
        home = (await finance.get("/")).text
        assert "通知: 共同調査" in home
        assert f'href="/programs/{program}/runs"' in home


class TestApi:
    async def test_reads_and_replaces_the_plan_with_its_version(self, client: Program, program: int):
        first = await client.get(f"/programs/{program}/calendar")
        assert (first.status_code, first.json()["saved"], first.json()["version"]) == (200, False, 1)
        plan = {"notice_by": "2026-11-05", "due_dates": ["2026-12-31", None]}
        saved = await client.put(f"/programs/{program}/calendar", plan, first.headers["etag"])
        assert saved.status_code == 200, saved.text
        assert saved.json()["printed_due_dates"] == [date(2027, 1, 4).isoformat(), None]
        assert saved.json()["plan"]["estimate_by"] is None
        stale = await client.put(f"/programs/{program}/calendar", plan, first.headers["etag"])
        assert stale.status_code == 412

    async def test_wants_a_day_or_null_for_every_instalment(self, client: Program, program: int):
        etag = (await client.get(f"/programs/{program}/calendar")).headers["etag"]
        answer = await client.put(f"/programs/{program}/calendar", {"due_dates": ["2026-12-31"]}, etag)
        assert answer.status_code == 422
        assert "/due_dates" in answer.text
