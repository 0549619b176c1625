"""Programs with bases for tests of keys."""

from collections.abc import Awaitable, Callable

import pytest

from tests.factories import programs
from tests.factories.worlds import World

FoundProgram = Callable[[str], Awaitable[tuple[int, int]]]


@pytest.fixture
def found_program(world: World) -> FoundProgram:
    """Founds a program with 神戸市 and 猪名川町 and a basis 人口 that is filled; gives both ids."""

    async def found(title: str) -> tuple[int, int]:
        program_id = await programs.found_program(world, title)
        return program_id, await programs.found_basis(world, program_id, {"281000": "300", "283011": "100"})

    return found


@pytest.fixture
async def program(found_program: FoundProgram) -> tuple[int, int]:
    """The program most tests work in, and its basis."""
    return await found_program("漏水調査")
