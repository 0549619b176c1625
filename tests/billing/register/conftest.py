"""A program with one basis whose values are entered and not yet checked, and the same program a year before."""

from collections.abc import Awaitable, Callable

import pytest

from billing.bases import operations as bases
from billing.bases import queries as basis_queries
from billing.programs import queries as programs
from billing.programs.rules import ProgramView
from billing.runs import operations as runs
from billing.statements.issuing import approve_and_issue
from tenants.calendar import JST
from tenants.context import Scope
from tenants.database.transaction import open_door
from tests.factories.programs import found_basis, found_cost, found_key, found_program
from tests.factories.worlds import NOW, World

TODAY = NOW.astimezone(JST)
TITLE = "共同調査"


@pytest.fixture
async def program(world: World) -> ProgramView:
    """The program of 2026 with a basis and a cost split by it."""
    return await _program(world, 2026, {"281000": "150", "283011": "100"})


@pytest.fixture
async def basis_id(world: World, program: ProgramView) -> int:
    """Its basis 人口: 神戸市 150, 猪名川町 100."""
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        (basis,) = await basis_queries.bases(program.id)
    return basis.id


@pytest.fixture
async def last_year(world: World) -> ProgramView:
    """The same program of 2025 with an approved run: both members had 100."""
    program = await _program(world, 2025, {"281000": "100", "283011": "100"}, checked=True)
    run_id = await started(world, program)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        run = await runs.queries.run(run_id)
        await runs.store_result(world.finance, run_id, runs.compute(run.case_json))
        await runs.submit_run(world.finance, run_id, TODAY)
        await approve_and_issue(world.approver, run_id, TODAY)
    return program


@pytest.fixture
def enter(world: World, program: ProgramView, basis_id: int) -> Callable[[dict[str, str | None]], Awaitable[None]]:
    """Enters values by organisation code, as the preparing officer."""

    async def entered(values: dict[str, str | None]) -> None:
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            version = (await basis_queries.basis(program.id, basis_id)).version
            by_tenant = {world.tenants[code]: value for code, value in values.items()}
            await bases.save_values(world.finance, program.id, basis_id, by_tenant, version, TODAY)

    return entered


async def started(world: World, program: ProgramView) -> int:
    """A run of the program, frozen and not computed."""
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        return await runs.start_run(world.finance, program.id, "notice", TODAY)


async def _program(world: World, fiscal_year: int, values: dict[str, str], *, checked: bool = False) -> ProgramView:
    program_id = await found_program(world, TITLE, list(values), fiscal_year=fiscal_year)
    key_id = await found_key(world, program_id, await found_basis(world, program_id, values, checked=checked))
    await found_cost(world, program_id, "解析", 1_000_000, charge_kind="key", key_id=key_id)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        return await programs.program(program_id)
