"""Keys on the real database: set up, change, delete, and what keeps them from it."""

import pytest

from billing.bases import operations as bases
from billing.costs import operations as costs
from billing.keys import operations, queries
from billing.keys.rules import KeyInput
from tenants.context import Scope
from tenants.database.transaction import Pool, open_door, savepoint
from tenants.database.versions import EditedMeanwhile
from tenants.errors import Conflict, Invalid, NotFound
from tests.billing.keys.conftest import FoundProgram
from tests.factories.worlds import World

EQUAL = KeyInput("均等割", {"components": [{"weight": "1", "basis": "equal"}]})


def by_basis(basis_id: int, name: str = "人口割") -> KeyInput:
    return KeyInput(name, {"components": [{"weight": "1", "basis": basis_id}]})


def opened(pool: Pool):
    return open_door(pool, Scope.PREFECTURE, 1)


class TestCreateKey:
    async def test_keeps_the_definition(self, world: World, pool: Pool, program: tuple[int, int]):
        program_id, basis_id = program
        async with opened(pool):
            key_id = await operations.create_key(world.finance, program_id, by_basis(basis_id))
        async with opened(pool):
            await operations.create_key(world.finance, program_id, EQUAL)
            first, second = await queries.keys(program_id)
            assert (first.id, first.name, first.version) == (key_id, "人口割", 1)
            assert first.definition == {"components": [{"weight": "1", "basis": basis_id}]}
            assert second.definition == EQUAL.definition
            assert await queries.uses_basis(program_id, basis_id)

    async def test_refuses_a_name_used_before(self, world: World, pool: Pool, program: tuple[int, int]):
        async with opened(pool):
            await operations.create_key(world.finance, program[0], EQUAL)
            with pytest.raises(Invalid) as caught:
                async with savepoint():
                    await operations.create_key(world.finance, program[0], EQUAL)
        assert "name" in caught.value.fields

    async def test_refuses_a_basis_of_another_program(
        self, world: World, pool: Pool, program: tuple[int, int], found_program: FoundProgram
    ):
        _, foreign = await found_program("別の事業")
        async with opened(pool):
            with pytest.raises(Invalid) as caught:
                await operations.create_key(world.finance, program[0], by_basis(foreign))
        assert caught.value.code == "unknown-basis"

    async def test_refuses_a_program_that_is_not_there(self, world: World, pool: Pool):
        async with opened(pool):
            with pytest.raises(NotFound):
                await operations.create_key(world.finance, 999, EQUAL)


class TestChangeKey:
    async def test_replaces_it_and_counts_the_version(self, world: World, pool: Pool, program: tuple[int, int]):
        async with opened(pool):
            key_id = await operations.create_key(world.finance, program[0], EQUAL)
            await operations.change_key(world.finance, program[0], key_id, by_basis(program[1], "改"), 1)
            (key,) = await queries.keys(program[0])
        assert (key.name, key.version) == ("改", 2)

    async def test_refuses_a_stale_version(self, world: World, pool: Pool, program: tuple[int, int]):
        async with opened(pool):
            key_id = await operations.create_key(world.finance, program[0], EQUAL)
            with pytest.raises(EditedMeanwhile):
                await operations.change_key(world.finance, program[0], key_id, EQUAL, 2)

    async def test_does_not_find_a_key_of_another_program(
        self, world: World, pool: Pool, program: tuple[int, int], found_program: FoundProgram
    ):
        other, _ = await found_program("別の事業")
        async with opened(pool):
            key_id = await operations.create_key(world.finance, other, EQUAL)
        for act in (
            lambda: operations.change_key(world.finance, program[0], key_id, EQUAL, 1),
            lambda: operations.delete_key(world.finance, program[0], key_id, 1),
        ):
            with pytest.raises(NotFound):
                async with opened(pool):
                    await act()


class TestDeleteKey:
    async def test_deletes_what_no_cost_uses(self, world: World, pool: Pool, program: tuple[int, int]):
        async with opened(pool):
            key_id = await operations.create_key(world.finance, program[0], EQUAL)
            await operations.delete_key(world.finance, program[0], key_id, 1)
            assert await queries.keys(program[0]) == []

    async def test_names_the_costs_that_are_split_by_it(self, world: World, pool: Pool, program: tuple[int, int]):
        async with opened(pool):
            key_id = await operations.create_key(world.finance, program[0], EQUAL)
            await costs.post_cost(
                world.finance,
                program[0],
                source="contracts",
                reference="1",
                name="画像解析",
                amount_yen=1000,
                charge_kind="key",
                key_id=key_id,
            )
            with pytest.raises(Conflict, match="画像解析"):
                await operations.delete_key(world.finance, program[0], key_id, 1)

    async def test_keeps_a_used_basis_from_being_deleted(self, world: World, pool: Pool, program: tuple[int, int]):
        program_id, basis_id = program
        async with opened(pool):
            await operations.create_key(world.finance, program_id, by_basis(basis_id))
            with pytest.raises(Conflict, match="人口割"):
                await bases.delete_basis(world.finance, program_id, basis_id, 2)
