"""The door: every way past it that was found in the stack is closed."""
# ruff: noqa: PT012  (what raises is a whole door, with what happens in it)

import asyncio
from typing import Any

import psycopg
import pytest
from piccolo.columns import Integer

from billing.programs.tables import Program
from tenants.context import Role, Scope
from tenants.database.engine import ENGINE, OutsideTheDoorError, _open_door
from tenants.database.pool import create_pool
from tenants.database.tables import DECLARED, TenantTable
from tenants.database.transaction import (
    Door,
    Pool,
    as_identity,
    open_door,
    rows_may_be_missing,
    savepoint,
)
from tenants.database.versions import EditedMeanwhile, lock_version
from tenants.directory.tables import Entitlement, Tenant
from tenants.errors import Conflict, Invalid, NotFound
from tenants.jobs.operations import enqueue
from tenants.jobs.rules import Queue
from tenants.jobs.tables import Job
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import World


async def _job(world: World, code: str) -> int:
    async with open_door(world.pool, Scope.TOWN, world.tenants[code]):
        return await enqueue(world.context(code, Role.TOWN_STAFF), "a.b.c", "件名", {}, queue=Queue.QUICK)


class TestOutsideTheDoor:
    async def test_no_query_runs(self, world: World):
        with pytest.raises(OutsideTheDoorError, match="needs an open tenant transaction"):
            await Tenant.select()

    async def test_no_query_runs_after_the_door_has_closed(self, world: World):
        async with open_door(world.pool, Scope.TOWN, world.tenants["281000"]) as door:
            await Tenant.select()
        with pytest.raises(OutsideTheDoorError):
            await door.execute("SELECT 1")
        with pytest.raises(OutsideTheDoorError):
            await Tenant.select()
        assert _open_door.get() is None

    async def test_no_task_outlives_its_door(self, world: World):
        async def late() -> Any:
            await asyncio.sleep(0.05)
            return await Tenant.select()

        async with open_door(world.pool, Scope.TOWN, world.tenants["281000"]):
            task = asyncio.ensure_future(late())
        with pytest.raises(OutsideTheDoorError):
            await task

    @pytest.mark.parametrize(
        ("scope", "tenant_id"),
        [
            (Scope.TOWN, None),
            (Scope.TOWN, 0),
            (Scope.TOWN, -1),
            (Scope.TOWN, 1),
            (Scope.CONSULTANT, 1),
            (Scope.CREW, None),
            (Scope.PREFECTURE, 2),
            (Scope.PREFECTURE, None),
        ],
    )
    async def test_no_scope_opens_with_a_tenant_that_is_not_its_own(self, world: World, scope: Scope, tenant_id: Any):
        with pytest.raises(OutsideTheDoorError):
            async with open_door(world.pool, scope, tenant_id):
                pass

    async def test_piccolos_side_ways_are_closed(self, kobe: Door):
        with pytest.raises(OutsideTheDoorError):
            ENGINE.transaction()
        with pytest.raises(OutsideTheDoorError):
            ENGINE.atomic()
        with pytest.raises(OutsideTheDoorError):
            await ENGINE.run_ddl("DROP TABLE job")
        with pytest.raises(OutsideTheDoorError):
            await ENGINE.get_new_connection()
        with pytest.raises(OutsideTheDoorError):
            await ENGINE.start_connection_pool()
        with pytest.raises(OutsideTheDoorError):
            await ENGINE.close_connection_pool()
        with pytest.raises(OutsideTheDoorError):
            await Tenant.select().run(node="replica")
        with pytest.raises(OutsideTheDoorError):
            async with await Tenant.select().batch(batch_size=1) as batch:
                async for _ in batch:
                    pass
        with pytest.raises(OutsideTheDoorError):
            await Job.alter().drop_table()


