"""Readings: posted once, corrected by a later one, adopted as values, and named by the run that used them."""

from datetime import date
from typing import Any

import psycopg
import pytest

from billing.bases import queries as basis_queries
from billing.bases.readings import operations, queries
from billing.bases.readings.rules import PostedOtherwise, Series, Superseded, proposed
from billing.bases.register import queries as registers
from billing.programs.rules import ProgramView
from tenants.context import Scope
from tenants.database.transaction import open_door
from tenants.errors import Invalid, NotFound
from tests.billing.register.conftest import TODAY, started
from tests.factories.worlds import World

DAY = date(2026, 3, 31)


async def post(world: World, reference: str, value: str, code: str = "281000", **changes: Any) -> int:
    body = {"quantity": "人口", "unit": "人", "as_of": DAY, **changes}
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        return await operations.post_reading(
            world.finance,
            source="consultations",
            reference=reference,
            member_id=world.tenants[code],
            value=value,
            now=TODAY,
            **body,
        )


async def adopt(world: World, program: ProgramView, basis_id: int, ids: list[int]) -> int:
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        version = (await basis_queries.basis(program.id, basis_id)).version
        return await operations.adopt_readings(world.finance, program.id, basis_id, ids, version, TODAY)


class TestPostReading:
    async def test_is_the_same_when_it_is_sent_again(self, world: World, behind: psycopg.Connection):
        first = await post(world, "r8-1", "1,234.50")
        assert await post(world, "r8-1", "1234.5") == first
        assert behind.execute("SELECT value FROM reading").fetchall() == [("2469/2",)]
        events = behind.execute("SELECT count(*) FROM audit_event WHERE action = 'post_reading'").fetchone()
        assert events == (1,)

    async def test_refuses_other_content_under_the_same_reference(self, world: World):
        await post(world, "r8-1", "5")
        for changes in ({"value": "6"}, {"value": "5", "as_of": date(2026, 4, 1)}, {"value": "5", "code": "283011"}):
            with pytest.raises(PostedOtherwise):
                await post(world, "r8-1", **changes)

    async def test_refuses_what_it_cannot_keep(self, world: World):
        for changes in ({"value": "-5"}, {"value": "5", "quantity": ""}, {"value": "1/3"}):
            with pytest.raises(Invalid):
                await post(world, "r8-1", **changes)
        with pytest.raises(Invalid):
            await post(world, "x" * 141, "5")
        with pytest.raises(NotFound):
            async with open_door(world.pool, Scope.PREFECTURE, 1):
                await operations.post_reading(
                    world.finance,
                    source="a",
                    reference="b",
                    member_id=999_999,
                    quantity="人口",
                    unit="人",
                    value="5",
                    as_of=DAY,
                    now=TODAY,
                )

    async def test_is_corrected_by_a_later_one(self, world: World):
        await post(world, "r8-1", "5")
        later = await post(world, "r8-2", "6")
        await post(world, "r7-1", "4", as_of=date(2025, 3, 31))
        async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
            current = await queries.current_readings("人口", "人", DAY)
            assert [(one.id, one.value) for one in current.values()] == [(later, "6")]
            assert [(one.as_of, one.members) for one in await queries.series("人")] == [
                (DAY, 1),
                (date(2025, 3, 31), 1),
            ]

    async def test_is_never_changed(self, world: World, behind: psycopg.Connection):
        await post(world, "r8-1", "5")
        with pytest.raises(psycopg.errors.IntegrityError):
            behind.execute("UPDATE reading SET value = '6'")


class TestAdoptReadings:
    async def test_makes_them_values_that_name_the_reading(self, world: World, program: ProgramView, basis_id: int):
        reading_id = await post(world, "r8-1", "150")
        assert await adopt(world, program, basis_id, [reading_id]) == 1
        assert await adopt(world, program, basis_id, [reading_id]) == 0
        async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
            kobe, _ = await basis_queries.member_values(program.id, basis_id)
        assert (kobe.value, kobe.origin.reading_id, kobe.origin.as_of) == ("150", reading_id, DAY)

    async def test_is_named_by_the_run_that_used_it_whatever_comes_later(
        self, world: World, program: ProgramView, basis_id: int
    ):
        first = await post(world, "r8-1", "160")
        await adopt(world, program, basis_id, [first])
        run_id = await started(world, program)
        await adopt(world, program, basis_id, [await post(world, "r8-2", "170")])
        async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
            sources = await registers.run_sources(run_id)
        assert sources is not None
        kept = sources["bases"][f"b{basis_id}"]["values"]["281000"]
        assert kept["reading"] == {"id": first, "source": "consultations", "reference": "r8-1"}
        assert (kept["value"], kept["as_of"]) == ("160", "2026-03-31")

    async def test_refuses_one_that_was_corrected_meanwhile(self, world: World, program: ProgramView, basis_id: int):
        first = await post(world, "r8-1", "160")
        await post(world, "r8-2", "170")
        with pytest.raises(Superseded) as refused:
            await adopt(world, program, basis_id, [first])
        assert "神戸市" in refused.value.message

    async def test_refuses_another_unit_a_stranger_and_none(self, world: World, program: ProgramView, basis_id: int):
        other_unit = await post(world, "r8-1", "160", unit="世帯")
        stranger = await post(world, "r8-2", "160", code="284467")
        for ids in ([other_unit], [stranger], [], [999_999]):
            with pytest.raises(Invalid):
                await adopt(world, program, basis_id, ids)


class TestProposed:
    def test_is_of_the_same_name_and_day_else_the_newest(self):
        many = [
            Series("相談件数", "件", date(2026, 3, 31), 3),
            Series("相談件数", "件", date(2025, 3, 31), 3),
            Series("訪問件数", "件", date(2026, 9, 30), 3),
        ]
        assert proposed(many, "相談件数", date(2025, 3, 31)) == many[1]
        assert proposed(many, "相談件数", date(2024, 3, 31)) == many[0]
        assert proposed(many, "件数", date(2024, 3, 31)) == many[2]
        assert proposed([], "件数", date(2024, 3, 31)) is None
