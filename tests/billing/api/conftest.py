"""Programs of two finance officers and of a town, on an application with storage."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tenants.context import Role
from tests.factories.api_clients import Program, give_token, new_program
from tests.factories.worlds import World


@pytest.fixture
async def officer(stored_app: Any, world: World) -> AsyncIterator[Program]:
    """The program of the finance officer who prepares."""
    async with new_program(stored_app, await give_token(world.pool, world.finance)) as one:
        yield one


@pytest.fixture
async def approver(stored_app: Any, world: World) -> AsyncIterator[Program]:
    """The program of the second finance officer."""
    async with new_program(stored_app, await give_token(world.pool, world.approver)) as one:
        yield one


@pytest.fixture
async def town(stored_app: Any, world: World) -> AsyncIterator[Program]:
    """The program of a town's finance officer."""
    token = await give_token(world.pool, world.context("283011", Role.TOWN_FINANCE))
    async with new_program(stored_app, token) as one:
        yield one
