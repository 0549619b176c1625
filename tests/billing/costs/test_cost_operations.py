"""Costs on the real database: posted once, changed by version, deleted only when nothing counts them."""

import uuid
from dataclasses import asdict, replace
from typing import Any

import psycopg
import pytest

from billing.costs import operations, queries
from billing.costs.rules import CostInput
from billing.programs import operations as programs
from billing.programs.rules import MemberInput
from tenants.context import Scope
from tenants.database.transaction import Pool, open_door
from tenants.database.versions import EditedMeanwhile
from tenants.errors import Conflict, Invalid, NotFound
from tests.factories.worlds import World

DIRECT = {"name": "現地確認支援", "amount_yen": 880_000, "charge_kind": "member", "eligible": True}
PREFECTURE = CostInput("事務局経費", 1_200_000, 0, "0", False, "prefecture", None, None)


def add_key(behind: psycopg.Connection, program_id: int, name: str) -> int:
    row = behind.execute(
        "INSERT INTO cost_key (tenant_id, program_id, name, definition) VALUES (1, %s, %s, '{}') RETURNING id",
        (program_id, name),
    ).fetchone()
    assert row
    return int(row[0])


async def post(world: World, program_id: int, **changes: Any) -> int:
    facts = {"source": "contracts", "reference": "42", "member_id": world.tenants["283011"], **DIRECT, **changes}
    return await operations.post_cost(world.finance, program_id, **facts)


class TestPostCost:
    async def test_enters_a_cost_once(self, world: World, pool: Pool, program_id: int, behind: psycopg.Connection):
        async with open_door(pool, Scope.PREFECTURE, 1):
            first = await post(world, program_id)
        async with open_door(pool, Scope.PREFECTURE, 1):
            assert await post(world, program_id) == first
            (cost,) = await queries.costs(program_id)
        assert (cost.id, cost.net_yen, cost.member_name, cost.takes_part) == (first, 880_000, "猪名川町", True)
        assert behind.execute("SELECT count(*) FROM audit_event WHERE action = 'post_cost'").fetchone() == (1,)

    async def test_refuses_other_content_under_the_same_reference(self, world: World, pool: Pool, program_id: int):
        async with open_door(pool, Scope.PREFECTURE, 1):
            await post(world, program_id)
        with pytest.raises(operations.PostedOtherwise) as refused:
            async with open_door(pool, Scope.PREFECTURE, 1):
                await post(world, program_id, amount_yen=880_001)
        assert isinstance(refused.value, Conflict)
        assert refused.value.code == "already-posted"

    async def test_compares_with_what_was_posted_and_not_with_what_a_page_made_of_it(
        self, world: World, pool: Pool, program_id: int, behind: psycopg.Connection
    ):
        async with open_door(pool, Scope.PREFECTURE, 1):
            first = await post(world, program_id)
        edited = CostInput("ページで直した名前", 870_000, 0, "10/100", True, "prefecture", None, None)
        async with open_door(pool, Scope.PREFECTURE, 1):
            await operations.change_cost(world.finance, program_id, first, edited, 1)
        async with open_door(pool, Scope.PREFECTURE, 1):
            assert await post(world, program_id) == first
            assert (await queries.cost(program_id, first)).content == edited
        with pytest.raises(operations.PostedOtherwise):
            async with open_door(pool, Scope.PREFECTURE, 1):
                await operations.post_cost(
                    world.finance, program_id, source="contracts", reference="42", **asdict(edited)
                )
        assert behind.execute("SELECT count(*) FROM audit_event WHERE action = 'post_cost'").fetchone() == (1,)

    async def test_repeats_a_posting_whose_member_has_left_since(self, world: World, pool: Pool, program_id: int):
        async with open_door(pool, Scope.PREFECTURE, 1):
            first = await post(world, program_id)
            staying = [MemberInput(world.tenants["281000"], 12, "1")]
            await programs.choose_members(world.finance, program_id, staying, 2)
        async with open_door(pool, Scope.PREFECTURE, 1):
            assert await post(world, program_id) == first

    async def test_takes_a_cost_without_a_fingerprint_by_what_it_says(
        self, world: World, pool: Pool, program_id: int, behind: psycopg.Connection
    ):
        async with open_door(pool, Scope.PREFECTURE, 1):
            first = await post(world, program_id)
        behind.execute("UPDATE cost SET posted_sha256 = NULL")
        async with open_door(pool, Scope.PREFECTURE, 1):
            assert await post(world, program_id) == first
        with pytest.raises(operations.PostedOtherwise):
            async with open_door(pool, Scope.PREFECTURE, 1):
                await post(world, program_id, amount_yen=1)

    async def test_keeps_references_of_programs_and_sources_apart(
        self, world: World, pool: Pool, program_id: int, found_program: Any
    ):
        other = await found_program("別の事業")
        async with open_door(pool, Scope.PREFECTURE, 1):
            ids = {
                await post(world, program_id),
                await post(world, other, amount_yen=5),
                await post(world, program_id, source="training", amount_yen=7),
            }
        assert len(ids) == 3

    async def test_refuses_a_key_of_another_program(
        self, world: World, pool: Pool, program_id: int, behind: psycopg.Connection, found_program: Any
    ):
        other = await found_program("別の事業")
        foreign, own = add_key(behind, other, "人口割"), add_key(behind, program_id, "人口割")
        with pytest.raises(Invalid) as refused:
            async with open_door(pool, Scope.PREFECTURE, 1):
                await post(world, program_id, charge_kind="key", key_id=foreign, member_id=None)
        assert "key_id" in refused.value.fields
        async with open_door(pool, Scope.PREFECTURE, 1):
            await post(world, program_id, charge_kind="key", key_id=own, member_id=None)
            assert (await queries.costs(program_id))[0].key_name == "人口割"

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"revenue_yen": 880_001}, "revenue_yen"),
            ({"amount_yen": 2**64}, "amount_yen"),
            ({"member_id": 10**6}, "member_id"),
            ({"member_id": None}, "member_id"),
            ({"charge_kind": "key"}, "key_id"),
        ],
    )
    async def test_refuses_what_cannot_stand(
        self, world: World, pool: Pool, program_id: int, changes: dict[str, Any], field: str
    ):
        with pytest.raises(Invalid) as refused:
            async with open_door(pool, Scope.PREFECTURE, 1):
                await post(world, program_id, **changes)
        assert field in refused.value.fields

    async def test_does_not_find_an_unknown_program(self, world: World, pool: Pool):
        with pytest.raises(NotFound):
            async with open_door(pool, Scope.PREFECTURE, 1):
                await post(world, 999_999)

    async def test_needs_source_and_reference(self, world: World, pool: Pool, program_id: int):
        with pytest.raises(Invalid):
            async with open_door(pool, Scope.PREFECTURE, 1):
                await post(world, program_id, reference="")


