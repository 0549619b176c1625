"""Programs for tests of costs."""

from collections.abc import Awaitable, Callable

import pytest

from tests.factories import programs
from tests.factories.worlds import World

FoundProgram = Callable[[str], Awaitable[int]]


@pytest.fixture
def found_program(world: World) -> FoundProgram:
    """Founds a program with 神戸市 and 猪名川町 under the title given."""

    async def found(title: str) -> int:
        return await programs.found_program(world, title)

    return found


@pytest.fixture
async def program_id(found_program: FoundProgram) -> int:
    """The program most tests work in."""
    return await found_program("漏水調査")
