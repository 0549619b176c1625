"""A program with two eligible costs and a half grant, for tests of its procedure."""

from dataclasses import dataclass
from typing import Any

import pytest

from billing.grants import operations as grants
from billing.grants.rules import GrantInput
from tenants.context import Scope
from tenants.database.transaction import open_door
from tests.factories import programs
from tests.factories.worlds import World


@dataclass
class Found:
    """Ids of a program, its costs and its grant."""

    program_id: int
    cost_ids: list[int]
    grant_id: int

    @property
    def url(self) -> str:
        return f"/programs/{self.program_id}/grants/{self.grant_id}/procedure"


@pytest.fixture
async def found(world: World) -> Found:
    """画像解析 1,100,000円 and 現地確認 550,000円 are eligible, 事務局経費 is not; the grant pays a half."""
    program_id = await programs.found_program(world, "漏水調査")
    costs: tuple[tuple[str, int, dict[str, Any]], ...] = (
        ("画像解析", 1_100_000, {"eligible": True}),
        ("現地確認", 550_000, {"eligible": True}),
        ("事務局経費", 30_000, {}),
    )
    cost_ids = [await programs.found_cost(world, program_id, name, yen, **more) for name, yen, more in costs]
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        grant = GrantInput("デジタル交付金", "national", "1/2", None, None, None, "included", "program", 1, "floor")
        grant_id = await grants.create_grant(world.finance, program_id, grant)
    return Found(program_id, cost_ids, grant_id)
