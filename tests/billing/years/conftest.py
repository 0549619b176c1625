"""A program of two instalments, and a way to carry a run through to its statements."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any

import pytest

from billing.runs import operations as runs
from billing.statements.issuing import approve_and_issue
from tenants.calendar import JST
from tenants.context import Scope
from tenants.database.transaction import open_door
from tests.factories.api_clients import Program, give_token, new_program
from tests.factories.programs import found_calculable
from tests.factories.worlds import NOW, World

TODAY = NOW.astimezone(JST)
Issue = Callable[..., Awaitable[int]]


@pytest.fixture
async def client(app: Any, world: World) -> AsyncIterator[Program]:
    """The finance officer's program on the API."""
    async with new_program(app, await give_token(world.pool, world.finance)) as one:
        yield one


@pytest.fixture
async def program(world: World) -> int:
    """Three members, a keyed cost with a half grant, a direct cost, two instalments."""
    return await found_calculable(world)


@pytest.fixture
def issue(world: World, work: Callable[[], Awaitable[None]]) -> Issue:
    """Starts, computes, submits and approves a run, and makes its statements; returns its id."""

    async def through(program: int, stage: str = "notice", reason: str = "", now: datetime = TODAY) -> int:
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            run_id = await runs.start_run(world.finance, program, stage, now, reason)
        await work()
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await runs.submit_run(world.finance, run_id, now)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await approve_and_issue(world.approver, run_id, now)
        await work()
        return run_id

    return through
