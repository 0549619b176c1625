"""Grants on the real database: order, ceiling, versions."""

from dataclasses import asdict
from typing import Any

import pytest

from billing.grants import operations, queries
from billing.grants.rules import GrantInput
from tenants.context import Scope
from tenants.database.transaction import Pool, open_door
from tenants.database.versions import EditedMeanwhile
from tenants.errors import Conflict, Invalid, NotFound
from tests.billing.grants.conftest import FoundProgram
from tests.factories.worlds import World

STATE = GrantInput("国の交付金", "national", "1/2", 500, None, None, "included", "program", 1000, "floor")


def prefectural(name: str = "県の補助金", **changes: Any) -> GrantInput:
    return GrantInput(**{**asdict(STATE), "name": name, "funder": "prefecture", **changes})


@pytest.fixture
async def three(world: World, pool: Pool, program: tuple[int, list[int]]) -> list[int]:
    """Three grants 一, 二, 三 in this order."""
    async with open_door(pool, Scope.PREFECTURE, 1):
        return [await operations.create_grant(world.finance, program[0], prefectural(name)) for name in "一二三"]


async def names(program_id: int) -> str:
    return "".join(one.name for one in await queries.grants(program_id))


class TestCreateGrant:
    async def test_keeps_every_field_and_goes_last(self, world: World, pool: Pool, program: tuple[int, list[int]]):
        program_id, cost_ids = program
        listed = prefectural(cost_ids=tuple(cost_ids[:2]), level="member", member_cap_yen=7, cap_yen=None)
        async with open_door(pool, Scope.PREFECTURE, 1):
            await operations.create_grant(world.finance, program_id, STATE)
            await operations.create_grant(world.finance, program_id, listed)
            first, second = await queries.grants(program_id)
        assert (first.position, second.position) == (1, 2)
        for view, given in ((first, STATE), (second, listed)):
            assert {name: getattr(view, name) for name in asdict(given)} == asdict(given)

    async def test_refuses_national_rates_beyond_the_ceiling(
        self, world: World, pool: Pool, program: tuple[int, list[int]]
    ):
        async with open_door(pool, Scope.PREFECTURE, 1):
            await operations.create_grant(world.finance, program[0], STATE)
            with pytest.raises(Invalid) as caught:
                await operations.create_grant(world.finance, program[0], STATE)
        assert caught.value.code == "national-ceiling"
        assert "画像解析" in caught.value.fields["rate"]

    async def test_lets_national_grants_stand_side_by_side_on_different_costs(
        self, world: World, pool: Pool, program: tuple[int, list[int]]
    ):
        async with open_door(pool, Scope.PREFECTURE, 1):
            for cost_id in program[1][:2]:
                one = GrantInput(**{**asdict(STATE), "cost_ids": (cost_id,)})
                await operations.create_grant(world.finance, program[0], one)

    async def test_refuses_costs_that_are_not_eligible_or_of_another_program(
        self, world: World, pool: Pool, program: tuple[int, list[int]], found_program: FoundProgram
    ):
        _, foreign = await found_program("別の事業")
        async with open_door(pool, Scope.PREFECTURE, 1, read_only=False):
            for cost_id in (program[1][2], foreign[0]):
                with pytest.raises(Invalid) as caught:
                    await operations.create_grant(world.finance, program[0], prefectural(cost_ids=(cost_id,)))
                assert caught.value.code == "not-eligible"

    async def test_does_not_find_a_program_that_is_not_there(self, world: World, pool: Pool):
        async with open_door(pool, Scope.PREFECTURE, 1):
            with pytest.raises(NotFound):
                await operations.create_grant(world.finance, 999, STATE)


class TestPosition:
    async def test_taken_by_another_is_a_conflict_in_words(
        self, pool: Pool, program: tuple[int, list[int]], three: list[int]
    ):
        with pytest.raises(Conflict) as refused:
            async with open_door(pool, Scope.PREFECTURE, 1) as door:
                await door.execute("UPDATE grant_line SET position = 1 WHERE id = $1", (three[2],))
        assert refused.value.code == "position-taken"
        assert "順番" in refused.value.message


class TestChangeGrant:
    async def test_does_not_count_the_grant_against_itself(
        self, world: World, pool: Pool, program: tuple[int, list[int]]
    ):
        async with open_door(pool, Scope.PREFECTURE, 1):
            grant_id = await operations.create_grant(world.finance, program[0], STATE)
            changed = GrantInput(**{**asdict(STATE), "rate": "2/5", "cost_ids": (program[1][0],), "cap_yen": None})
            await operations.change_grant(world.finance, program[0], grant_id, changed, 1)
            one = await queries.grant(program[0], grant_id)
        assert (one.rate, one.cost_ids, one.cap_yen, one.version) == ("2/5", (program[1][0],), None, 2)

    async def test_refuses_a_stale_version_and_a_rate_beyond_the_ceiling(
        self, world: World, pool: Pool, program: tuple[int, list[int]]
    ):
        async with open_door(pool, Scope.PREFECTURE, 1):
            grant_id = await operations.create_grant(world.finance, program[0], STATE)
            with pytest.raises(EditedMeanwhile):
                await operations.change_grant(world.finance, program[0], grant_id, STATE, 2)
            with pytest.raises(Invalid):
                await operations.change_grant(
                    world.finance, program[0], grant_id, GrantInput(**{**asdict(STATE), "rate": "3/4"}), 1
                )


class TestMoveGrant:
    async def test_changes_places_with_the_neighbour(
        self, world: World, pool: Pool, program: tuple[int, list[int]], three: list[int]
    ):
        async with open_door(pool, Scope.PREFECTURE, 1):
            await operations.move_grant(world.finance, program[0], three[2], "up", 3)
            assert await names(program[0]) == "一三二"
            await operations.move_grant(world.finance, program[0], three[0], "down", 1)
            assert await names(program[0]) == "三一二"

    async def test_works_across_a_gap_left_by_a_deletion(
        self, world: World, pool: Pool, program: tuple[int, list[int]], three: list[int]
    ):
        async with open_door(pool, Scope.PREFECTURE, 1):
            await operations.delete_grant(world.finance, program[0], three[1], 1)
            await operations.move_grant(world.finance, program[0], three[2], "up", 3)
            assert await names(program[0]) == "三一"
            await operations.create_grant(world.finance, program[0], prefectural("四"))
            assert await names(program[0]) == "三一四"

    async def test_refuses_a_second_press_the_ends_and_other_words(
        self, world: World, pool: Pool, program: tuple[int, list[int]], three: list[int]
    ):
        async with open_door(pool, Scope.PREFECTURE, 1):
            await operations.move_grant(world.finance, program[0], three[2], "up", 3)
            with pytest.raises(EditedMeanwhile):
                await operations.move_grant(world.finance, program[0], three[2], "up", 3)
            for direction, position in (("up", 1), ("sideways", 1)):
                with pytest.raises(Invalid):
                    await operations.move_grant(world.finance, program[0], three[0], direction, position)

    async def test_does_not_find_a_grant_of_another_program(
        self, world: World, pool: Pool, found_program: FoundProgram, three: list[int]
    ):
        other, _ = await found_program("別の事業")
        async with open_door(pool, Scope.PREFECTURE, 1):
            for act in (
                operations.move_grant(world.finance, other, three[0], "down", 1),
                operations.change_grant(world.finance, other, three[0], STATE, 1),
                operations.delete_grant(world.finance, other, three[0], 1),
            ):
                with pytest.raises(NotFound):
                    await act
