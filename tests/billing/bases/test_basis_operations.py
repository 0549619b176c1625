"""Bases on the real database: values with who and when, stale edits, deletion only when no key uses them."""

from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest

from billing.bases import operations, queries
from billing.bases.rules import BasisInput
from billing.programs import operations as programs
from billing.programs.rules import MemberInput
from tenants.context import Scope
from tenants.database.transaction import Pool, open_door
from tenants.database.versions import EditedMeanwhile
from tenants.errors import Invalid, NotFound
from tests.factories.worlds import World

POPULATION = BasisInput("人口", "人", date(2020, 10, 1), "令和2年国勢調査")
NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
LATER = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)


@pytest.fixture
async def basis_id(world: World, pool: Pool, program_id: int) -> int:
    async with open_door(pool, Scope.PREFECTURE, 1):
        return await operations.create_basis(world.finance, program_id, POPULATION)


class TestCreateBasis:
    async def test_starts_without_values(self, pool: Pool, program_id: int, basis_id: int):
        async with open_door(pool, Scope.PREFECTURE, 1, read_only=True):
            (one,) = await queries.bases(program_id)
            (line,) = await queries.basis_lines(program_id)
            assert await queries.basis_values(program_id) == {basis_id: {}}
        assert (one.id, one.name, one.unit, one.as_of, one.version) == (basis_id, "人口", "人", date(2020, 10, 1), 1)
        assert (line.valued, line.members, line.missing) == (0, 2, ("神戸市", "猪名川町"))

    @pytest.mark.parametrize("name", ["人口", "均等"])
    async def test_refuses_a_name_used_before(
        self, world: World, pool: Pool, program_id: int, basis_id: int, name: str
    ):
        again = BasisInput(name, "人", date(2025, 1, 1), "推計")
        with pytest.raises(Invalid) as refused:
            async with open_door(pool, Scope.PREFECTURE, 1):
                await operations.create_basis(world.finance, program_id, again)
        assert "name" in refused.value.fields

    async def test_does_not_find_an_unknown_program(self, world: World, pool: Pool):
        with pytest.raises(NotFound):
            async with open_door(pool, Scope.PREFECTURE, 1):
                await operations.create_basis(world.finance, 999_999, POPULATION)


class TestSaveValues:
    async def test_keeps_who_entered_a_value_until_it_changes(
        self, world: World, pool: Pool, program_id: int, basis_id: int
    ):
        kobe, inagawa = world.tenants["281000"], world.tenants["283011"]
        async with open_door(pool, Scope.PREFECTURE, 1):
            first = {kobe: "1525152", inagawa: "29680"}
            assert await operations.save_values(world.finance, program_id, basis_id, first, 1, NOW) == 2
        async with open_door(pool, Scope.PREFECTURE, 1):
            second = {kobe: "1525152", inagawa: "2469/200"}
            assert await operations.save_values(world.approver, program_id, basis_id, second, 2, LATER) == 1
            one, other = await queries.member_values(program_id, basis_id)
            assert await queries.basis_values(program_id) == {basis_id: {"281000": "1525152", "283011": "2469/200"}}
        assert (one.entered_by, one.entered_at) == (world.finance.person_name, NOW)
        assert (other.entered_by, other.entered_at) == ("approver", LATER)

    async def test_takes_values_away_and_leaves_unnamed_members_alone(
        self, world: World, pool: Pool, program_id: int, basis_id: int
    ):
        kobe, inagawa = world.tenants["281000"], world.tenants["283011"]
        async with open_door(pool, Scope.PREFECTURE, 1):
            await operations.save_values(world.finance, program_id, basis_id, {kobe: "5", inagawa: "0"}, 1, NOW)
            await operations.save_values(world.finance, program_id, basis_id, {kobe: None}, 2, NOW)
            assert await queries.basis_values(program_id) == {basis_id: {"283011": "0"}}

    async def test_writes_nothing_when_nothing_changes(
        self, world: World, pool: Pool, program_id: int, basis_id: int, behind: psycopg.Connection
    ):
        async with open_door(pool, Scope.PREFECTURE, 1):
            nothing = {world.tenants["281000"]: None}
            assert await operations.save_values(world.finance, program_id, basis_id, nothing, 1, NOW) == 0
            assert (await queries.basis(program_id, basis_id)).version == 1
        assert _events(behind, "save_basis_values") == []

    async def test_records_only_what_changed(
        self, world: World, pool: Pool, program_id: int, basis_id: int, behind: psycopg.Connection
    ):
        kobe, inagawa = world.tenants["281000"], world.tenants["283011"]
        async with open_door(pool, Scope.PREFECTURE, 1):
            await operations.save_values(world.finance, program_id, basis_id, {kobe: "5", inagawa: "6"}, 1, NOW)
            await operations.save_values(world.finance, program_id, basis_id, {kobe: "5", inagawa: "7"}, 2, NOW)
        assert _events(behind, "save_basis_values")[-1] == ({"283011 猪名川町": "6"}, {"283011 猪名川町": "7"})

    async def test_refuses_strangers_and_stale_versions(self, world: World, pool: Pool, program_id: int, basis_id: int):
        stranger: dict[int, str | None] = {world.tenants["284467"]: "5"}
        with pytest.raises(Invalid):
            async with open_door(pool, Scope.PREFECTURE, 1):
                await operations.save_values(world.finance, program_id, basis_id, stranger, 1, NOW)
        with pytest.raises(EditedMeanwhile):
            async with open_door(pool, Scope.PREFECTURE, 1):
                await operations.save_values(world.finance, program_id, basis_id, {}, 2, NOW)

    async def test_keeps_the_values_of_a_member_that_leaves_and_returns(
        self, world: World, pool: Pool, program_id: int, basis_id: int
    ):
        both = [MemberInput(world.tenants[code], 12, "1") for code in ("281000", "283011")]
        values = {one.tenant_id: "5" for one in both}
        async with open_door(pool, Scope.PREFECTURE, 1):
            await operations.save_values(world.finance, program_id, basis_id, values, 1, NOW)
            await programs.choose_members(world.finance, program_id, both[:1], 2)
            assert await queries.basis_values(program_id) == {basis_id: {"281000": "5"}}
            await programs.choose_members(world.finance, program_id, both, 3)
            assert await queries.basis_values(program_id) == {basis_id: {"281000": "5", "283011": "5"}}


