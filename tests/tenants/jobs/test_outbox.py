"""The outbox, done-keys and the page of a job."""
# ruff: noqa: PT012  (what raises is a whole transaction, with what happens in it)

from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.jobs import outbox, runner
from tenants.jobs.operations import enqueue, first_time
from tenants.jobs.rules import RESEND_AFTER, Queue
from tenants.jobs.runner import JobHandle, Tools
from tests.factories.browsers import new_browser
from tests.factories.worlds import World
from tests.tenants.jobs.asking import NAME, TOWN, Declared, ask, claimed, waiting


class TestOutbox:
    async def test_keeps_what_a_rolled_back_request_never_asked(self, world: World):
        with pytest.raises(RuntimeError):
            async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN]):
                await enqueue(world.context(TOWN, Role.TOWN_STAFF), NAME, "消える", {}, queue=Queue.QUICK)
                raise RuntimeError
        assert await waiting(world) == []

    async def test_is_sent_by_the_sweep_when_the_broker_was_away(self, world: World):
        job_id, now = await ask(world), datetime.now(JST) + timedelta(seconds=1)

        def away(*_: object) -> None:
            raise ConnectionError("no broker")

        await outbox.send_now(world.pool, away, [(world.tenants[TOWN], job_id, "quick")], now)
        with pytest.raises(ConnectionError):
            await outbox.sweep(world.pool, away, now)
        sent: list[tuple[int, int, str]] = []
        assert await outbox.sweep(world.pool, lambda *one: sent.append(one), now) == 1
        assert sent == [(world.tenants[TOWN], job_id, "quick")]
        assert await outbox.sweep(world.pool, lambda *one: sent.append(one), now) == 0

    async def test_is_sent_again_when_no_worker_claimed_it(self, world: World):
        job_id, now = await ask(world), datetime.now(JST) + timedelta(seconds=1)
        sent: list[Any] = []
        for moment in (now, now + RESEND_AFTER, now + RESEND_AFTER + timedelta(seconds=1)):
            await outbox.sweep(world.pool, lambda *one: sent.append(one), moment)
        assert len(sent) == 2
        assert await claimed(world, job_id, now) is not None
        assert await outbox.sweep(world.pool, lambda *one: sent.append(one), now + RESEND_AFTER * 3) == 0

    async def test_waits_before_the_next_attempt(self, world: World, declared: Declared, tools: Tools):
        async def work(job: JobHandle) -> None:
            raise RuntimeError

        declared(work)
        await runner.run(tools, world.tenants[TOWN], await ask(world))
        assert await outbox.sweep(world.pool, lambda *_: None, datetime.now(JST)) == 0
        assert await outbox.sweep(world.pool, lambda *_: None, datetime.now(JST) + timedelta(seconds=6)) == 1


class TestDoneKey:
    async def test_is_true_once_and_free_again_after_a_rollback(self, world: World):
        job_id = await ask(world)
        job = await claimed(world, job_id, datetime.now(JST))
        assert job is not None
        with pytest.raises(RuntimeError):
            async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN]):
                assert await first_time(job, "key")
                raise RuntimeError
        for promised in (True, False, False):
            async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN]):
                assert await first_time(job, "key") is promised

    async def test_can_be_taken_back_by_nobody(self, world: World):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN]) as door:
                await door.execute("DELETE FROM done_key")


class TestJobPage:
    async def test_is_not_found_for_a_colleague_and_for_another_town(self, world: World, app: Any):
        job_id = await ask(world)
        for code, role in ((TOWN, Role.TOWN_STAFF), ("283011", Role.TOWN_ADMIN), ("280003", Role.PREFECTURE_ADMIN)):
            async with new_browser(app, world.people[code, role][1]) as one:
                assert (await one.get(f"/jobs/{job_id}")).status_code == 404
                assert (await one.post(f"/jobs/{job_id}/attempts")).status_code == 404
