"""How long a spring's transfers take: 41 organisations of 500 people, each its own batch, checked and applied.

    python -m tests.benchmarks.bench_transfers [--people 500] [--organisations 41]

A tenth leave and name a successor, a sixth change their role, a twentieth rest, and a twentieth are new. Every batch
is checked, applied in one transaction and checked again, which must then find nothing to do. Wanted: under a minute.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from datetime import date, datetime
from pathlib import Path

import psycopg

from services.assembly.embedded import start_postgres
from services.assembly.migrations import migrate_all
from services.assembly.modules import load_tables
from tenants.calendar import JST
from tenants.context import Role, Scope, TenantContext
from tenants.database.pool import create_pool
from tenants.database.transaction import Pool, open_door
from tenants.transfers import applying, operations, queries
from tenants.transfers.exports import template_rows
from tenants.transfers.forms import EMAIL, MOVEMENT, NAME, RETURN, ROLES, SUCCESSOR
from tenants.transfers.operations import Row

WANTED_SECONDS = 60.0
NOW = datetime(2027, 2, 10, 10, 0, tzinfo=JST)
APRIL = date(2027, 4, 1)


def plant(owner: str, organisations: int, people: int) -> list[int]:
    """The organisations and their people; one in ten is an administrator."""
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO tenant (id, code, name, kana, kind, region, active_from) "
            "VALUES (1, '280003', '県', '', 'prefecture', '', '2020-04-01')"
        )
        tenants = [
            row[0]
            for row in connection.execute(
                "INSERT INTO tenant (code, name, kana, kind, region, active_from) SELECT 'bench-' || n, '町' || n, '', "
                "'town', '', '2020-04-01' FROM generate_series(1, %s) n RETURNING id",
                (organisations,),
            ).fetchall()
        ]
        for tenant in tenants:
            connection.execute(
                "WITH p AS (INSERT INTO person (email, name, password_hash, created_at) "
                "SELECT 'p' || n || '@t' || %(t)s || '.example.jp', '職員' || n, '', now() "
                "FROM generate_series(1, %(n)s) n RETURNING id) "
                "INSERT INTO membership (tenant_id, person_id, role, valid_from) SELECT %(t)s, id, "
                "CASE WHEN id %% 10 = 0 THEN 'town_admin' ELSE 'town_staff' END, '2024-04-01' FROM p",
                {"t": tenant, "n": people},
            )
        connection.execute("ANALYZE")
    return tenants


def spring(rows: list[dict[str, str]]) -> list[Row]:
    """The file as an office would send it back."""
    stays = rows[-1][EMAIL]
    changed = []
    for number, row in enumerate(rows, start=2):
        one = dict(row)
        if row[ROLES[0]] == Role.TOWN_STAFF.label and row[EMAIL] != stays:
            if number % 10 == 0:
                one |= {MOVEMENT: "転出・退職", SUCCESSOR: stays}
            elif number % 6 == 1:
                one[ROLES[0]] = Role.TOWN_FINANCE.label
            elif number % 20 == 3:
                one |= {MOVEMENT: "休職・出向", RETURN: "令和10年4月1日"}
        changed.append((number, one))
    for number in range(len(rows) // 20):
        new = {EMAIL: f"new{number}@{stays.split('@')[1]}", NAME: "新任", ROLES[0]: Role.TOWN_STAFF.label}
        changed.append((len(rows) + 2 + number, new))
    return changed


async def move(pool: Pool, tenant: int) -> tuple[int, int]:
    """Checks, applies and checks again; answers the lines and how many of them did something."""
    context = TenantContext(tenant, "", "町", Role.TOWN_ADMIN, 1, "人事", f"bench-{tenant}")
    async with open_door(pool, Scope.TOWN, tenant):
        rows = spring(template_rows(await queries.present_people(tenant), APRIL))
        transfer_id = await operations.check_transfer(context, "春の異動", APRIL, rows, NOW)
    async with open_door(pool, Scope.TOWN, tenant):
        one = await queries.transfer(tenant, transfer_id)
        assert one.can_apply, (one.fault, one.wrong_count)
        await applying.carry_out(context, one, NOW)
    async with open_door(pool, Scope.TOWN, tenant):
        again = await operations.check_transfer(context, "もう一度", APRIL, rows, NOW)
        assert (await queries.transfer(tenant, again)).doing_count == 0
    return one.line_count, one.doing_count


async def measure(application: str, tenants: list[int]) -> tuple[float, int, int]:
    """Seconds for all organisations one after another, with the lines and changes there were."""
    pool = create_pool(application, 2)
    await pool.open()
    try:
        begun, lines, doing = time.perf_counter(), 0, 0
        for tenant in tenants:
            some, done = await move(pool, tenant)
            lines, doing = lines + some, doing + done
        return time.perf_counter() - begun, lines, doing
    finally:
        await pool.close()


def main() -> None:
    """Prints the figure of this machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--organisations", type=int, default=41)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yui-bench-") as folder:
        running = start_postgres(Path(folder), durable=True)
        try:
            addresses = running.addresses()
            migrate_all(addresses.owner, lambda _: None)
            load_tables()
            tenants = plant(addresses.superuser, wanted.organisations, wanted.people)
            seconds, lines, doing = asyncio.run(measure(addresses.application, tenants))
        finally:
            running.stop()
    said = f"{wanted.organisations} organisations, {lines} lines, {doing} changed: {seconds:.1f} s"
    sys.stdout.write(f"{said} ({seconds / wanted.organisations * 1000:.0f} ms each)\n")
    assert seconds < WANTED_SECONDS, f"wanted under {WANTED_SECONDS:.0f} s"


if __name__ == "__main__":
    main()