class TestChangeBasis:
    async def test_changes_what_it_is_and_keeps_values(self, world: World, pool: Pool, program_id: int, basis_id: int):
        async with open_door(pool, Scope.PREFECTURE, 1):
            await operations.save_values(world.finance, program_id, basis_id, {world.tenants["281000"]: "5"}, 1, NOW)
            changed = BasisInput("推計人口", "人", date(2023, 12, 1), "県推計人口")
            await operations.change_basis(world.finance, program_id, basis_id, changed, 2)
            one = await queries.basis(program_id, basis_id)
            assert (one.name, one.version) == ("推計人口", 3)
            assert await queries.basis_values(program_id) == {basis_id: {"281000": "5"}}
        with pytest.raises(EditedMeanwhile):
            async with open_door(pool, Scope.PREFECTURE, 1):
                await operations.change_basis(world.finance, program_id, basis_id, POPULATION, 2)


class TestDeleteBasis:
    async def test_deletes_with_its_values(
        self, world: World, pool: Pool, program_id: int, basis_id: int, behind: psycopg.Connection
    ):
        async with open_door(pool, Scope.PREFECTURE, 1):
            values: dict[int, str | None] = {world.tenants["281000"]: "5"}
            await operations.save_values(world.finance, program_id, basis_id, values, 1, NOW)
            await operations.delete_basis(world.finance, program_id, basis_id, 2)
        assert behind.execute("SELECT count(*) FROM basis_value").fetchone() == (0,)
        assert _events(behind, "delete_basis")[0][0]["values"] == {"281000 神戸市": "5"}

    async def test_refuses_while_a_key_uses_it(
        self, world: World, pool: Pool, program_id: int, basis_id: int, behind: psycopg.Connection
    ):
        behind.execute(
            "INSERT INTO cost_key (tenant_id, program_id, name, definition) VALUES (1, %s, '人口割', "
            "jsonb_build_object('components', jsonb_build_array(jsonb_build_object('weight', '1', 'basis', %s::int))))",
            (program_id, basis_id),
        )
        with pytest.raises(operations.BasisInUse, match="人口割"):
            async with open_door(pool, Scope.PREFECTURE, 1):
                await operations.delete_basis(world.finance, program_id, basis_id, 1)

    async def test_does_not_find_another_programs_basis(
        self, world: World, pool: Pool, basis_id: int, found_program: Any
    ):
        other = await found_program("別の事業")
        with pytest.raises(NotFound):
            async with open_door(pool, Scope.PREFECTURE, 1):
                await operations.delete_basis(world.finance, other, basis_id, 1)


def _events(behind: psycopg.Connection, action: str) -> list[Any]:
    return behind.execute("SELECT before, after FROM audit_event WHERE action = %s ORDER BY id", (action,)).fetchall()
