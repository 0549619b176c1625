"""Jobs: done once whatever the broker and the workers do, and parked where a person sees it."""
# ruff: noqa: PT012  (what raises is a whole transaction, with what happens in it)

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.directory.tables import Entitlement
from tenants.errors import Conflict, NotFound
from tenants.jobs import operations, outbox, runner
from tenants.jobs.operations import WORKER_LOST, claim, enqueue, finish, first_time, report
from tenants.jobs.rules import ATTEMPTS, LEASE, RESEND_AFTER, JobView, Queue, State
from tenants.jobs.runner import FAULT, JobDefinition, JobHandle, Tools
from tenants.jobs.tables import DoneKey, Job, Outbox
from tests.factories.browsers import new_browser, running_app, settings_for
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import World

NAME = "tests.jobs.work"
TOWN = "281000"
Declared = Callable[[Callable[[JobHandle], Any]], None]


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> Declared:
    """Lets a test say what its one kind of job does."""

    def declare(work: Callable[[JobHandle], Any], time_limit_seconds: int = 5) -> None:
        monkeypatch.setitem(runner._DEFINITIONS, NAME, JobDefinition(NAME, Queue.QUICK, time_limit_seconds, work))

    return declare


@pytest.fixture
def tools(world: World) -> Tools:
    """A worker's tools whose broker takes everything."""
    return Tools(world.pool, lambda *_: None, None, "兵庫県", sample_data=True)  # type: ignore[arg-type]


async def _ask(world: World, code: str = TOWN) -> int:
    async with open_door(world.pool, Scope.TOWN, world.tenants[code]):
        return await enqueue(world.context(code, Role.TOWN_FINANCE), NAME, "試す処理", {"n": 1}, queue=Queue.QUICK)


async def _row(world: World, job_id: int) -> dict[str, Any]:
    async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN], read_only=True):
        row = await Job.select().where(Job.id == job_id).first()
    assert row is not None
    return row


async def _outbox(world: World) -> list[dict[str, Any]]:
    async with open_door(world.pool, Scope.JOBS, read_only=True):
        return await Outbox.select()


async def _claim(world: World, job_id: int, now: datetime) -> JobView | None:
    async with open_door(world.pool, Scope.JOBS):
        return await claim(world.tenants[TOWN], job_id, now)


async def _keys(world: World) -> int:
    async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN], read_only=True):
        return await DoneKey.count()


