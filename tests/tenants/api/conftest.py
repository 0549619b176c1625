"""Programs of people for the API's own tests."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.factories.api_clients import Program, give_token, new_program
from tests.factories.worlds import World


@pytest.fixture
async def finance(app: Any, world: World) -> AsyncIterator[Program]:
    """A program of the prefecture's finance officer with every verb."""
    async with new_program(app, await give_token(world.pool, world.finance)) as one:
        yield one
