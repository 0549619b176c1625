"""A large export from asking to forgetting, with a real storage: done, fetched, expired, swept."""

from datetime import datetime, timedelta
from typing import Any

import psycopg

from services.assembly.migrations import ALL, revert_all
from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.migrating import in_chain, migrate
from tenants.database.transaction import open_door
from tenants.files import queries
from tenants.files.rules import Room
from tenants.files.sweeps import sweep_expired_files
from tenants.jobs.rules import ATTEMPTS
from tests.factories.browsers import new_browser, running_app, settings_for
from tests.factories.databases import ClonedDatabase
from tests.factories.workers import storage_of, storage_settings, work_off
from tests.factories.worlds import World

PREFECTURE = "280003"
ROWS = 5_010
_FILL = """
INSERT INTO audit_event (tenant_id, acting_tenant_id, person_id, person_name, role, action, subject, subject_id,
                         subject_label, request_id, address)
SELECT 1, 1, 1, '試験の人', 'liaison', 'sign_in', 'person', n::text, '対象' || n, 'req' || n, ''
  FROM generate_series(1, %s) AS n
"""

_FULL = """
INSERT INTO stored_file (tenant_id, storage_key, file_name, content_type, size_bytes, sha256, kind)
VALUES (1, 'tenants/1/full', 'full', 'text/plain', %s, repeat('0', 64), 'paper')
"""
_BEFORE = """
INSERT INTO tenant (id, code, name, kana, kind, active_from) OVERRIDING SYSTEM VALUE
VALUES (1, '280003', '兵庫県', '', 'prefecture', '2020-04-01');
INSERT INTO person (email, name, password_hash, created_at) VALUES ('a@example.lg.jp', '試験の人', 'x', now());
INSERT INTO audit_event (tenant_id, acting_tenant_id, person_id, person_name, role, action, subject, subject_id,
                         subject_label, after, request_id, address, occurred_at)
SELECT 1, 1, 1, '試験の人', 'liaison', 'export_list', 'list', 'audit', '操作記録',
       jsonb_build_object('rows', 6000, 'sha256', repeat(sign, 64)), 'r', '', at::timestamptz
  FROM (VALUES ('a', '2026-11-20 23:00+09'), ('b', '2026-11-21 00:00+09'), ('c', '2026-11-21 08:00+09')) x (sign, at);
INSERT INTO export_file (tenant_id, person_id, list_name, file_name, content_type, storage_key, size_bytes, row_count,
                         expires_at)
VALUES (1, 1, 'audit', 'audit.csv', 'text/csv', 'tenants/1/exports/1/audit.csv', 10, 6000, '2026-11-28 00:00+09');
INSERT INTO job (tenant_id, name, title, queue, arguments, state, person_id, person_name, role, request_id, result_url)
VALUES (1, 'a.b.c', 't', 'slow', '{}', 'done', 1, 'p', 'liaison', 'r', '/exports/1');
"""


class TestLargeExport:
    async def test_is_made_by_a_job_fetched_by_its_person_only_and_forgotten_after_its_week(
        self, world: World, database: Any, bucket: Any
    ):
        storage = storage_of(bucket)
        files = storage.for_tenant(1)
        with psycopg.connect(database.superuser, autocommit=True) as behind:
            behind.execute(_FILL, (ROWS,))
            async with (
                running_app(settings_for(database, **storage_settings(bucket))) as app,
                new_browser(app, world.people[PREFECTURE, Role.PREFECTURE_ADMIN][1]) as one,
            ):
                fields = {"list": "audit", "query": "role=liaison&q=試験", "export": "csv"}
                job = (await one.post("/exports", fields)).headers["location"]
                await work_off(world, storage)
                assert f"{ROWS:,}行を書き出しました" in (await one.get(job)).text
                found = behind.execute("SELECT id, kind, person_name FROM stored_file WHERE tenant_id = 1").fetchall()
                ((file_id, kind, _),) = found
                assert kind == "export"
                assert f'href="/files/{file_id}"' in (await one.get(job)).text
                got = await one.get(f"/files/{file_id}")
                assert got.status_code == 200
                lines = got.content.decode("utf-8-sig").split("\r\n")
                assert len(lines) == 1 + ROWS + 1
                assert len(set(lines)) == len(lines)
                # What it cost to make is in the trail: who asked, and that it was written.
                actions = behind.execute("SELECT action FROM audit_event WHERE subject = 'list' ORDER BY id")
                assert [row[0] for row in actions.fetchall()] == ["ask_for_export", "export_list"]
                for stranger in ((PREFECTURE, Role.LIAISON), ("281000", Role.TOWN_ADMIN)):
                    async with new_browser(app, world.people[stranger][1]) as other:
                        assert (await other.get(f"/files/{file_id}")).status_code == 404
                now = datetime.now(JST)
                await sweep_expired_files(world.pool, storage, now)
                assert len(files.list("exports")) == 1
                assert (await _room(world)).used_bytes == len(got.content)
                behind.execute("UPDATE stored_file SET expires_at = %s", (now - timedelta(seconds=1),))
                over = await one.get(f"/files/{file_id}")
                assert (over.status_code, "受け取れる期限が過ぎました" in over.text) == (410, True)
                await sweep_expired_files(world.pool, storage, now)
                assert files.list("exports") == []
                assert (await _room(world)).used_bytes == 0
                assert (await one.get(f"/files/{file_id}")).status_code == 410

    async def test_that_does_not_fit_into_the_room_is_not_made(self, world: World, database: Any, bucket: Any):
        storage = storage_of(bucket)
        with psycopg.connect(database.superuser, autocommit=True) as behind:
            behind.execute(_FILL, (ROWS,))
            behind.execute(
                "INSERT INTO tenant_quota (tenant_id, resource, quota_bytes, version) VALUES (1, 'files', 1048576, 1)"
            )
            behind.execute(_FULL, (2**20,))
            async with (
                running_app(settings_for(database, **storage_settings(bucket))) as app,
                new_browser(app, world.people[PREFECTURE, Role.PREFECTURE_ADMIN][1]) as one,
            ):
                job = (await one.post("/exports", {"list": "audit", "query": "", "export": "csv"})).headers["location"]
                behind.execute("UPDATE job SET attempts = %s", (ATTEMPTS - 1,))
                await work_off(world, storage)
                assert "ファイルの容量の上限を超えるため、保存できません" in (await one.get(job)).text
            assert storage.for_tenant(1).list("exports") == []
            assert behind.execute("SELECT count(*) FROM audit_event WHERE action = 'export_list'").fetchone() == (0,)


class TestExportsOfBefore:
    def test_are_files_after_the_move_with_what_the_trail_said(self, empty_database: ClonedDatabase):
        chain = in_chain(ALL)
        revert_all(empty_database.owner, lambda _: None)
        at = [one.name for one in chain].index("0020_exports_are_files")
        migrate(empty_database.owner, chain[:at], lambda _: None)
        with psycopg.connect(empty_database.superuser, autocommit=True) as behind:
            behind.execute(_BEFORE)
            migrate(empty_database.owner, chain, lambda _: None)
            moved = behind.execute(
                "SELECT f.storage_key, f.sha256, f.kind, f.person_name, f.role, "
                "f.expires_at = '2026-11-28 00:00+09', j.result_url = '/files/' || f.id "
                "FROM stored_file f, job j WHERE f.tenant_id = j.tenant_id"
            ).fetchall()
        key = "tenants/1/exports/1/audit.csv"
        assert moved == [(key, "b" * 64, "export", "試験の人", "liaison", True, True)]


async def _room(world: World) -> Room:
    async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
        return await queries.room(1)
