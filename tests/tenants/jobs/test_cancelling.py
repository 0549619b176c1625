"""Cancelling: what waits ends at once, what runs ends at its next step, what is committed stays, nothing is twice."""

import asyncio
import contextvars
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tenants.calendar import JST
from tenants.context import Role, Scope, TenantContext
from tenants.database.transaction import open_door
from tenants.errors import NotFound
from tenants.jobs import cancelling, operations, outbox, runner
from tenants.jobs.cancelling import FinishedAlready
from tenants.jobs.operations import count_part_done, enqueue, send_waiting
from tenants.jobs.rules import ATTEMPTS, LEASE, Queue, State
from tenants.jobs.runner import JobHandle, Tools
from tests.factories.browsers import new_browser
from tests.factories.worlds import World
from tests.tenants.jobs.asking import NAME, TOWN, Declared, ask, claimed, stored, waiting
from tests.walls.scorecard import tell

INTERLEAVINGS = 200
SEED = 20261121


async def cancel(world: World, job_id: int, context: TenantContext | None = None) -> State:
    context = context or world.context(TOWN, Role.TOWN_FINANCE)
    async with open_door(world.pool, context.scope, context.tenant_id):
        return await cancelling.cancel(context, job_id, datetime.now(JST))


async def retry(world: World, job_id: int, context: TenantContext | None = None) -> None:
    context = context or world.context(TOWN, Role.TOWN_FINANCE)
    async with open_door(world.pool, context.scope, context.tenant_id):
        await operations.try_again(context, job_id)


async def run(world: World, tools: Tools, job_id: int) -> State:
    return await runner.run(tools, world.tenants[TOWN], job_id)


def pieces(world: World, number: int, between: Callable[[], Awaitable[None]]) -> Callable[[JobHandle], Any]:
    """Work in pieces, each of which leaves one row that a rollback would take away."""

    async def work(job: JobHandle) -> None:
        for piece in range(number):
            async with job.once(f"{job.view.id}/{piece}") as first:
                if first:
                    await enqueue(
                        job.context, NAME, f"effect {job.view.id}/{piece}", {}, queue=Queue.QUICK, waiting=True
                    )
                await between()
            await job.report(piece + 1, number, "途中")
        async with job.transaction():
            await job.finish("済み")

    return work


async def effects(world: World, job_id: int) -> list[str]:
    async with open_door(world.pool, Scope.JOBS, read_only=True) as door:
        rows = await door.execute("SELECT title FROM job WHERE title LIKE $1 ORDER BY title", (f"effect {job_id}/%",))
    return [row["title"].split("/")[1] for row in rows]


class TestCancel:
    async def test_ends_what_waits_at_once_and_it_never_runs(self, world: World, declared: Declared, tools: Tools):
        async def work(job: JobHandle) -> None:
            raise AssertionError("it ran")

        declared(work)
        job_id = await ask(world)
        assert await cancel(world, job_id) is State.CANCELLED
        assert await run(world, tools, job_id) is State.DONE
        row = await stored(world, job_id)
        assert (row["state"], row["attempts"]) == ("cancelled", 0)
        assert await waiting(world) == []

    async def test_ends_what_runs_at_its_next_step_and_keeps_what_is_done(
        self, world: World, declared: Declared, tools: Tools
    ):
        async def stop_in_the_second() -> None:
            if len(await_count) == 1:
                assert await cancel_apart(world, job_id) is State.RUNNING
            await_count.append(1)

        await_count: list[int] = []
        job_id = await ask(world)
        declared(pieces(world, 3, stop_in_the_second))
        assert await run(world, tools, job_id) is State.CANCELLED
        assert await effects(world, job_id) == ["0", "1"]
        row = await stored(world, job_id)
        assert (row["state"], row["lease_until"]) == ("cancelled", None)
        assert await outbox.sweep(world.pool, lambda *_: None, datetime.now(JST) + LEASE * 3) == 0
        await retry(world, job_id)
        assert await run(world, tools, job_id) is State.DONE
        assert await effects(world, job_id) == ["0", "1", "2"]

    async def test_asked_for_in_the_last_piece_takes_that_piece_back(
        self, world: World, declared: Declared, tools: Tools
    ):
        async def work(job: JobHandle) -> None:
            async with job.once("only") as first:
                assert first
                await enqueue(job.context, NAME, f"effect {job.view.id}/0", {}, queue=Queue.QUICK, waiting=True)
                await cancel_apart(world, job.view.id)
                await job.finish("済み")

        declared(work)
        job_id = await ask(world)
        assert await run(world, tools, job_id) is State.CANCELLED
        assert await effects(world, job_id) == []

    async def test_is_not_tried_again_when_it_fails_or_its_worker_dies(
        self, world: World, declared: Declared, tools: Tools
    ):
        async def work(job: JobHandle) -> None:
            await cancel_apart(world, job.view.id)
            raise RuntimeError

        declared(work)
        failing = await ask(world)
        assert await run(world, tools, failing) is State.CANCELLED
        lost, now = await ask(world), datetime.now(JST)
        assert await claimed(world, lost, now) is not None
        assert await cancel(world, lost) is State.RUNNING
        later = now + LEASE * 2
        assert await outbox.sweep(world.pool, lambda *_: None, later) == 1
        assert await claimed(world, lost, later) is None
        assert (await stored(world, lost))["state"] == "cancelled"
        assert await outbox.sweep(world.pool, lambda *_: None, later + timedelta(hours=1)) == 0

    async def test_is_for_who_asked_and_the_administrator_of_their_own_organisation(self, world: World):
        job_id = await ask(world)
        for code, role in ((TOWN, Role.TOWN_STAFF), ("283011", Role.TOWN_ADMIN), ("280003", Role.PREFECTURE_ADMIN)):
            with pytest.raises(NotFound):
                await cancel(world, job_id, world.context(code, role))
        assert await cancel(world, job_id, world.context(TOWN, Role.TOWN_ADMIN)) is State.CANCELLED
        with pytest.raises(FinishedAlready):
            await cancel(world, job_id)
        with pytest.raises(NotFound):
            await retry(world, job_id, world.context(TOWN, Role.TOWN_STAFF))
        await retry(world, job_id, world.context(TOWN, Role.TOWN_ADMIN))
        assert (await stored(world, job_id))["state"] == "queued"


