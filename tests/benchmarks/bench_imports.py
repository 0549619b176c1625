"""How long an import of people takes from end to end: a workbook of 20,000 rows, received, read, checked, applied.

    python -m tests.benchmarks.bench_imports [--rows 20000] [--rounds 1]

The file is stored and read as the product does it: a real storage, the worker's own jobs in this process, the reader's
child process, PostgreSQL as the application role. A tenth of the rows are wrong and come back as a workbook; then
everything is taken back. Wanted: receiving, reading, checking and applying together under 30 s, and under 300 MB of
memory in the worker and in the reader's child.
"""

import argparse
import asyncio
import os
import platform
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

from services.assembly.embedded import start_postgres, start_storage
from services.assembly.migrations import migrate_all
from services.assembly.modules import load_jobs, load_tables
from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.pool import create_pool
from tenants.database.transaction import Pool, open_door
from tenants.files.uploads import Upload
from tenants.imports import operations, queries
from tenants.imports.rules import BatchView
from tenants.jobs import runner
from tenants.jobs.rules import State
from tenants.storage import Storage
from tests.benchmarks.bench_reading import as_workbook, rows_of
from tests.factories.workers import storage_of
from tests.factories.worlds import World, found_world

WANTED_SECONDS = 30.0
WANTED_MEGABYTES = 300
TOWN = "281000"


class Import:
    """One import of people by the administrator of one town, step by step."""

    def __init__(self, world: World, storage: Storage) -> None:
        self._world = world
        self._storage = storage
        self._context = world.context(TOWN, Role.TOWN_ADMIN)
        self._id = 0

    def _door(self, pool: Pool):
        return open_door(pool, Scope.TOWN, self._context.tenant_id)

    async def present(self) -> BatchView:
        """The import as it stands."""
        async with self._door(self._world.pool):
            return await queries.batch(self._context, self._id)

    async def receive(self, content: bytes) -> None:
        """Keeps the file and asks for its reading."""
        async with self._door(self._world.pool):
            kind = operations.kind_for(self._context, "people")
            upload = Upload("people.xlsx", content)
            self._id = await operations.receive(self._context, self._storage, kind, "", upload, datetime.now(JST))

    async def apply(self) -> None:
        """Presses the button."""
        one = await self.present()
        async with self._door(self._world.pool):
            await operations.start_applying(self._context, self._id, one.version)

    async def undo(self) -> None:
        """Takes it back."""
        one = await self.present()
        async with self._door(self._world.pool):
            await operations.start_undoing(self._context, self._id, "試験", one.version)

    async def work(self) -> None:
        """What the worker does."""
        one = await self.present()
        tools = runner.Tools(self._world.pool, lambda *_: None, self._storage, "兵庫県", sample_data=True)
        assert one.job_id is not None
        assert await runner.run(tools, self._context.tenant_id, one.job_id) is State.DONE


def content_of(rows: int) -> bytes:
    """People nobody is; every tenth has no address."""
    table = rows_of(rows)
    for row in table[10::10]:
        row[1] = "住所不明"
    return as_workbook(table)


async def timed(name: str, step: Callable[[], Awaitable[None]]) -> float:
    """Prints and answers how long a step took."""
    began, processor = time.perf_counter(), time.process_time()
    await step()
    seconds = time.perf_counter() - began
    sys.stdout.write(
        f"  {name:24} {seconds:6.2f} s (processor of the worker {time.process_time() - processor:5.2f} s)\n"
    )
    return seconds


async def measure(conninfo: str, storage: Storage, rows: int, rounds: int) -> float:
    """The longest way in of all rounds, in seconds."""
    pool = create_pool(conninfo, 4)
    await pool.open()
    longest = 0.0
    try:
        world = await found_world(pool)
        content = content_of(rows)
        for _ in range(rounds):
            one = Import(world, storage)
            total = await timed("receive", lambda one=one: one.receive(content))
            total += await timed("read and check", one.work)
            checked = (await one.present()).counts
            assert (checked.new, checked.wrong, checked.balanced) == (rows - rows // 10, rows // 10, True)
            total += await timed("ask to apply", one.apply)
            total += await timed("check again and apply", one.work)
            assert (await one.present()).state.value == "applied"
            sys.stdout.write(f"  all the way in           {total:6.2f} s\n")
            await timed("ask to take back", one.undo)
            await timed("take back", one.work)
            assert (await one.present()).state.value == "undone"
            longest = max(longest, total)
    finally:
        await pool.close()
    return longest


def main() -> int:
    """Prints the figures; 1 when a wanted one is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    load_tables()
    load_jobs()
    sys.stdout.write(f"Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}, {options.rows:,} rows\n")
    with tempfile.TemporaryDirectory(prefix="yui-bench-") as folder:
        postgres = start_postgres(Path(folder) / "postgres")
        bucket = start_storage(Path(folder) / "storage")
        try:
            migrate_all(postgres.addresses().owner, lambda _: None)
            application = postgres.addresses().application
            longest = asyncio.run(measure(application, storage_of(bucket), options.rows, options.rounds))
        finally:
            bucket.stop()
            postgres.stop()
    worker, child = (
        resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    sys.stdout.write(
        f"peak memory: worker {worker:.0f} MB, largest child {child:.0f} MB; load {os.getloadavg()[0]:.1f}\n"
    )
    return int(longest > WANTED_SECONDS or max(worker, child) > WANTED_MEGABYTES)


if __name__ == "__main__":
    raise SystemExit(main())
