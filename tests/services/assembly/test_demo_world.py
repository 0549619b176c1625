"""The demonstration's program shows the year to its end: it is planned, notices are issued, instalments charged."""

import json
from datetime import datetime

import pytest

from billing.notices import queries as notices
from billing.payments import queries as payments
from billing.runs import operations as runs
from billing.statements.issuing import approve_and_issue
from services.assembly import demo, demo_world
from services.assembly.demo_year import YEAR
from tenants.calendar import JST
from tenants.context import Scope
from tenants.database.engine import current_door
from tenants.database.transaction import open_door
from tenants.storage import Storage
from tests.factories.workers import work_off
from tests.factories.worlds import World


class TestSurveyProgram:
    async def test_has_a_plan_notices_by_it_and_charged_instalments(
        self, world: World, storage: Storage, monkeypatch: pytest.MonkeyPatch
    ):
        # All 41 towns take the same way; three of them say as much in a tenth of the time.
        towns = [one for one in demo_world.municipalities() if one.code in {"281000", "283011", "284467"}]
        monkeypatch.setattr(demo_world, "municipalities", lambda: towns)
        now = datetime.now(JST)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            program = await demo_world.survey_program(world.finance, world.approver, world.tenants, now)
            run_id = await runs.start_run(world.finance, program, "notice", now)
        await work_off(world, storage)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await runs.submit_run(world.finance, run_id, now)
            await approve_and_issue(world.approver, run_id, now)
        await work_off(world, storage)
        await demo._levy(world.pool, world.finance, run_id)
        async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
            pages = {one.code: one.content["pages"] for one in await notices.paper_lines(run_id)}
            charged = {(one.tenant_code, one.due_date): one.levied_yen for one in await payments.payments(program)}
            schedules = await current_door().execute("SELECT content -> 'schedule' AS dues FROM statement")
        assert pages.keys() == {one.code for one in towns}
        asked = {(code, one["due_date"]): one["amount_yen"] for code, both in pages.items() for one in both}
        assert {(code, day.isoformat()): yen for (code, day), yen in charged.items()} == asked
        dues = [day.isoformat() for day in YEAR.moved_due_dates]
        assert dues == ["2026-12-18", "2027-03-01"], "the end of February is a Sunday"
        assert {tuple(one["due_date"] for one in json.loads(row["dues"])) for row in schedules} == {tuple(dues)}
