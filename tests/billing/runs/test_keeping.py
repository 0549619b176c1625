"""What other slices keep beside a run is written with the run or not at all."""

import psycopg
import pytest

from billing.apportionment.case import Case
from billing.runs import keeping, operations
from tenants.calendar import JST
from tenants.context import Scope
from tenants.database.transaction import open_door
from tenants.errors import Conflict
from tests.factories.worlds import NOW, World

TODAY = NOW.astimezone(JST)


class TestKeepWithRun:
    async def test_gives_every_slice_the_run_and_its_frozen_case(
        self, world: World, program: int, monkeypatch: pytest.MonkeyPatch
    ):
        kept: list[object] = []

        async def keep(context: object, run_id: int, view: object, case: Case, now: object) -> None:
            kept.append((context, run_id, view.id, case.title, now))  # type: ignore[attr-defined]

        monkeypatch.setattr(keeping, "KEEPS", (keep,))
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            run_id = await operations.start_run(world.finance, program, "notice", TODAY)
        assert kept == [(world.finance, run_id, program, "共同調査", TODAY)]

    async def test_starts_nothing_when_one_cannot_keep_its_part(
        self, world: World, program: int, behind: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
    ):
        async def refuse(*_: object) -> None:
            raise Conflict("not-kept", "保存できませんでした。")

        monkeypatch.setattr(keeping, "KEEPS", (refuse,))
        with pytest.raises(Conflict):
            async with open_door(world.pool, Scope.PREFECTURE, 1):
                await operations.start_run(world.finance, program, "notice", TODAY)
        assert behind.execute("SELECT count(*) FROM run").fetchone() == (0,)
