"""What the walls cost: the same queries with and without role, tenant, forced row-level security and the door.

    python -m tests.benchmarks.bench_walls [--rounds 7] [--operations 400]

41 towns with 1,000 audit events each. Without walls: a superuser, whom no policy touches, on a plain psycopg pool (same
driver, same adapters, same table and indexes), once with autocommit and once in a transaction. With walls: the
application's role through ``open_door``. The ways take turns within every round, so that a busy moment of the machine
strikes all of them; the medians of the rounds are printed. Everything runs in one process on one connection at a time.
"""

import argparse
import asyncio
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg
import uvloop
from psycopg import AsyncRawCursor
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from services.assembly.embedded import start_postgres
from services.assembly.migrations import migrate_all
from services.assembly.modules import load_tables
from tenants.context import Scope
from tenants.database import pool as product_pool
from tenants.database.transaction import open_door

TOWNS, EVENTS = 41, 1000
FIELD_MS = 0.5
"""What transaction, role and tenant are known to cost elsewhere; the figure to compare with."""

COLUMNS = "id, occurred_at, person_name, action, subject, subject_id"
LIST = f"SELECT {COLUMNS} FROM audit_event WHERE tenant_id = $1 ORDER BY id DESC LIMIT 50"
POINT = f"SELECT {COLUMNS} FROM audit_event WHERE tenant_id = $1 AND id = $2"
INSERT = (
    "INSERT INTO audit_event (tenant_id, acting_tenant_id, person_id, person_name, role, action, subject, subject_id, "
    "request_id, address) VALUES ($1, $1, 1, '担当者', 'town_staff', 'measure', 'nothing', '1', 'r', '127.0.0.1')"
)
Run = Callable[[str, tuple[Any, ...]], Awaitable[Any]]


def fill(owner: str, superuser: str) -> tuple[int, int]:
    """41 towns and their events, below the walls; returns one town in the middle and one of its events."""
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO tenant (id, code, name, kana, kind, region, active_from) OVERRIDING SYSTEM VALUE "
            "SELECT n, 'town-' || n, '町' || n, '', CASE n WHEN 1 THEN 'prefecture' ELSE 'town' END, '', '2024-04-01' "
            "FROM generate_series(1, %s) n",
            (TOWNS + 1,),
        )
        connection.execute(
            "INSERT INTO audit_event (tenant_id, acting_tenant_id, person_id, person_name, role, action, subject, "
            "subject_id, request_id, address) SELECT 2 + n %% %s, 2 + n %% %s, 1, '担当者', 'town_staff', 'measure', "
            "'nothing', n::text, 'r', '127.0.0.1' FROM generate_series(1, %s) n",
            (TOWNS, TOWNS, TOWNS * EVENTS),
        )
        connection.execute("ANALYZE")
        town = 2 + TOWNS // 2
        row = connection.execute("SELECT max(id) FROM audit_event WHERE tenant_id = %s", (town,)).fetchone()
    return town, row[0]


class Ways:
    """The three ways to run the same statement; each gives a function that runs one operation."""

    def __init__(self, bare: AsyncConnectionPool, walled: AsyncConnectionPool, town: int) -> None:
        self.bare, self.walled, self.town = bare, walled, town

    @asynccontextmanager
    async def autocommit(self):
        """A superuser's connection from the pool, no transaction."""
        async with self.bare.connection() as connection:
            yield _runner(connection)

    @asynccontextmanager
    async def transaction(self):
        """The same in BEGIN and COMMIT."""
        async with self.bare.connection() as connection, connection.transaction():
            yield _runner(connection)

    @asynccontextmanager
    async def door(self):
        """The product's own way."""
        async with open_door(self.walled, Scope.TOWN, self.town) as door:
            yield door.execute


def _runner(connection: Any) -> Run:
    async def run(sql: str, arguments: tuple[Any, ...] = ()) -> Any:
        cursor = AsyncRawCursor(connection, row_factory=dict_row)
        await cursor.execute(sql, arguments)
        return await cursor.fetchall() if cursor.description else []

    return run


async def once(way: Any, statements: tuple[tuple[str, tuple[Any, ...]], ...]) -> None:
    """One operation: in and out again, with the statements between."""
    async with way() as run:
        for sql, arguments in statements:
            await run(sql, arguments)


async def clock(way: Any, statements: Any, operations: int) -> float:
    """Milliseconds of one operation, the mean of ``operations``."""
    started = time.perf_counter()
    for _ in range(operations):
        await once(way, statements)
    return (time.perf_counter() - started) * 1000 / operations


async def measure(ways: Ways, event: int, chosen: argparse.Namespace) -> None:
    """Prints every operation's three times and the two ratios, then the door by itself."""
    town = ways.town
    cases = {
        "50 rows of a town": ((LIST, (town,)),),
        "one row": ((POINT, (town, event)),),
        "insert": ((INSERT, (town,)),),
        "ten lists of 50 rows": ((LIST, (town,)),) * 10,
        "nothing": (),
    }
    kinds = (ways.autocommit, ways.transaction, ways.door)
    say(
        f"{'ms per operation':22} {'autocommit':>10} {'transaction':>11} {'door':>7}   door/autocommit door/transaction"
    )
    for name, statements in cases.items():
        seen: dict[Any, list[float]] = {way: [] for way in kinds}
        for way in kinds:
            await clock(way, statements, chosen.operations // 4)
        for _ in range(chosen.rounds):
            for way in kinds:
                seen[way].append(await clock(way, statements, chosen.operations))
        plain, begun, door = (statistics.median(seen[way]) for way in kinds)
        ratios = f"{door / plain:15.2f} {door / begun:16.2f}" if statements else ""
        say(f"{name:22} {plain:10.3f} {begun:11.3f} {door:7.3f}  {ratios}  load {os.getloadavg()[0]:.1f}")
    say(f"the door by itself is the line 'nothing': {door:.3f} ms (known elsewhere: {FIELD_MS} ms)")


async def main_async(chosen: argparse.Namespace, folder: Path) -> None:
    """Starts PostgreSQL, fills it and measures."""
    running = start_postgres(folder)
    try:
        addresses = running.addresses()
        migrate_all(addresses.owner, lambda _: None)
        load_tables()
        town, event = fill(addresses.owner, addresses.superuser)
        bare = AsyncConnectionPool(
            addresses.superuser,
            min_size=2,
            max_size=8,
            open=False,
            kwargs={"autocommit": True, "row_factory": dict_row, "prepare_threshold": None},
        )
        walled = product_pool.create_pool(addresses.application, 8)
        await bare.open(wait=True)
        await walled.open(wait=True)
        try:
            await measure(Ways(bare, walled, town), event, chosen)
        finally:
            await bare.close()
            await walled.close()
    finally:
        running.stop()


def say(line: str) -> None:
    """Write one line for the person who measures."""
    sys.stdout.write(line.rstrip() + "\n")
    sys.stdout.flush()


def main() -> None:
    """Measure in a temporary folder and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--operations", type=int, default=400, help="operations per round and way")
    chosen = parser.parse_args()
    say(f"Python {platform.python_version()}, psycopg {psycopg.__version__}, {os.cpu_count()} processors")
    say(f"python -m tests.benchmarks.bench_walls {' '.join(sys.argv[1:])}")
    uvloop.install()
    with tempfile.TemporaryDirectory(prefix="yui-bench-") as folder:
        asyncio.run(main_async(chosen, Path(folder) / "data"))


if __name__ == "__main__":
    main()
