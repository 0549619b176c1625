"""A small program ready to be calculated, for statements that are explained."""

import pytest

from tests.factories.programs import found_calculable
from tests.factories.worlds import World


@pytest.fixture
async def program(world: World) -> int:
    """Three members, 均等割3割・人口割7割, a direct cost, a prefecture cost, and a half grant."""
    return await found_calculable(world)
