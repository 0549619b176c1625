"""Programs with bases for tests of keys."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from typing import Any

import pytest

from billing.bases import operations as bases
from billing.bases.rules import BasisInput
from billing.programs import operations as programs
from billing.programs.forms import NEW_PROGRAM
from billing.programs.rules import MemberInput, ProgramInput
from tenants.context import Role, Scope
from tenants.database.transaction import Pool, open_door
from tests.factories.browsers import Browser, new_browser
from tests.factories.worlds import NOW, World

FoundProgram = Callable[[str], Awaitable[tuple[int, int]]]


@pytest.fixture
def found_program(world: World, pool: Pool) -> FoundProgram:
    """Founds a program with 神戸市 and 猪名川町 and a basis 人口 that is filled; gives both ids."""

    async def found(title: str) -> tuple[int, int]:
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
            population = BasisInput("人口", "人", date(2020, 10, 1), "令和2年国勢調査")
            basis_id = await bases.create_basis(world.finance, program_id, population)
            values = {world.tenants["281000"]: "300", world.tenants["283011"]: "100"}
            await bases.save_values(world.finance, program_id, basis_id, values, 1, NOW)
        return program_id, basis_id

    return found


@pytest.fixture
async def program(found_program: FoundProgram) -> tuple[int, int]:
    """The program most tests work in, and its basis."""
    return await found_program("漏水調査")


@pytest.fixture
async def finance(app: Any, world: World) -> AsyncIterator[Browser]:
    """The prefecture finance officer's browser."""
    async with new_browser(app, world.people["280003", Role.PREFECTURE_FINANCE][1]) as one:
        yield one
