"""What goes through the door: values, records, commits, and nobody else's rows."""
# ruff: noqa: PT012  (what raises is a whole door, with what happens in it)

from decimal import Decimal
from typing import Any

import psycopg
import pytest

from billing.programs.tables import Program
from tenants.access.tables import Membership
from tenants.audit.tables import AuditEvent
from tenants.audit.trail import Subject, record
from tenants.context import Role, Scope
from tenants.database.transaction import (
    CommitFailedError,
    Door,
    UnrecordedWriteError,
    open_door,
    savepoint,
)
from tenants.directory.tables import Entitlement
from tenants.errors import Conflict, Invalid
from tenants.jobs.operations import enqueue
from tenants.jobs.rules import Queue
from tenants.jobs.tables import Job
from tests.factories.worlds import World


async def _job(world: World, code: str) -> int:
    async with open_door(world.pool, Scope.TOWN, world.tenants[code]):
        return await enqueue(world.context(code, Role.TOWN_STAFF), "a.b.c", "件名", {}, queue=Queue.QUICK)


class TestValues:
    @pytest.mark.parametrize(
        "value", [1.5, Decimal("1.5"), Decimal(1), float("nan"), Decimal("NaN"), float("inf"), [1.5], [[Decimal(1)]]]
    )
    async def test_that_are_inexact_never_reach_a_column(self, kobe: Door, value: Any):
        with pytest.raises(TypeError, match="float or Decimal"):
            await kobe.execute("SELECT $1", (value,))
        if not isinstance(value, list):
            with pytest.raises(TypeError, match="float or Decimal"):
                await Program.select().where(Program.invoice_unit_yen == value)

    @pytest.mark.parametrize("text", ["1.5", "NaN", "Infinity", "9007199254740992", "-9007199254740992"])
    async def test_that_are_no_whole_yen_are_refused_by_the_column(self, world: World, text: str):
        with pytest.raises(Invalid):
            async with open_door(world.pool, Scope.PREFECTURE, 1) as door:
                await door.execute("SELECT $1::text::yen", (text,))

    async def test_that_are_fractions_are_not_read_as_yen(self, kobe: Door):
        with pytest.raises(ValueError, match=r"1\.5"):
            await kobe.execute("SELECT 1.5::numeric AS yen")

    @pytest.mark.parametrize(
        "value", [2**63, -(2**63) - 1, 10**30, "a\x00b", "\ud800", b"\x00".decode(), [2**63], ["a\x00"]]
    )
    async def test_that_no_column_holds_are_invalid(self, kobe: Door, value: Any):
        with pytest.raises(Invalid):
            await kobe.execute("SELECT $1", (value,))

    async def test_too_great_for_their_column_are_invalid(self, kobe: Door):
        with pytest.raises(Invalid):
            await kobe.execute("SELECT $1::int", (2**40,))


class TestRecording:
    async def test_a_write_without_an_event_is_not_stored(self, world: World, owner: psycopg.Connection):
        with pytest.raises(UnrecordedWriteError, match="entitlement"):
            async with open_door(world.pool, Scope.PREFECTURE, 1):
                await Entitlement.insert(Entitlement(tenant_id=world.tenants["281000"], module="leaks"))
        async with open_door(world.pool, Scope.TOWN, world.tenants["281000"]):
            assert not await Entitlement.exists().where(Entitlement.module == "leaks")

    async def test_a_write_with_an_event_is_stored(self, world: World):
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await Entitlement.insert(Entitlement(tenant_id=world.tenants["281000"], module="leaks"))
            await record(world.finance, "entitle", Subject("entitlement", "leaks"))
        async with open_door(world.pool, Scope.TOWN, world.tenants["281000"]):
            assert await Entitlement.exists().where(Entitlement.module == "leaks")

    @pytest.mark.parametrize(
        "sql",
        [
            "WITH new AS (INSERT INTO entitlement (tenant_id, module) VALUES (2, 'x') RETURNING id) SELECT * FROM new",
            "with new as not materialized ( delete from entitlement returning id) select * from new",
            "MERGE INTO entitlement e USING (SELECT 2 AS t) s ON e.tenant_id = s.t WHEN MATCHED THEN DELETE",
            "COPY entitlement FROM STDIN",
            "TRUNCATE entitlement",
            "DO $$ BEGIN DELETE FROM entitlement; END $$",
        ],
    )
    async def test_a_write_under_another_verb_is_refused(self, world: World, sql: str):
        async with open_door(world.pool, Scope.PREFECTURE, 1) as door:
            with pytest.raises(UnrecordedWriteError):
                await door.execute(sql)

    async def test_a_table_nobody_declared_counts_as_audited(self, world: World):
        door = Door(None, Scope.TOWN, 2, read_only=False)  # type: ignore[arg-type]
        door.written.add("unheard_of")
        with pytest.raises(UnrecordedWriteError):
            door.check_recorded()


