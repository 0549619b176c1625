"""A statement whose paper never comes out: the job ends, is parked, and says so."""

from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest

from billing.runs import operations
from billing.statements import paper
from billing.statements.issuing import MAKE_JOB, approve_and_issue
from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.jobs import runner
from tenants.jobs.rules import State
from tenants.storage import Storage
from tests.factories.browsers import new_browser
from tests.factories.worlds import NOW, World


async def test_parks_the_job_with_a_sentence_for_people(
    world: World,
    program: int,
    work: Callable[[], Awaitable[None]],
    storage: Storage,
    stored_app: Any,
    behind: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
):
    today = NOW.astimezone(JST)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        run_id = await operations.start_run(world.finance, program, "notice", today)
    await work()
    for act, who in ((operations.submit_run, world.finance), (approve_and_issue, world.approver)):
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await act(who, run_id, today)
    monkeypatch.setattr(paper, "PDF_TIME_LIMIT_SECONDS", 0.001)
    row = behind.execute("SELECT id, parent_id FROM job WHERE name = %s", (MAKE_JOB,)).fetchone()
    assert row is not None
    tools = runner.Tools(world.pool, lambda *_: None, storage, "兵庫県", sample_data=True)
    states = [await runner.run(tools, 1, row[0]) for _ in range(3)]
    assert states == [State.FAILED, State.FAILED, State.PARKED]
    assert behind.execute("SELECT count(*) FROM statement").fetchone() == (0,)
    async with new_browser(stored_app, world.people["280003:2", Role.PREFECTURE_FINANCE][1]) as two:
        page = await two.get(f"/jobs/{row[1]}")
        assert "PDFの作成が制限時間" in page.text
    monkeypatch.undo()
    async with new_browser(stored_app, world.people["280003:2", Role.PREFECTURE_FINANCE][1]) as two:
        assert (await two.post(f"/jobs/{row[1]}/attempts")).status_code == 303
    await work()
    assert behind.execute("SELECT count(*) FROM statement").fetchone() == (3,)
