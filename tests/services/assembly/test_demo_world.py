"""The demonstration's program shows the year to its end: notices are issued, and the instalment is charged."""

from datetime import datetime

import pytest

from billing.notices import queries as notices
from billing.payments import queries as payments
from billing.runs import operations as runs
from billing.statements.issuing import approve_and_issue
from services.assembly import demo, demo_world
from tenants.calendar import JST
from tenants.context import Scope
from tenants.database.transaction import open_door
from tenants.storage import Storage
from tests.factories.workers import work_off
from tests.factories.worlds import World


class TestSurveyProgram:
    async def test_has_notices_and_a_charged_instalment(
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
            asked = {one.code: one.content["pages"][0]["amount_yen"] for one in await notices.paper_lines(run_id)}
            charged = {one.tenant_code: one.levied_yen for one in await payments.payments(program)}
        assert asked.keys() == {one.code for one in towns}
        assert charged == asked
