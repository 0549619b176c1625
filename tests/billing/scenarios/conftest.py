"""A program to try things with, and a scenario copied from it."""

import pytest

from billing.scenarios import operations
from billing.scenarios.rules import Source
from tenants.context import Scope
from tenants.database.transaction import open_door
from tests.factories.programs import found_calculable
from tests.factories.worlds import NOW, World


@pytest.fixture
async def program(world: World) -> int:
    """Three members, 均等割3割・人口割7割, a direct cost, a prefecture cost, and a half grant."""
    return await found_calculable(world)


@pytest.fixture
async def scenario(world: World, program: int) -> int:
    """A copy of the program as it stands."""
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        return await operations.copy_case(world.finance, program, Source(), "不採択なら", "", NOW)
