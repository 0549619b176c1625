"""Programs for tests of costs."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import psycopg
import pytest

from billing.programs import operations as programs
from billing.programs.forms import NEW_PROGRAM
from billing.programs.rules import MemberInput, ProgramInput
from tenants.context import Role, Scope
from tenants.database.transaction import Pool, open_door
from tests.factories.browsers import Browser, new_browser
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import World

FoundProgram = Callable[[str], Awaitable[int]]


@pytest.fixture
def found_program(world: World, pool: Pool) -> FoundProgram:
    """Founds a program with 神戸市 and 猪名川町 under the title given."""

    async def found(title: str) -> int:
        numbers = dict.fromkeys(("rounding_unit_yen", "invoice_unit_yen", "instalment_count", "instalment_unit_yen"), 1)
        settings: dict[str, Any] = {
            **NEW_PROGRAM,
            **numbers,
            "fiscal_year": 2026,
            "title": title,
            "rounding_named_id": None,
            "due_date": None,
        }
        async with open_door(pool, Scope.PREFECTURE, 1):
            program_id = await programs.create_program(world.finance, ProgramInput(**settings))
            members = [MemberInput(world.tenants[code], 12, "1") for code in ("281000", "283011")]
            await programs.choose_members(world.finance, program_id, members, 1)
        return program_id

    return found


@pytest.fixture
async def program_id(found_program: FoundProgram) -> int:
    """The program most tests work in."""
    return await found_program("漏水調査")


@pytest.fixture
async def finance(app: Any, world: World) -> AsyncIterator[Browser]:
    """The prefecture finance officer's browser."""
    async with new_browser(app, world.people["280003", Role.PREFECTURE_FINANCE][1]) as one:
        yield one


@pytest.fixture
def behind(database: ClonedDatabase) -> Iterator[psycopg.Connection]:
    """A connection no wall stands before, to look at and plant rows."""
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        yield connection
