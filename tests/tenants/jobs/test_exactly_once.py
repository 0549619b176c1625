"""Jobs: done once whatever the broker and the workers do, and parked where a person sees it."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.directory.tables import Entitlement
from tenants.errors import Conflict, NotFound
from tenants.jobs import operations, outbox, runner
from tenants.jobs.operations import WORKER_LOST, claim, finish, report
from tenants.jobs.rules import ATTEMPTS, LEASE, State
from tenants.jobs.runner import FAULT, JobHandle, Tools
from tests.factories.browsers import new_browser, running_app, settings_for
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import World
from tests.tenants.jobs.asking import TOWN, Declared, ask, claimed, done_keys, stored, waiting


class TestClaim:
    async def test_gives_a_job_to_one_of_many_workers(self, world: World):
        job_id, now = await ask(world), datetime.now(JST)
        claims = await asyncio.gather(*(claimed(world, job_id, now) for _ in range(12)))
        assert sum(1 for one in claims if one is not None) == 1
        assert await waiting(world) == []

    async def test_of_another_tenants_number_finds_nothing(self, world: World):
        job_id = await ask(world)
        async with open_door(world.pool, Scope.JOBS):
            assert await claim(world.tenants["283011"], job_id, datetime.now(JST)) is None

    async def test_waits_for_the_lease_of_a_worker_that_may_live(self, world: World):
        job_id, now = await ask(world), datetime.now(JST)
        first = await claimed(world, job_id, now)
        assert first is not None
        assert await claimed(world, job_id, now + LEASE) is None
        second = await claimed(world, job_id, now + LEASE + timedelta(seconds=1))
        assert second is not None
        assert second.attempts == 2

    async def test_is_renewed_while_the_work_goes_on(
        self, world: World, tools: Tools, declared: Declared, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(runner, "LEASE", timedelta(seconds=0.15))
        seen: list[datetime] = []

        async def work(job: JobHandle) -> None:
            for _ in range(2):
                seen.append((await stored(world, job.view.id))["lease_until"])
                await asyncio.sleep(0.3)
            async with job.transaction():
                await job.finish("済み")

        declared(work)
        job_id = await ask(world)
        await runner.run(tools, world.tenants[TOWN], job_id)
        assert seen[0] < seen[1]
        assert (await stored(world, job_id))["state"] == "done"

    async def test_takes_the_work_from_a_worker_that_comes_back_late(self, world: World):
        job_id, now = await ask(world), datetime.now(JST)
        late = await claimed(world, job_id, now)
        heir = await claimed(world, job_id, now + LEASE * 2)
        assert late is not None
        assert heir is not None
        for act in (
            lambda: finish(late, now, message="遅い"),
            lambda: report(late, now, done=1, total=2, message="遅い"),
        ):
            with pytest.raises(NotFound):
                await _in_town(world, act)
        async with open_door(world.pool, Scope.JOBS):
            assert await operations.give_up(late, now, "遅い") is State.DONE
        await _in_town(world, lambda: finish(heir, now, message="済み"))
        assert (await stored(world, job_id))["message"] == "済み"

    async def test_parks_a_job_that_kills_its_worker_every_time(self, world: World):
        job_id, now = await ask(world), datetime.now(JST)
        for _ in range(ATTEMPTS):
            assert await claimed(world, job_id, now) is not None
            now += LEASE * 2
        assert await claimed(world, job_id, now) is None
        row = await stored(world, job_id)
        assert (row["state"], row["error_message"], row["attempts"]) == ("parked", WORKER_LOST, ATTEMPTS)
        assert await claimed(world, job_id, now + LEASE * 2) is None
        assert await outbox.sweep(world.pool, lambda *_: None, now + LEASE * 2) == 0


async def _in_town(world: World, act: Callable[[], Any]) -> None:
    async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN]):
        await act()


class TestRun:
    async def test_does_a_message_that_comes_many_times_once(self, world: World, declared: Declared, tools: Tools):
        done: list[int] = []

        async def work(job: JobHandle) -> None:
            async with job.once(f"only/{job.view.id}") as first:
                if first:
                    done.append(job.view.id)
                await job.finish("済み")

        declared(work)
        job_id = await ask(world)
        await asyncio.gather(*(runner.run(tools, world.tenants[TOWN], job_id) for _ in range(10)))
        assert await runner.run(tools, world.tenants[TOWN], job_id) is State.DONE
        assert done == [job_id]
        assert (await stored(world, job_id))["state"] == "done"
        assert await done_keys(world) == 1

    async def test_acts_for_who_asked_and_only_in_their_tenant(self, world: World, declared: Declared, tools: Tools):
        seen: list[Any] = []

        async def work(job: JobHandle) -> None:
            async with job.transaction():
                seen.append((job.context.role, {row["tenant_id"] for row in await Entitlement.select()}))
                await job.finish("済み")

        declared(work)
        await runner.run(tools, world.tenants[TOWN], await ask(world))
        assert seen == [(Role.TOWN_FINANCE, {world.tenants[TOWN]})]

    async def test_repeats_only_what_a_fault_left_undone(self, world: World, declared: Declared, tools: Tools):
        done: list[str] = []

        async def work(job: JobHandle) -> None:
            for piece in ("一", "二", "三"):
                async with job.once(piece) as first:
                    if first:
                        done.append(piece)
                    if piece == "二" and job.view.attempts == 1:
                        raise RuntimeError(piece)
            async with job.transaction():
                await job.finish("済み")

        declared(work)
        job_id = await ask(world)
        assert await runner.run(tools, world.tenants[TOWN], job_id) is State.FAILED
        assert (await stored(world, job_id))["error_message"] == ""
        assert await runner.run(tools, world.tenants[TOWN], job_id) is State.DONE
        assert done == ["一", "二", "二", "三"]  # the second piece was rolled back the first time
        assert await done_keys(world) == 3

    async def test_parks_after_three_faults_where_the_person_sees_it(
        self, world: World, declared: Declared, tools: Tools, database: ClonedDatabase
    ):
        async def always(job: JobHandle) -> None:
            raise RuntimeError("secret detail: password=hunter2")

        declared(always)
        job_id = await ask(world)
        states = [await runner.run(tools, world.tenants[TOWN], job_id) for _ in range(ATTEMPTS)]
        assert states == [State.FAILED, State.FAILED, State.PARKED]
        assert await runner.run(tools, world.tenants[TOWN], job_id) is State.DONE
        assert await waiting(world) == []
        async with (
            running_app(settings_for(database)) as app,
            new_browser(app, world.people[TOWN, Role.TOWN_FINANCE][1]) as one,
        ):
            page = await one.get(f"/jobs/{job_id}")
            assert page.status_code == 200
            assert FAULT in page.text
            assert "終えられませんでした" in page.text
            assert "hunter2" not in page.text
            started = time.monotonic()
            again = await one.post(f"/jobs/{job_id}/attempts")
            assert again.status_code == 303
            assert time.monotonic() - started < 5, "a broker that is away must not hold the answer"
        row = await stored(world, job_id)
        assert (row["state"], row["attempts"]) == ("queued", 0)
        assert len(await waiting(world)) == 1

    async def test_says_in_japanese_what_a_refusal_of_ours_says(self, world: World, declared: Declared, tools: Tools):
        async def work(job: JobHandle) -> None:
            raise Conflict("x", "承認済みの計算は変えられません。")

        declared(work)
        job_id = await ask(world)
        for _ in range(ATTEMPTS):
            await runner.run(tools, world.tenants[TOWN], job_id)
        assert (await stored(world, job_id))["error_message"] == "承認済みの計算は変えられません。"

    async def test_ends_a_job_at_its_time_limit(self, world: World, declared: Any, tools: Tools):
        async def work(job: JobHandle) -> None:
            async with job.transaction():
                await asyncio.sleep(30)

        declared(work, 0.05)
        assert await runner.run(tools, world.tenants[TOWN], await ask(world)) is State.FAILED

    async def test_parks_a_job_nobody_knows(self, world: World, tools: Tools):
        job_id = await ask(world)
        states = [await runner.run(tools, world.tenants[TOWN], job_id) for _ in range(ATTEMPTS)]
        assert states[-1] is State.PARKED

    async def test_survives_a_worker_that_is_ended_in_the_middle(self, world: World, declared: Declared, tools: Tools):
        started = asyncio.Event()

        async def work(job: JobHandle) -> None:
            async with job.once("piece") as first:
                assert first
                if job.view.attempts == 1:
                    started.set()
                    await asyncio.sleep(30)
                await job.finish("済み")

        declared(work)
        job_id = await ask(world)
        task = asyncio.ensure_future(runner.run(tools, world.tenants[TOWN], job_id))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await stored(world, job_id))["state"] == "running"
        assert await done_keys(world) == 0
        later = datetime.now(JST) + LEASE * 2
        assert await outbox.sweep(world.pool, lambda *_: None, later) == 1
        heir = await claimed(world, job_id, later)
        assert heir is not None
        await work(JobHandle(heir, tools))
        assert (await stored(world, job_id))["state"] == "done"