class TestNestedDoor:
    async def test_raises_for_another_tenant_and_for_the_same(self, world: World, kobe: Door):
        for tenant_id in (world.tenants["283011"], world.tenants["281000"]):
            with pytest.raises(OutsideTheDoorError, match="already open"):
                async with open_door(world.pool, Scope.TOWN, tenant_id):
                    pass
        assert (await kobe.execute("SELECT 1 AS one"))[0]["one"] == 1

    async def test_moves_only_from_who_asks_to_that_persons_tenant(self, world: World, kobe: Door):
        with pytest.raises(OutsideTheDoorError):
            await kobe.enter_scope(Scope.PREFECTURE, 1)
        await _leave_and_move(world)


async def _leave_and_move(world: World) -> None:
    token = _open_door.set(None)
    try:
        async with open_door(world.pool, Scope.IDENTITY) as door:
            await door.enter_scope(Scope.TOWN, world.tenants["283011"])
            with pytest.raises(OutsideTheDoorError):
                await door.enter_scope(Scope.PREFECTURE, 1)
            assert {row["tenant_id"] for row in await Entitlement.select()} == {world.tenants["283011"]}
    finally:
        _open_door.reset(token)


class TestHiddenRow:
    async def test_saving_it_is_not_found(self, world: World):
        job_id = await _job(world, "283011")
        hidden = Job(tenant_id=world.tenants["283011"], id=job_id, title="盗んだ件名")
        hidden._exists_in_db = True
        with pytest.raises(NotFound):
            async with open_door(world.pool, Scope.TOWN, world.tenants["281000"]):
                await hidden.save([Job.title])

    async def test_removing_it_is_not_found(self, world: World, owner: psycopg.Connection):
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            program = Program(tenant_id=1, id=12345)
            program._exists_in_db = True
            with pytest.raises(NotFound):
                await program.remove()

    async def test_getting_or_creating_it_is_a_refusal_of_ours(self, world: World):
        with pytest.raises((Invalid, Conflict, psycopg.errors.InsufficientPrivilege)):
            async with open_door(world.pool, Scope.TOWN, world.tenants["281000"]):
                await Entitlement.objects().get_or_create(
                    (Entitlement.tenant_id == world.tenants["283011"]) & (Entitlement.module == "apportionment")
                )

    async def test_updating_and_deleting_nothing_is_not_found_unless_declared(self, kobe: Door):
        with pytest.raises(NotFound):
            await Job.update({Job.title: "x"}).where(Job.id == 99)
        async with rows_may_be_missing(kobe):
            await Job.update({Job.title: "x"}).where(Job.id == 99)
        with pytest.raises(NotFound):
            await Job.update({Job.title: "x"}).where(Job.id == 99)

    async def test_locking_it_is_not_found_and_a_stale_version_is_told(self, world: World):
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            with pytest.raises(NotFound):
                await lock_version(Program, 12345, 1)
            with pytest.raises(TypeError):
                await lock_version(Tenant, 1, 1)
        assert EditedMeanwhile().code == "edited-meanwhile"


class TestSteppingAside:
    async def test_reaches_people_and_comes_back_to_the_town(self, world: World):
        async with open_door(world.pool, Scope.TOWN, world.tenants["281000"]) as door:
            async with as_identity():
                assert await door.execute("SELECT count(*) AS people FROM person")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                async with savepoint():
                    await door.execute("SELECT count(*) FROM person")

    async def test_comes_back_after_a_refusal(self, world: World):
        town = world.tenants["281000"]
        async with open_door(world.pool, Scope.TOWN, town) as door:
            with pytest.raises(Invalid):
                async with as_identity():
                    raise Invalid("anything", "だめです。")
            rows = await door.execute("SELECT current_user AS role, current_setting('app.tenant_id') AS tenant")
            assert (rows[0]["role"], rows[0]["tenant"]) == ("yui_town", str(town))

    async def test_comes_back_when_a_savepoint_takes_back_a_fault_of_the_database(self, world: World):
        async with open_door(world.pool, Scope.TOWN, world.tenants["281000"]) as door:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                async with savepoint(), as_identity():
                    await door.execute("SELECT 1 FROM cost")
            rows = await door.execute("SELECT current_user AS role")
            assert (rows[0]["role"], door.scope) == ("yui_town", Scope.TOWN)