class TestChangeCost:
    async def test_changes_and_records_before_and_after(
        self, world: World, pool: Pool, program_id: int, behind: psycopg.Connection
    ):
        async with open_door(pool, Scope.PREFECTURE, 1):
            cost_id = await post(world, program_id)
            await operations.change_cost(world.finance, program_id, cost_id, PREFECTURE, 1)
            assert (await queries.cost(program_id, cost_id)).content == PREFECTURE
        row = behind.execute("SELECT before, after FROM audit_event WHERE action = 'change_cost'").fetchone()
        assert row
        assert (row[0]["amount_yen"], row[1]["amount_yen"]) == (880_000, 1_200_000)

    async def test_refuses_a_stale_version_and_another_programs_cost(
        self, world: World, pool: Pool, program_id: int, found_program: Any
    ):
        async with open_door(pool, Scope.PREFECTURE, 1):
            cost_id = await post(world, program_id)
            await operations.change_cost(world.finance, program_id, cost_id, PREFECTURE, 1)
        with pytest.raises(EditedMeanwhile):
            async with open_door(pool, Scope.PREFECTURE, 1):
                await operations.change_cost(world.finance, program_id, cost_id, PREFECTURE, 1)
        other = await found_program("別の事業")
        with pytest.raises(NotFound):
            async with open_door(pool, Scope.PREFECTURE, 1):
                await operations.change_cost(world.finance, other, cost_id, PREFECTURE, 2)

    async def test_refuses_more_revenue_than_cost(self, world: World, pool: Pool, program_id: int):
        async with open_door(pool, Scope.PREFECTURE, 1):
            cost_id = await post(world, program_id)
        with pytest.raises(Invalid) as refused:
            async with open_door(pool, Scope.PREFECTURE, 1):
                await operations.change_cost(
                    world.finance, program_id, cost_id, replace(PREFECTURE, revenue_yen=1_200_001), 1
                )
        assert refused.value.code == "negative-net"


class TestDeleteCost:
    async def test_deletes(self, world: World, pool: Pool, program_id: int):
        async with open_door(pool, Scope.PREFECTURE, 1):
            cost_id = await post(world, program_id)
        async with open_door(pool, Scope.PREFECTURE, 1):
            await operations.delete_cost(world.finance, program_id, cost_id, 1)
            assert await queries.costs(program_id) == []

    async def test_refuses_while_a_grant_lists_it(
        self, world: World, pool: Pool, program_id: int, behind: psycopg.Connection
    ):
        async with open_door(pool, Scope.PREFECTURE, 1):
            cost_id = await post(world, program_id)
        behind.execute(
            "INSERT INTO grant_line (tenant_id, program_id, position, name, funder, rate, cost_ids, tax, level) "
            "VALUES (1, %s, 1, '国の交付金', 'national', '1/2', ARRAY[%s]::bigint[], 'included', 'program')",
            (program_id, cost_id),
        )
        with pytest.raises(operations.CostInUse, match="国の交付金"):
            async with open_door(pool, Scope.PREFECTURE, 1):
                await operations.delete_cost(world.finance, program_id, cost_id, 1)


class TestCosts:
    async def test_are_ordered_by_id_and_mark_bearers_that_left(self, world: World, pool: Pool, program_id: int):
        async with open_door(pool, Scope.PREFECTURE, 1):
            ids = [await post(world, program_id, reference=str(uuid.uuid4())) for _ in range(3)]
            await programs.choose_members(world.finance, program_id, [MemberInput(world.tenants["281000"], 12, "1")], 2)
            costs = await queries.costs(program_id)
        assert [one.id for one in costs] == ids
        assert [(one.member_name, one.takes_part) for one in costs] == [("猪名川町", False)] * 3