class TestCancelWithParts:
    async def test_ends_the_whole_with_the_last_part_that_ran_and_goes_on_where_it_stopped(
        self, world: World, declared: Declared, tools: Tools
    ):
        context = world.context(TOWN, Role.TOWN_FINANCE)
        whole, parts = await _with_parts(world, context)
        running = await claimed(world, parts[0], datetime.now(JST))
        assert running is not None
        assert await cancel(world, whole) is State.WAITING
        states = [(await stored(world, one))["state"] for one in parts]
        assert states == ["running", "cancelled", "cancelled"]
        assert await cancel(world, whole) is State.WAITING
        async with open_door(world.pool, Scope.JOBS):
            assert await cancelling.end_cancelled(running, datetime.now(JST))
        assert (await stored(world, whole))["state"] == "cancelled"
        declared(_count_up)
        await retry(world, whole)
        assert (await stored(world, whole))["state"] == "waiting"
        for one in parts:
            assert await run(world, tools, one) is State.DONE
        assert await run(world, tools, whole) is State.DONE
        row = await stored(world, whole)
        assert (row["state"], row["done_count"]) == ("done", 4)

    async def test_never_waits_in_a_circle(self, world: World, declared: Declared, tools: Tools):
        """Parts finish, fail and are cancelled at the same moment; whatever comes first, all of them end."""
        random_numbers = random.Random(SEED)  # noqa: S311  (a test's own dice)

        async def work(job: JobHandle) -> None:
            if job.view.parent_id is not None and random_numbers.random() < 0.3 and job.view.attempts < ATTEMPTS:
                raise RuntimeError
            await _count_up(job)

        declared(work)
        context = world.context(TOWN, Role.TOWN_FINANCE)
        for _ in range(15):
            whole, parts = await _with_parts(world, context)
            await asyncio.gather(
                *(run(world, tools, one) for one in parts), _later(world, whole, random_numbers.random() * 0.02)
            )
            for _ in range(ATTEMPTS):
                await asyncio.gather(*(run(world, tools, one) for one in (*parts, whole)))
            states = {(await stored(world, one))["state"] for one in (*parts, whole)}
            assert states <= {"done", "cancelled"}, states
            if (await stored(world, whole))["state"] == "done":
                assert states == {"done"}


async def cancel_apart(world: World, job_id: int) -> State:
    """Cancels from outside the transaction that is open here, as another request would."""
    return await asyncio.create_task(cancel(world, job_id), context=contextvars.Context())


async def _later(world: World, job_id: int, seconds: float) -> State | None:
    await asyncio.sleep(seconds)
    try:
        return await cancel(world, job_id)
    except FinishedAlready:
        return None


