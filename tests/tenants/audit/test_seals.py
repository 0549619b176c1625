"""Seals on the real database and a real storage: sealed at night, forged behind the walls, found, told."""

import hashlib
import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import psycopg
import pytest

from services.assembly.trail_check import verify_trails
from tenants.audit.seals import queries, sweeps
from tenants.audit.seals.rules import Verdict, copy_parts
from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tests.factories.browsers import new_browser, running_app, settings_for
from tests.factories.workers import storage_of, storage_settings
from tests.factories.worlds import World

TOWN, PREFECTURE = "281000", "280003"
NIGHT = datetime.now(JST).replace(hour=4, minute=0, second=0, microsecond=0)
DAYS = (NIGHT.date() - timedelta(days=40), NIGHT.date() + timedelta(days=1))


@pytest.fixture
def storage(bucket: Any) -> Any:
    """The product's own client of it, empty."""
    here = storage_of(bucket)
    for tenant_id in range(1, 10):
        for entry in here.for_tenant(tenant_id).list("trail-seals"):
            here.for_tenant(tenant_id).delete(entry.key)
    return here


@pytest.fixture
def behind(database: Any) -> Iterator[psycopg.Connection]:
    """A connection no wall and no trigger stands before: what an operator of the database could do."""
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


def _events(behind: psycopg.Connection, tenant_id: int, days_ago: int, count: int = 3) -> None:
    behind.execute(
        "INSERT INTO audit_event (tenant_id, acting_tenant_id, person_id, person_name, role, action, subject, "
        "subject_id, subject_label, after, request_id, address, occurred_at) SELECT %s, 1, 1, '職員' || n, "
        """'town_staff', 'sign_in', 'person', n::text, '対象', '{"b": 1, "a": "あ"}', 'r', '', %s """
        "FROM generate_series(1, %s) n",
        (tenant_id, NIGHT - timedelta(days=days_ago), count),
    )


async def _found(world: World, storage: Any, tenant_id: int) -> dict[date, Verdict]:
    async with open_door(world.pool, Scope.TOWN, tenant_id, read_only=True):
        return {one.day: one.verdict for one in await queries.check_days(tenant_id, storage, DAYS)}


class TestSealing:
    async def test_seals_each_day_that_is_over_once_and_leads_on(self, world: World, storage: Any, behind: Any):
        town = world.tenants[TOWN]
        for days_ago in (5, 3, 0):
            _events(behind, town, days_ago)
        await sweeps.seal_trails(world.pool, storage, NIGHT)
        assert await sweeps.seal_trails(world.pool, storage, NIGHT) == 0
        rows = behind.execute(
            "SELECT day, event_count, previous_sha256, sha256 FROM audit_seal WHERE tenant_id = %s ORDER BY day",
            (town,),
        ).fetchall()
        assert [(row[0], row[1]) for row in rows] == [(NIGHT.date() - timedelta(days=n), 3) for n in (5, 3)]
        assert (rows[0][2], rows[1][2]) == ("", rows[0][3])
        found = await _found(world, storage, town)
        assert list(found.values()) == [Verdict.INTACT, Verdict.INTACT, Verdict.WAITING]
        assert len(storage.for_tenant(town).list("trail-seals")) == 2

    async def test_computes_what_its_docstring_says(self, world: World, behind: Any):
        town = world.tenants[TOWN]
        _events(behind, town, 2, 1)
        row = behind.execute(
            "SELECT id, occurred_at FROM audit_event WHERE tenant_id = %s AND person_name = '職員1'", (town,)
        ).fetchone()
        moment = int(row[1].timestamp()) * 1_000_000
        event = [row[0], moment, 1, 1, "職員1", "town_staff", "sign_in", "person", "1", "対象", None]
        event += [{"a": "あ", "b": 1}, "r", "", "", None]
        text = json.dumps(event, ensure_ascii=False)
        expected = hashlib.sha256(hashlib.sha256(text.encode()).digest()).hexdigest()
        async with open_door(world.pool, Scope.TOWN, town, read_only=True):
            digests = await queries.digests(town, *DAYS)
        assert (digests[0].event_count, digests[0].events_sha256) == (1, expected)

    async def test_of_one_town_is_not_anothers(self, world: World, storage: Any, behind: Any):
        _events(behind, world.tenants[TOWN], 2)
        await sweeps.seal_trails(world.pool, storage, NIGHT)
        async with open_door(world.pool, Scope.TOWN, world.tenants["283011"], read_only=True):
            assert await queries.seals(world.tenants[TOWN]) == []

    async def test_is_rewritten_by_nobody(self, world: World, storage: Any, behind: Any, database: Any):
        _events(behind, world.tenants[TOWN], 2)
        await sweeps.seal_trails(world.pool, storage, NIGHT)
        with psycopg.connect(database.superuser, autocommit=True) as owner:
            for change in ("UPDATE audit_seal SET event_count = 9", "DELETE FROM audit_seal", "TRUNCATE audit_seal"):
                with pytest.raises(psycopg.IntegrityError):
                    owner.execute(change)


