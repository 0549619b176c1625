"""Twenty thousand transactions through the door with everything that can go wrong: nothing foreign, nothing leaked."""

import asyncio
import logging
import os
import random
import time
from collections import Counter
from dataclasses import dataclass, field

import psycopg
import pytest

from tenants.context import Role, Scope, TenantContext
from tenants.database.engine import _open_door
from tenants.database.pool import create_pool
from tenants.database.transaction import CommitFailedError, Pool, open_door
from tenants.errors import Conflict, Invalid
from tenants.jobs.operations import enqueue
from tenants.jobs.rules import Queue
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import World
from tests.walls.scorecard import tell

TRANSACTIONS = int(os.environ.get("YUI_SOAK_TRANSACTIONS", "20000"))
SEED = int(os.environ.get("YUI_SOAK_SEED", "20261121"))
SLOTS, TASKS = 6, 20
LONGEST_SECONDS = 240
"""The soak ends early, and fails, rather than holding up every other test."""
WAYS = (("success", 60), ("fault", 12), ("cancelled", 10), ("cancelled twice", 8), ("failed commit", 8), ("killed", 2))


class PlannedError(Exception):
    """A handler's own fault."""


@dataclass
class Soak:
    """What was seen."""

    pool: Pool
    killer: psycopg.AsyncConnection
    towns: tuple[TenantContext, TenantContext]
    dice: random.Random
    left: int = TRANSACTIONS
    foreign: int = 0
    residues: int = 0
    unexpected: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    committed: Counter[tuple[int, str]] = field(default_factory=Counter)


async def _work(soak: Soak, context: TenantContext, way: str) -> None:
    async with open_door(soak.pool, Scope.TOWN, context.tenant_id) as door:
        setting = await door.execute("SELECT current_setting('app.tenant_id') AS t, current_user::text AS u")
        rows = await door.execute("SELECT DISTINCT tenant_id FROM job")
        soak.foreign += sum(1 for row in rows if row["tenant_id"] != context.tenant_id)
        soak.residues += (setting[0]["t"], setting[0]["u"]) != (str(context.tenant_id), "yui_town")
        await enqueue(context, "walls.soak.nothing", way, {}, queue=Queue.QUICK)
        match way:
            case "fault":
                raise PlannedError
            case "cancelled" | "cancelled twice":
                await door.execute("SELECT pg_sleep(0.05)")
            case "failed commit":
                await door.execute(
                    "INSERT INTO soak_deferred (tenant_id, job_id) VALUES ($1, -1)", (context.tenant_id,)
                )
                door.written.discard("soak_deferred")
            case "killed":
                await soak.killer.execute("SELECT pg_terminate_backend(%s)", (door.connection.info.backend_pid,))
                await door.execute("SELECT 1")


async def _one(soak: Soak, number: int) -> None:
    context = soak.towns[number % 2]
    way = soak.dice.choices([name for name, _ in WAYS], [weight for _, weight in WAYS])[0]
    task = asyncio.ensure_future(_work(soak, context, way))
    if way.startswith("cancelled"):
        await asyncio.sleep(soak.dice.random() * 0.04)
        task.cancel()
        if way == "cancelled twice":
            await asyncio.sleep(0)
            task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        soak.outcomes["cancelled"] += 1
    except (PlannedError, Conflict, Invalid, CommitFailedError, psycopg.OperationalError) as error:
        soak.outcomes[type(error).__name__] += 1
        soak.unexpected += way == "success"
    else:
        soak.unexpected += way not in {"success", "cancelled", "cancelled twice"}
        soak.outcomes["committed"] += 1
        soak.committed[context.tenant_id, way] += 1
    soak.residues += _open_door.get() is not None


async def _worker(soak: Soak, deadline: float) -> None:
    while soak.left > 0 and time.monotonic() < deadline:
        soak.left -= 1
        await _one(soak, soak.left)