async def _with_parts(world: World, context: TenantContext) -> tuple[int, list[int]]:
    async with open_door(world.pool, Scope.TOWN, context.tenant_id):
        whole = await enqueue(context, NAME, "全体", {}, queue=Queue.SLOW, total=4, waiting=True)
        parts = [await enqueue(context, NAME, "部分", {}, queue=Queue.SLOW, parent_id=whole) for _ in range(3)]
    return whole, parts


async def _count_up(job: JobHandle) -> None:
    async with job.once(f"part/{job.view.id}") as first:
        if first and job.view.parent_id is not None:
            done, total = await count_part_done(job.context, job.view.parent_id, 1)
            if done == total - 1:
                await send_waiting(job.context, job.view.parent_id, Queue.SLOW)
        await job.finish("済み")


class TestRaces:
    async def test_of_cancelling_claiming_and_finishing_leave_every_piece_done_once_or_not_at_all(
        self, world: World, declared: Declared, tools: Tools
    ):
        dice = random.Random(SEED)  # noqa: S311  (a test's own dice)

        async def pause() -> None:
            await asyncio.sleep(dice.choice((0, 0, 0.001, 0.003)))

        async def run_soon(job_id: int) -> State:
            await asyncio.sleep(dice.random() * 0.01)
            return await run(world, tools, job_id)

        declared(pieces(world, 3, pause))
        ended = {"done": 0, "cancelled": 0}
        for _ in range(INTERLEAVINGS):
            job_id = await ask(world)
            await asyncio.gather(
                run_soon(job_id),
                run_soon(job_id),
                _later(world, job_id, dice.random() * 0.06),
            )
            state = (await stored(world, job_id))["state"]
            found = await effects(world, job_id)
            assert state in ended, state
            assert found == ["0", "1", "2"][: len(found)]
            assert state == "cancelled" or len(found) == 3
            ended[state] += 1
            if state == "cancelled":
                await retry(world, job_id)
                assert await run(world, tools, job_id) is State.DONE
                assert await effects(world, job_id) == ["0", "1", "2"]
        tell("cancelled jobs", interleavings=INTERLEAVINGS, **ended, seed=SEED)
        assert min(ended.values()) > INTERLEAVINGS // 20


class TestPages:
    async def test_offer_cancelling_and_going_on(self, world: World, app: Any):
        job_id = await ask(world)
        async with new_browser(app, world.people[TOWN, Role.TOWN_FINANCE][1]) as one:
            assert "処理を取り消す" in (await one.get(f"/jobs/{job_id}")).text
            answer = await one.post(f"/jobs/{job_id}/cancellation")
            assert answer.headers["location"] == f"/jobs/{job_id}?done=job-cancelled"
            page = await one.get(answer.headers["location"])
            assert "取り消しました" in page.text
            assert "処理を取り消す" not in page.text
            assert (await one.post(f"/jobs/{job_id}/cancellation")).status_code == 409
            assert (await one.post(f"/jobs/{job_id}/attempts")).status_code == 303
        await claimed(world, job_id, datetime.now(JST))
        async with new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one:
            assert "試す処理" not in (await one.get("/jobs")).text
            assert "試す処理" in (await one.get("/jobs?whose=all")).text
            answer = await one.post(f"/jobs/{job_id}/cancellation")
            assert answer.headers["location"].endswith("job-cancelling")
            assert "取り消し中" in (await one.get("/jobs?whose=all")).text
            trail = (await one.get("/audit")).text
            assert "処理を取り消す" in trail
        async with new_browser(app, world.people[TOWN, Role.TOWN_STAFF][1]) as one:
            assert "試す処理" not in (await one.get("/jobs?whose=all")).text

    async def test_say_until_when_a_result_can_be_fetched(self, world: World, app: Any):
        now = datetime.now(JST)
        ids = []
        for ends in (now + timedelta(days=7), now - timedelta(days=1)):
            job_id = await ask(world)
            job = await claimed(world, job_id, now)
            assert job is not None
            async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN]):
                await operations.finish(
                    job, now, message="済み", result_url="/files/7", result_label="受け取る", result_expires_at=ends
                )
            ids.append(job_id)
        async with new_browser(app, world.people[TOWN, Role.TOWN_FINANCE][1]) as one:
            listed = (await one.get("/jobs")).text
            assert listed.count('href="/files/7"') == 1
            assert "期限が過ぎました" in listed
            assert "まで" in (await one.get(f"/jobs/{ids[0]}")).text
            assert "受け取れる期限が過ぎました" in (await one.get(f"/jobs/{ids[1]}")).text
