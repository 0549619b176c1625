"""The nightly sweep takes away what is past its time and nothing else."""

import importlib
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from services.assembly.expiry import sweep_expired
from tenants.calendar import JST
from tenants.context import Scope
from tenants.database.transaction import open_door
from tenants.jobs import rules
from tenants.storage import connect_storage
from tests.factories.browsers import new_browser
from tests.factories.worlds import World

NOW = datetime.now(JST)
NO_STORAGE = connect_storage("http://127.0.0.1:1", "none", "none", "none", "none")
"""Nothing stored has expired here, so nothing is asked of it."""
YOUNG, OLD = NOW - timedelta(days=399), NOW - timedelta(days=401)


def _count(behind: psycopg.Connection, table: str) -> int:
    row = behind.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(row[0]) if row else -1


def _job(behind: psycopg.Connection, state: str) -> int:
    row = behind.execute(
        "INSERT INTO job (tenant_id, name, title, queue, arguments, state, person_id, person_name, role, request_id) "
        "VALUES (2, 'a.b.c', 't', 'quick', '{}', %s, 1, 'p', 'town_staff', 'r') RETURNING id",
        (state,),
    ).fetchone()
    assert row is not None
    return int(row[0])


class TestSweepExpired:
    async def test_deletes_ended_sessions_and_keeps_live_ones(self, world: World, app: Any, behind: psycopg.Connection):
        emails = [email for _, email in list(world.people.values())[:2]]
        async with new_browser(app, emails[0]) as ended, new_browser(app, emails[1]) as live:
            first = behind.execute("SELECT min(id) FROM session").fetchone()
            behind.execute("UPDATE session SET expires_at = %s WHERE id = %s", (NOW - timedelta(seconds=1), first[0]))
            await sweep_expired(world.pool, NO_STORAGE, NOW)
            assert _count(behind, "session") == 1
            assert (await live.get("/")).status_code == 200
            assert (await ended.get("/")).status_code == 303

    async def test_keeps_answers_and_done_keys_for_400_days(self, world: World, behind: psycopg.Connection):
        assert timedelta(days=400) == rules.KEPT_FOR
        job_id = _job(behind, "done")
        for number, moment in enumerate((OLD, YOUNG)):
            behind.execute(
                "INSERT INTO answered_request (tenant_id, person_id, key, request_sha256, answered_at) "
                "VALUES (2, 1, %s, 'x', %s)",
                (f"key-{number:05}", moment),
            )
            behind.execute(
                "INSERT INTO done_key (tenant_id, key, job_id, done_at) VALUES (2, %s, %s, %s)",
                (f"key-{number}", job_id, moment),
            )
        await sweep_expired(world.pool, NO_STORAGE, NOW)
        assert behind.execute("SELECT key FROM answered_request").fetchall() == [("key-00001",)]
        assert behind.execute("SELECT key FROM done_key").fetchall() == [("key-1",)]

    async def test_goes_on_until_nothing_old_is_left(
        self, world: World, behind: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
    ):
        for module in ("services.assembly.expiry", "tenants.jobs.operations"):
            monkeypatch.setattr(importlib.import_module(module), "EXPIRY_BATCH", 3)
        for number in range(10):
            behind.execute(
                "INSERT INTO answered_request (tenant_id, person_id, key, request_sha256, answered_at) "
                "VALUES (2, 1, %s, 'x', %s)",
                (f"key-{number:05}", OLD),
            )
        await sweep_expired(world.pool, NO_STORAGE, NOW)
        assert _count(behind, "answered_request") == 0

    async def test_takes_messages_of_finished_jobs_and_no_others(self, world: World, behind: psycopg.Connection):
        jobs = {state: _job(behind, state) for state in ("done", "parked", "queued", "running", "failed")}
        for job_id in jobs.values():
            behind.execute("INSERT INTO outbox (tenant_id, job_id, queue) VALUES (2, %s, 'quick')", (job_id,))
        await sweep_expired(world.pool, NO_STORAGE, NOW)
        left = {row[0] for row in behind.execute("SELECT job_id FROM outbox").fetchall()}
        assert left == {jobs["queued"], jobs["running"], jobs["failed"]}

    async def test_takes_jobs_of_last_year_with_their_parts_and_keeps_what_a_record_names(
        self, world: World, behind: psycopg.Connection
    ):
        assert timedelta(days=400) == rules.JOBS_KEPT_FOR
        jobs = {what: _job(behind, "done") for what in ("old", "part", "keyed", "young")} | {
            "waits": _job(behind, "queued")
        }
        behind.execute("UPDATE job SET finished_at = %s WHERE state = 'done'", (OLD,))
        behind.execute("UPDATE job SET finished_at = %s WHERE id = %s", (YOUNG, jobs["young"]))
        behind.execute("UPDATE job SET parent_id = %s WHERE id = %s", (jobs["old"], jobs["part"]))
        behind.execute(
            "INSERT INTO done_key (tenant_id, key, job_id, done_at) VALUES (2, 'k', %s, %s)", (jobs["keyed"], YOUNG)
        )
        await sweep_expired(world.pool, NO_STORAGE, NOW)
        left = {row[0] for row in behind.execute("SELECT id FROM job").fetchall()}
        assert left == {jobs["keyed"], jobs["young"], jobs["waits"]}

    @pytest.mark.parametrize("table", ["answered_request", "done_key", "session"])
    async def test_is_the_only_one_who_may(self, world: World, table: str):
        for scope, tenant in ((Scope.TOWN, 2), (Scope.PREFECTURE, 1)):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                async with open_door(world.pool, scope, tenant) as door:
                    await door.execute(f"DELETE FROM {table}")
