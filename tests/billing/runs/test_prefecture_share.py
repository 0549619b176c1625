"""A run's page says why the prefecture's part is below zero: a price list brings in more than its cost."""

from collections.abc import Awaitable, Callable

from billing.runs import operations
from tenants.calendar import JST
from tenants.context import Scope
from tenants.database.transaction import open_door
from tests.factories.browsers import Browser
from tests.factories.programs import found_cost, found_program
from tests.factories.worlds import NOW, World

TARIFF = {
    "basis": "equal",
    "steps": [{"price_yen": 6_000}],
    "months": "part_year",
    "unit_yen": 1,
    "mode": "floor",
    "tax_rate": "0",
    "exclude": [],
}


async def _page(world: World, finance: Browser, work: Callable[[], Awaitable[None]], amount_yen: int) -> str:
    program = await found_program(world, "学習システム")
    await found_cost(world, program, "利用料", amount_yen, charge_kind="tariff", tariff=TARIFF)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        run_id = await operations.start_run(world.finance, program, "notice", NOW.astimezone(JST))
    await work()
    return (await finance.get(f"/runs/{run_id}")).text


class TestPrefectureShare:
    async def test_below_zero_is_explained(self, world: World, finance: Browser, work: Callable[[], Awaitable[None]]):
        page = await _page(world, finance, work, 10_000)
        assert "県の負担はマイナスです。2,000円 は県の収入になります。" in page

    async def test_above_zero_needs_no_words(self, world: World, finance: Browser, work: Callable[[], Awaitable[None]]):
        assert "県の負担はマイナス" not in await _page(world, finance, work, 13_000)
