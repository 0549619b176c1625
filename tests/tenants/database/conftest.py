"""An open door of one town, for tests of what it lets through."""

from collections.abc import AsyncIterator

import pytest

from tenants.context import Scope
from tenants.database.transaction import (
    Door,
    open_door,
)
from tests.factories.worlds import World


@pytest.fixture
async def kobe(world: World) -> AsyncIterator[Door]:
    """An open door of one town, rolled back at the end."""
    async with open_door(world.pool, Scope.TOWN, world.tenants["281000"]) as door:
        yield door
        await door.connection.execute("ROLLBACK; BEGIN")
