"""Connections that broke while nobody used them: the door takes the next, and keeps every slot."""

import asyncio

import psycopg
import pytest

from tenants.context import Scope
from tenants.database.pool import create_pool
from tenants.database.transaction import _begun, open_door
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import World

SLOTS = 4


class TestIdleConnections:
    async def test_that_the_server_closed_are_replaced_without_an_error(self, database: ClonedDatabase, world: World):
        pool = create_pool(database.application, SLOTS)
        await pool.open(wait=True)
        try:
            for _ in range(3):
                with psycopg.connect(database.superuser, autocommit=True) as connection:
                    connection.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE usename = 'yui_app' AND datname = current_database()"
                    )
                for _ in range(2 * SLOTS):
                    async with open_door(pool, Scope.TOWN, world.tenants["281000"], read_only=True) as door:
                        assert await door.execute("SELECT 1 AS one") == [{"one": 1}]
        finally:
            await pool.close()

    @pytest.mark.parametrize("fault", ["1/0", "pg_cancel_backend(pg_backend_pid())"])
    async def test_that_cannot_begin_go_home(self, database: ClonedDatabase, world: World, fault: str):
        pool = create_pool(database.application, 1)
        await pool.open(wait=True)
        try:
            for _ in range(3):
                with pytest.raises((psycopg.errors.DivisionByZero, psycopg.errors.QueryCanceled)):
                    await _begun(pool, f"BEGIN; SELECT {fault}")
            async with open_door(pool, Scope.TOWN, world.tenants["281000"], read_only=True) as door:
                assert await door.execute("SELECT current_user::text AS role") == [{"role": "yui_town"}]
        finally:
            await pool.close()

    async def test_that_are_cancelled_while_beginning_go_home(self, database: ClonedDatabase, world: World):
        pool = create_pool(database.application, 1)
        await pool.open(wait=True)

        async def enter() -> None:
            async with open_door(pool, Scope.TOWN, world.tenants["281000"], read_only=True):
                pass

        try:
            for turns in range(12):
                task = asyncio.ensure_future(enter())
                for _ in range(turns):
                    await asyncio.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                await asyncio.wait_for(enter(), 5)
        finally:
            await pool.close()
