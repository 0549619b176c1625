"""Approved runs with issued papers, through the product's own operations."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from billing.notices.settings import operations as settings
from billing.runs import operations as runs
from billing.statements.issuing import approve_and_issue
from tenants.calendar import JST
from tenants.context import Scope
from tenants.database.transaction import open_door
from tests.factories.programs import COMPLETE_NOTICE
from tests.factories.worlds import NOW, World

TODAY = NOW.astimezone(JST)
Approve = Callable[..., Awaitable[int]]
Decide = Callable[..., Awaitable[None]]


@pytest.fixture
def approve(world: World, work: Callable[[], Awaitable[None]]) -> Approve:
    """Calculates and approves a run of the program, and has all that follows made; answers the run's id."""

    async def new_run(program: int, stage: str = "notice", now: datetime = TODAY) -> int:
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            run_id = await runs.start_run(world.finance, program, stage, now, "試験の変更")
        await work()
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await runs.submit_run(world.finance, run_id, now)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await approve_and_issue(world.approver, run_id, now)
        await work()
        return run_id

    return new_run


@pytest.fixture
def decide(world: World) -> Decide:
    """Saves the program's first setting: complete, with changes."""

    async def save(program: int, **changes: Any) -> None:
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await settings.save_setting(world.finance, program, replace(COMPLETE_NOTICE, **changes), 0)

    return save