class TestClaim:
    async def test_gives_a_job_to_one_of_many_workers(self, world: World):
        job_id, now = await _ask(world), datetime.now(JST)
        claims = await asyncio.gather(*(_claim(world, job_id, now) for _ in range(12)))
        assert sum(1 for one in claims if one is not None) == 1
        assert await _outbox(world) == []

    async def test_of_another_tenants_number_finds_nothing(self, world: World):
        job_id = await _ask(world)
        async with open_door(world.pool, Scope.JOBS):
            assert await claim(world.tenants["283011"], job_id, datetime.now(JST)) is None

    async def test_waits_for_the_lease_of_a_worker_that_may_live(self, world: World):
        job_id, now = await _ask(world), datetime.now(JST)
        first = await _claim(world, job_id, now)
        assert first is not None
        assert await _claim(world, job_id, now + LEASE) is None
        second = await _claim(world, job_id, now + LEASE + timedelta(seconds=1))
        assert second is not None
        assert second.attempts == 2

    async def test_takes_the_work_from_a_worker_that_comes_back_late(self, world: World):
        job_id, now = await _ask(world), datetime.now(JST)
        late = await _claim(world, job_id, now)
        heir = await _claim(world, job_id, now + LEASE * 2)
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
        assert (await _row(world, job_id))["message"] == "済み"

    async def test_parks_a_job_that_kills_its_worker_every_time(self, world: World):
        job_id, now = await _ask(world), datetime.now(JST)
        for _ in range(ATTEMPTS):
            assert await _claim(world, job_id, now) is not None
            now += LEASE * 2
        assert await _claim(world, job_id, now) is None
        row = await _row(world, job_id)
        assert (row["state"], row["error_message"], row["attempts"]) == ("parked", WORKER_LOST, ATTEMPTS)
        assert await _claim(world, job_id, now + LEASE * 2) is None
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
        job_id = await _ask(world)
        await asyncio.gather(*(runner.run(tools, world.tenants[TOWN], job_id) for _ in range(10)))
        assert await runner.run(tools, world.tenants[TOWN], job_id) is State.DONE
        assert done == [job_id]
        assert (await _row(world, job_id))["state"] == "done"
        assert await _keys(world) == 1

    async def test_acts_for_who_asked_and_only_in_their_tenant(self, world: World, declared: Declared, tools: Tools):
        seen: list[Any] = []

        async def work(job: JobHandle) -> None:
            async with job.transaction():
                seen.append((job.context.role, {row["tenant_id"] for row in await Entitlement.select()}))
                await job.finish("済み")

        declared(work)
        await runner.run(tools, world.tenants[TOWN], await _ask(world))
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
        job_id = await _ask(world)
        assert await runner.run(tools, world.tenants[TOWN], job_id) is State.FAILED
        assert (await _row(world, job_id))["error_message"] == ""
        assert await runner.run(tools, world.tenants[TOWN], job_id) is State.DONE
        assert done == ["一", "二", "二", "三"]  # the second piece was rolled back the first time
        assert await _keys(world) == 3

    async def test_parks_after_three_faults_where_the_person_sees_it(
        self, world: World, declared: Declared, tools: Tools, database: ClonedDatabase
    ):
        async def always(job: JobHandle) -> None:
            raise RuntimeError("secret detail: password=hunter2")

        declared(always)
        job_id = await _ask(world)
        states = [await runner.run(tools, world.tenants[TOWN], job_id) for _ in range(ATTEMPTS)]
        assert states == [State.FAILED, State.FAILED, State.PARKED]
        assert await runner.run(tools, world.tenants[TOWN], job_id) is State.DONE
        assert await _outbox(world) == []
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
        row = await _row(world, job_id)
        assert (row["state"], row["attempts"]) == ("queued", 0)
        assert len(await _outbox(world)) == 1

    async def test_says_in_japanese_what_a_refusal_of_ours_says(self, world: World, declared: Declared, tools: Tools):
        async def work(job: JobHandle) -> None:
            raise Conflict("x", "承認済みの計算は変えられません。")

        declared(work)
        job_id = await _ask(world)
        for _ in range(ATTEMPTS):
            await runner.run(tools, world.tenants[TOWN], job_id)
        assert (await _row(world, job_id))["error_message"] == "承認済みの計算は変えられません。"

    async def test_ends_a_job_at_its_time_limit(self, world: World, declared: Any, tools: Tools):
        async def work(job: JobHandle) -> None:
            async with job.transaction():
                await asyncio.sleep(30)

        declared(work, 0.05)
        assert await runner.run(tools, world.tenants[TOWN], await _ask(world)) is State.FAILED

    async def test_parks_a_job_nobody_knows(self, world: World, tools: Tools):
        job_id = await _ask(world)
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
        job_id = await _ask(world)
        task = asyncio.ensure_future(runner.run(tools, world.tenants[TOWN], job_id))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await _row(world, job_id))["state"] == "running"
        assert await _keys(world) == 0
        later = datetime.now(JST) + LEASE * 2
        assert await outbox.sweep(world.pool, lambda *_: None, later) == 1
        heir = await _claim(world, job_id, later)
        assert heir is not None
        await work(JobHandle(heir, tools))
        assert (await _row(world, job_id))["state"] == "done"


class TestOutbox:
    async def test_keeps_what_a_rolled_back_request_never_asked(self, world: World):
        with pytest.raises(RuntimeError):
            async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN]):
                await enqueue(world.context(TOWN, Role.TOWN_STAFF), NAME, "消える", {}, queue=Queue.QUICK)
                raise RuntimeError
        assert await _outbox(world) == []

    async def test_is_sent_by_the_sweep_when_the_broker_was_away(self, world: World):
        job_id, now = await _ask(world), datetime.now(JST) + timedelta(seconds=1)

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
        job_id, now = await _ask(world), datetime.now(JST) + timedelta(seconds=1)
        sent: list[Any] = []
        for moment in (now, now + RESEND_AFTER, now + RESEND_AFTER + timedelta(seconds=1)):
            await outbox.sweep(world.pool, lambda *one: sent.append(one), moment)
        assert len(sent) == 2
        assert await _claim(world, job_id, now) is not None
        assert await outbox.sweep(world.pool, lambda *one: sent.append(one), now + RESEND_AFTER * 3) == 0

    async def test_waits_before_the_next_attempt(self, world: World, declared: Declared, tools: Tools):
        async def work(job: JobHandle) -> None:
            raise RuntimeError

        declared(work)
        await runner.run(tools, world.tenants[TOWN], await _ask(world))
        assert await outbox.sweep(world.pool, lambda *_: None, datetime.now(JST)) == 0
        assert await outbox.sweep(world.pool, lambda *_: None, datetime.now(JST) + timedelta(seconds=6)) == 1


class TestDoneKey:
    async def test_is_true_once_and_free_again_after_a_rollback(self, world: World):
        job_id = await _ask(world)
        job = await _claim(world, job_id, datetime.now(JST))
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
        job_id = await _ask(world)
        for code, role in ((TOWN, Role.TOWN_ADMIN), ("283011", Role.TOWN_FINANCE), ("280003", Role.PREFECTURE_ADMIN)):
            async with new_browser(app, world.people[code, role][1]) as one:
                assert (await one.get(f"/jobs/{job_id}")).status_code == 404
                assert (await one.post(f"/jobs/{job_id}/attempts")).status_code == 404