class TestReading:
    async def test_cannot_write(self, world: World):
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            async with open_door(world.pool, Scope.TOWN, world.tenants["281000"], read_only=True):
                await enqueue(world.context("281000", Role.TOWN_STAFF), "a.b.c", "件名", {}, queue=Queue.QUICK)


class TestCommit:
    async def test_of_an_aborted_transaction_raises_and_stores_nothing(self, world: World):
        with pytest.raises(CommitFailedError):
            async with open_door(world.pool, Scope.TOWN, world.tenants["281000"]) as door:
                await enqueue(world.context("281000", Role.TOWN_STAFF), "a.b.c", "消える", {}, queue=Queue.QUICK)
                with pytest.raises(Invalid):
                    await door.execute("SELECT 'x'::int")
        async with open_door(world.pool, Scope.TOWN, world.tenants["281000"]):
            assert not await Job.exists().where(Job.title == "消える")

    async def test_after_a_savepoint_stores_the_rest(self, world: World):
        context = world.context("281000", Role.TOWN_STAFF)
        async with open_door(world.pool, Scope.TOWN, world.tenants["281000"]):
            await enqueue(context, "a.b.c", "残る", {}, queue=Queue.QUICK)
            with pytest.raises(Conflict):
                async with savepoint():
                    await enqueue(context, "a.b.c", "消える", {}, queue=Queue.QUICK)
                    raise Conflict("x", "x")
        async with open_door(world.pool, Scope.TOWN, world.tenants["281000"]):
            assert [row["title"] for row in await Job.select(Job.title)] == ["残る"]

    async def test_of_a_killed_backend_raises_and_gives_a_new_one(self, world: World, owner: psycopg.Connection):
        with pytest.raises(psycopg.OperationalError):
            async with open_door(world.pool, Scope.TOWN, world.tenants["281000"]) as door:
                number = door.connection.info.backend_pid
                await _end(world.pool.conninfo, number)
                await door.execute("SELECT 1")
        for _ in range(8):
            async with open_door(world.pool, Scope.TOWN, world.tenants["281000"]) as door:
                assert door.connection.info.backend_pid != number


async def _end(conninfo: str, number: int) -> None:
    """The login role may end its own backends."""
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as connection:
        await connection.execute("SELECT pg_terminate_backend(%s)", (number,))


class TestRowsOfOthers:
    async def test_cannot_be_truncated_nor_reached_by_a_cascade(self, world: World):
        await _job(world, "283011")
        own = await _job(world, "281000")
        async with open_door(world.pool, Scope.JOBS) as door:
            await door.execute(
                "DELETE FROM outbox WHERE tenant_id = $1 AND job_id = $2", (world.tenants["281000"], own)
            )
            assert [row["tenant_id"] for row in await door.execute("SELECT tenant_id FROM outbox")] == [
                world.tenants["283011"]
            ]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with open_door(world.pool, Scope.TOWN, world.tenants["281000"]) as door:
                await door.connection.execute("TRUNCATE outbox CASCADE")

    async def test_cannot_be_pointed_to(self, world: World):
        foreign = await _job(world, "283011")
        with pytest.raises(Conflict):
            async with open_door(world.pool, Scope.TOWN, world.tenants["281000"]):
                await enqueue(
                    world.context("281000", Role.TOWN_STAFF), "a.b.c", "件名", {}, queue=Queue.QUICK, parent_id=foreign
                )

    async def test_cannot_be_written_under_another_tenant(self, world: World):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with open_door(world.pool, Scope.TOWN, world.tenants["281000"]):
                await enqueue(world.context("283011", Role.TOWN_STAFF), "a.b.c", "件名", {}, queue=Queue.QUICK)

    async def test_do_not_show_through_a_unique_constraint(self, world: World):
        for code in ("281000", "283011"):
            job_id = await _job(world, code)
            async with open_door(world.pool, Scope.TOWN, world.tenants[code]) as door:
                await door.execute(
                    "INSERT INTO done_key (tenant_id, key, job_id) VALUES ($1, 'same', $2)",
                    (world.tenants[code], job_id),
                )

    async def test_of_people_are_out_of_every_tenants_reach(self, world: World, kobe: Door):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await kobe.execute("SELECT * FROM person")

    async def test_memberships_show_only_the_own(self, world: World, kobe: Door):
        assert {row["tenant_id"] for row in await Membership.select()} == {world.tenants["281000"]}
        assert {row["tenant_id"] for row in await AuditEvent.select()} <= {world.tenants["281000"]}