_FORGERIES = {
    "an event was rewritten": ("UPDATE audit_event SET person_name = '別人' WHERE id = {event}", Verdict.CHANGED),
    "an event was removed": ("DELETE FROM audit_event WHERE id = {event}", Verdict.CHANGED),
    "a field of an event was emptied": ("UPDATE audit_event SET after = NULL WHERE id = {event}", Verdict.CHANGED),
    "an event was moved": (
        "UPDATE audit_event SET occurred_at = occurred_at + '1s' WHERE id = {event}",
        Verdict.CHANGED,
    ),
    "an event was slipped in": (
        "INSERT INTO audit_event OVERRIDING SYSTEM VALUE "
        "SELECT (e).* FROM (SELECT e FROM audit_event e WHERE id = {event}) x",
        Verdict.CHANGED,
    ),
    "the seal was rewritten": ("UPDATE audit_seal SET event_count = 99 WHERE day = '{day}'", Verdict.CHAIN_BROKEN),
    "the seal was removed": ("DELETE FROM audit_seal WHERE day = '{day}'", Verdict.SEAL_LOST),
}


class TestForging:
    @pytest.mark.parametrize("name", sorted(_FORGERIES))
    async def test_is_found(self, world: World, storage: Any, behind: Any, name: str):
        statement, expected = _FORGERIES[name]
        town, day = world.tenants[TOWN], NIGHT.date() - timedelta(days=2)
        for days_ago in (3, 2, 1):
            _events(behind, town, days_ago)
        await sweeps.seal_trails(world.pool, storage, NIGHT)
        (event,) = behind.execute(
            "SELECT min(id) FROM audit_event WHERE tenant_id = %s AND occurred_at = %s",
            (town, NIGHT - timedelta(days=2)),
        ).fetchone()
        if name.endswith("slipped in"):
            behind.execute("ALTER TABLE audit_event DROP CONSTRAINT audit_event_pkey CASCADE")
        behind.execute(statement.format(event=event, day=day))
        found = await _found(world, storage, town)
        assert found[day] is expected
        assert found[day - timedelta(days=1)] is Verdict.INTACT

    async def test_is_found_when_the_copy_is_touched_and_left_open_when_it_cannot_be_read(
        self, world: World, storage: Any, behind: Any
    ):
        town, day = world.tenants[TOWN], NIGHT.date() - timedelta(days=2)
        _events(behind, town, 2)
        await sweeps.seal_trails(world.pool, storage, NIGHT)
        files = storage.for_tenant(town)
        files.put(copy_parts(day), b"{}", "application/json")
        assert (await _found(world, storage, town))[day] is Verdict.COPY_DIFFERS
        files.delete(files.list("trail-seals")[0].key)
        assert (await _found(world, storage, town))[day] is Verdict.COPY_MISSING

    async def test_is_told_to_both_administrators_once(self, world: World, storage: Any, behind: Any):
        town = world.tenants[TOWN]
        _events(behind, town, 2)
        await sweeps.seal_trails(world.pool, storage, NIGHT)
        behind.execute("UPDATE audit_event SET action = 'sign_out' WHERE tenant_id = %s AND subject_id = '1'", (town,))
        for _ in range(2):
            await sweeps.seal_trails(world.pool, storage, NIGHT)
        told = behind.execute("SELECT tenant_id, person_id, subject FROM notice ORDER BY tenant_id").fetchall()
        admins = [world.people[code, role][0] for code, role in
                  ((PREFECTURE, Role.PREFECTURE_ADMIN), (TOWN, Role.TOWN_ADMIN))]  # fmt: skip
        assert [(row[0], row[1]) for row in told] == [(1, admins[0]), (town, admins[1])]
        assert all("封印と一致しません" in row[2] for row in told)
        assert "sign_out" not in str(told)


