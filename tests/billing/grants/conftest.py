"""Programs with costs for tests of grants."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from billing.costs import operations as costs
from billing.programs import operations as programs
from billing.programs.forms import NEW_PROGRAM
from billing.programs.rules import MemberInput, ProgramInput
from tenants.context import Role, Scope
from tenants.database.transaction import Pool, open_door
from tests.factories.browsers import Browser, new_browser
from tests.factories.worlds import World

FoundProgram = Callable[[str], Awaitable[tuple[int, list[int]]]]


@pytest.fixture
def found_program(world: World, pool: Pool) -> FoundProgram:
    """Founds a program with three costs (画像解析 and 現地確認 eligible, 事務局経費 not); gives its id and theirs."""

    async def found(title: str) -> tuple[int, list[int]]:
        numbers = dict.fromkeys(("rounding_unit_yen", "invoice_unit_yen", "instalment_count", "instalment_unit_yen"), 1)
        settings: dict[str, Any] = {
            **NEW_PROGRAM,
            **numbers,
            "fiscal_year": 2026,
            "title": title,
            "rounding_named_id": None,
            "due_date": None,
        }
        cost_ids = []
        async with open_door(pool, Scope.PREFECTURE, 1):
            program_id = await programs.create_program(world.finance, ProgramInput(**settings))
            members = [MemberInput(world.tenants[code], 12, "1") for code in ("281000", "283011")]
            await programs.choose_members(world.finance, program_id, members, 1)
            for name, eligible in (("画像解析", True), ("現地確認", True), ("事務局経費", False)):
                cost_id = await costs.post_cost(
                    world.finance,
                    program_id,
                    source="contracts",
                    reference=name,
                    name=name,
                    amount_yen=1000,
                    charge_kind="prefecture",
                    eligible=eligible,
                )
                cost_ids.append(cost_id)
        return program_id, cost_ids

    return found


@pytest.fixture
async def program(found_program: FoundProgram) -> tuple[int, list[int]]:
    """The program most tests work in, and its costs."""
    return await found_program("漏水調査")


@pytest.fixture
async def finance(app: Any, world: World) -> AsyncIterator[Browser]:
    """The prefecture finance officer's browser."""
    async with new_browser(app, world.people["280003", Role.PREFECTURE_FINANCE][1]) as one:
        yield one