class TestPool:
    async def test_forgets_role_and_tenant_between_users(self, world: World, pool: Pool):
        async with open_door(pool, Scope.TOWN, world.tenants["281000"]) as door:
            number = door.connection.info.backend_pid
            await door.execute("SELECT set_config('app.tenant_id', $1, false)", ("4",))
        for _ in range(8):
            async with pool.connection() as connection:
                cursor = await connection.execute(
                    "SELECT current_user::text AS u, current_setting('app.tenant_id', true) AS t"
                )
                row = await cursor.fetchone()
                assert row is not None
                assert (row["u"], row["t"] or "") == ("yui_app", "")
                if connection.info.backend_pid == number:
                    break

    async def test_keeps_nothing_of_a_session_but_plans(self, world: World, database: ClonedDatabase):
        pool = create_pool(database.application, 1)
        await pool.open()
        try:
            async with pool.connection() as dirty:
                for statement in (
                    "SET search_path = pg_catalog",
                    "SET statement_timeout = '7s'",
                    "LISTEN anything",
                    "SELECT pg_advisory_lock(7)",
                    "SET ROLE yui_town",
                    "SET application_name = 'kept'",
                ):
                    await dirty.execute(statement)
                pid = dirty.info.backend_pid
            async with pool.connection() as clean:
                assert clean.info.backend_pid == pid
                cursor = await clean.execute(
                    "SELECT current_user::text AS a, session_user::text AS b, current_setting('search_path') AS c, "
                    "current_setting('statement_timeout') AS d, current_setting('application_name') AS e, "
                    "(SELECT count(*) FROM pg_listening_channels()) AS f, "
                    "(SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS g, "
                    "(SELECT count(*) FROM pg_cursors WHERE is_holdable) AS h"
                )
                row = await cursor.fetchone()
                assert row is not None
                user, login, path, timeout, name, *counts = row.values()
                assert (user, login, timeout, name) == ("yui_app", "yui_app", "20s", "")
                assert path != "pg_catalog"
                assert counts == [0, 0, 0]
        finally:
            await pool.close()

    async def test_keeps_plans_that_stay_behind_the_walls(self, world: World, database: ClonedDatabase):
        """One connection, one statement, many tenants and roles in turn: each sees its own rows and no other's."""
        pool = create_pool(database.application, 1)
        await pool.open()
        try:
            for _ in range(8):
                for code in ("281000", "283011", "284467"):
                    async with open_door(pool, Scope.TOWN, world.tenants[code], read_only=True) as door:
                        rows = await door.execute("SELECT DISTINCT tenant_id FROM membership")
                        assert [row["tenant_id"] for row in rows] == [world.tenants[code]]
                async with open_door(pool, Scope.PREFECTURE, 1, read_only=True) as door:
                    rows = await door.execute("SELECT DISTINCT tenant_id FROM membership")
                    assert [row["tenant_id"] for row in rows] == [1]
                async with open_door(pool, Scope.IDENTITY, read_only=True) as door:
                    assert len(await door.execute("SELECT DISTINCT tenant_id FROM membership")) == 5
                    prepared = await door.execute("SELECT count(*) AS kept FROM pg_prepared_statements")
            assert prepared[0]["kept"] > 0
        finally:
            await pool.close()


class TestDeclaration:
    def test_of_unknown_or_doubled_letters_is_refused(self):
        for letters in ("X", "SS", "Ss", "s"):
            with pytest.raises(TypeError):

                class Wrong(TenantTable, tablename="wrong", town=letters):
                    number = Integer()

        assert "wrong" not in DECLARED