class TestPage:
    async def test_leads_back_to_the_first_month_of_the_trail_and_no_further(
        self, world: World, storage: Any, behind: Any, database: Any, bucket: Any
    ):
        town, last = world.tenants[TOWN], NIGHT.replace(day=1) - timedelta(days=1)
        behind.execute("DELETE FROM audit_event WHERE tenant_id = %s", (town,))
        _events(behind, town, (NIGHT - last).days)
        async with (
            running_app(settings_for(database, **storage_settings(bucket))) as app,
            new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one,
        ):
            assert f'href="/audit/seals?month={last:%Y-%m}" rel="prev"' in (await one.get("/audit/seals")).text
            assert 'rel="prev"' not in (await one.get(f"/audit/seals?month={last:%Y-%m}")).text
            await sweeps.seal_trails(world.pool, storage, NIGHT)
            behind.execute("DELETE FROM audit_event WHERE tenant_id = %s", (town,))  # the seal still leads there
            assert f'href="/audit/seals?month={last:%Y-%m}" rel="prev"' in (await one.get("/audit/seals")).text

    async def test_shows_the_month_the_trouble_and_the_newest_seal(
        self, world: World, storage: Any, behind: Any, database: Any, bucket: Any
    ):
        town = world.tenants[TOWN]
        _events(behind, town, 1)
        await sweeps.seal_trails(world.pool, storage, NIGHT)
        month = f"/audit/seals?month={NIGHT - timedelta(days=1):%Y-%m}"
        async with (
            running_app(settings_for(database, **storage_settings(bucket))) as app,
            new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one,
        ):
            page = await one.get(month)
            assert "封印のとおり" in page.text
            assert "封印と違う日はありません" in page.text
            (sha256,) = behind.execute("SELECT sha256 FROM audit_seal WHERE tenant_id = %s", (town,)).fetchone()
            assert sha256 in page.text
            behind.execute("DELETE FROM audit_event WHERE tenant_id = %s AND subject_id = '2'", (town,))
            assert "封印と一致しない日が1日あります" in (await one.get(month)).text
            for strange in ("x", "%00", "9999-99", "2026-02&month=1", "%F0%9F%92%A9"):
                assert (await one.get(f"/audit/seals?month={strange}")).status_code == 200
        async with running_app(settings_for(database)) as app:  # no storage answers there
            async with new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one:
                assert "封印の後に変わっています" in (await one.get(month)).text
            async with new_browser(app, world.people[TOWN, Role.TOWN_STAFF][1]) as staff:
                assert (await staff.get("/audit/seals")).status_code == 403


class TestCommand:
    async def test_says_for_every_organisation_what_differs(
        self, world: World, storage: Any, behind: Any, database: Any, bucket: Any
    ):
        town = world.tenants[TOWN]
        for days_ago in (70, 2):
            _events(behind, town, days_ago)
        await sweeps.seal_trails(world.pool, storage, NIGHT)
        settings, lines = settings_for(database, **storage_settings(bucket)), []
        assert _run(settings, lines.append) == 0
        behind.execute("UPDATE audit_event SET role = 'x' WHERE occurred_at = %s", (NIGHT - timedelta(days=70),))
        lines.clear()
        assert _run(settings, lines.append) == 1
        assert any("封印の後に変わっています" in line for line in lines)


def _run(settings: Any, say: Any) -> int:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:  # the command runs a loop of its own
        return thread.submit(verify_trails, settings, say).result()
