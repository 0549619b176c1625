"""Asking for a job, claiming it, and looking at what is stored of it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.jobs.operations import claim, enqueue
from tenants.jobs.rules import JobView, Queue
from tenants.jobs.runner import JobHandle
from tenants.jobs.tables import DoneKey, Job, Outbox
from tests.factories.worlds import World

NAME = "tests.jobs.work"
TOWN = "281000"
Declared = Callable[[Callable[[JobHandle], Any]], None]


async def ask(world: World, code: str = TOWN) -> int:
    async with open_door(world.pool, Scope.TOWN, world.tenants[code]):
        return await enqueue(world.context(code, Role.TOWN_FINANCE), NAME, "試す処理", {"n": 1}, queue=Queue.QUICK)


async def stored(world: World, job_id: int) -> dict[str, Any]:
    async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN], read_only=True):
        row = await Job.select().where(Job.id == job_id).first()
    assert row is not None
    return row


async def waiting(world: World) -> list[dict[str, Any]]:
    async with open_door(world.pool, Scope.JOBS, read_only=True):
        return await Outbox.select()


async def claimed(world: World, job_id: int, now: datetime) -> JobView | None:
    async with open_door(world.pool, Scope.JOBS):
        return await claim(world.tenants[TOWN], job_id, now)


async def done_keys(world: World) -> int:
    async with open_door(world.pool, Scope.TOWN, world.tenants[TOWN], read_only=True):
        return await DoneKey.count()
