"""Programs with costs for tests of grants."""

from collections.abc import Awaitable, Callable

import pytest

from tests.factories import programs
from tests.factories.worlds import World

FoundProgram = Callable[[str], Awaitable[tuple[int, list[int]]]]


@pytest.fixture
def found_program(world: World) -> FoundProgram:
    """Founds a program with three costs (画像解析 and 現地確認 eligible, 事務局経費 not); gives its id and theirs."""

    async def found(title: str) -> tuple[int, list[int]]:
        program_id = await programs.found_program(world, title)
        costs = (("画像解析", True), ("現地確認", True), ("事務局経費", False))
        return program_id, [
            await programs.found_cost(world, program_id, name, eligible=eligible) for name, eligible in costs
        ]

    return found


@pytest.fixture
async def program(found_program: FoundProgram) -> tuple[int, list[int]]:
    """The program most tests work in, and its costs."""
    return await found_program("漏水調査")