class TestPoolSoak:
    async def test_sees_nothing_foreign_and_keeps_every_slot(self, database: ClonedDatabase, world: World):
        with psycopg.connect(database.superuser, autocommit=True) as connection:
            connection.execute("CREATE TABLE soak_deferred (tenant_id int, job_id bigint)")
            connection.execute(
                "ALTER TABLE soak_deferred ADD FOREIGN KEY (tenant_id, job_id) REFERENCES job (tenant_id, id) "
                "DEFERRABLE INITIALLY DEFERRED"
            )
            connection.execute("GRANT INSERT ON soak_deferred TO yui_town")
        # Each closed connection is told as a warning; thousands are closed here on purpose.
        logging.getLogger("psycopg").setLevel(logging.ERROR)
        pool = create_pool(database.application, SLOTS)
        await pool.open()
        started = time.monotonic()
        async with await psycopg.AsyncConnection.connect(database.superuser, autocommit=True) as killer:
            towns = (world.context("281000", Role.TOWN_STAFF), world.context("283011", Role.TOWN_STAFF))
            soak = Soak(pool, killer, towns, random.Random(SEED))  # noqa: S311  (a repeatable choice, no secret)
            await asyncio.gather(*(_worker(soak, started + LONGEST_SECONDS) for _ in range(TASKS)))
        seconds = round(time.monotonic() - started, 1)
        tell("pool soak", seed=SEED, transactions=TRANSACTIONS - soak.left, seconds=seconds, **soak.outcomes)
        try:
            assert soak.left == 0, "the soak was too slow"
            assert (soak.foreign, soak.residues, soak.unexpected) == (0, 0, 0)
            await _whole(pool)
        finally:
            await pool.close()
        with psycopg.connect(database.superuser, autocommit=True) as connection:
            _check_stored(connection, soak)
            assert _busy(connection) == 0
        assert all(soak.outcomes[one] for one in ("committed", "PlannedError", "cancelled", "Conflict"))


def _check_stored(connection: psycopg.Connection, soak: Soak) -> None:
    """What succeeded is stored, what failed is not; a cancellation may meet a COMMIT that is already on its way."""
    stored = Counter(
        {
            (tenant_id, way): count
            for tenant_id, way, count in connection.execute(
                "SELECT tenant_id, title, count(*) FROM job WHERE name = 'walls.soak.nothing' GROUP BY 1, 2"
            ).fetchall()
        }
    )
    for tenant_id, way in stored | soak.committed:
        if way.startswith("cancelled"):
            assert stored[tenant_id, way] >= soak.committed[tenant_id, way]
        else:
            assert stored[tenant_id, way] == soak.committed[tenant_id, way], way
            assert way == "success", way


def _busy(connection: psycopg.Connection) -> int:
    """How many of the application's backends still do something; closed ones need a moment to notice."""
    for _ in range(100):
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'yui_app' "
            "AND state <> 'idle'"
        ).fetchone()
        if row == (0,):
            return 0
        time.sleep(0.05)
    return int(row[0])


async def _whole(pool: Pool) -> None:
    """Every slot can be had at once, and carries nothing of its last user."""
    for _ in range(100):  # the last releases and replacements run in tasks of their own
        if pool.get_stats().get("requests_waiting", 0) == 0 and pool.get_stats()["pool_available"] >= 1:
            break
        await asyncio.sleep(0.05)
    held = [await asyncio.wait_for(pool.getconn(), 5) for _ in range(SLOTS)]
    for connection in held:
        cursor = await connection.execute(
            "SELECT current_user::text AS u, coalesce(current_setting('app.tenant_id', true), '') AS t"
        )
        assert await cursor.fetchone() == {"u": "yui_app", "t": ""}
        await pool.putconn(connection)
    assert _open_door.get() is None


@pytest.mark.parametrize("kind", ["cancelled", "cancelled twice"])
async def test_cancelling_a_wait_for_a_slot_takes_none(database: ClonedDatabase, world: World, kind: str):
    pool = create_pool(database.application, 1)
    await pool.open()
    try:
        async with open_door(pool, Scope.TOWN, world.tenants["281000"]):
            waiting = asyncio.ensure_future(_enter(pool, world.tenants["283011"]))
            await asyncio.sleep(0.05)
            waiting.cancel()
            if kind == "cancelled twice":
                waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        await asyncio.wait_for(_enter(pool, world.tenants["283011"]), 5)
    finally:
        await pool.close()


async def _enter(pool: Pool, tenant_id: int) -> None:
    async with open_door(pool, Scope.TOWN, tenant_id, read_only=True) as door:
        await door.execute("SELECT 1")
