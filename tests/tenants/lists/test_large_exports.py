"""A large export from asking to forgetting, with a real storage: done, fetched, expired, swept."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from services.assembly.embedded import start_storage
from services.assembly.expiry import sweep_exports
from tenants.calendar import JST
from tenants.context import Role
from tests.factories.browsers import new_browser, running_app, settings_for
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


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A real S3 endpoint on a folder."""
    running = start_storage(Path(tmp_path_factory.mktemp("storage")))
    try:
        yield running
    finally:
        running.stop()


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
                (export_id,) = behind.execute("SELECT id FROM export_file").fetchone() or (0,)
                got = await one.get(f"/exports/{export_id}")
                assert got.status_code == 200
                lines = got.content.decode("utf-8-sig").split("\r\n")
                assert len(lines) == 1 + ROWS + 1
                assert len(set(lines)) == len(lines)
                # What it cost to make is in the trail: who asked, and that it was written.
                actions = behind.execute("SELECT action FROM audit_event WHERE subject = 'list' ORDER BY id")
                assert [row[0] for row in actions.fetchall()] == ["ask_for_export", "export_list"]
                for stranger in ((PREFECTURE, Role.LIAISON), ("281000", Role.TOWN_ADMIN)):
                    async with new_browser(app, world.people[stranger][1]) as other:
                        assert (await other.get(f"/exports/{export_id}")).status_code == 404
                now = datetime.now(JST)
                await sweep_exports(world.pool, storage, now)
                assert len(files.list("exports")) == 1
                behind.execute("UPDATE export_file SET expires_at = %s", (now - timedelta(seconds=1),))
                over = await one.get(f"/exports/{export_id}")
                assert (over.status_code, "受け取り期限は過ぎました" in over.text) == (410, True)
                await sweep_exports(world.pool, storage, now)
                assert files.list("exports") == []
                assert behind.execute("SELECT count(*) FROM export_file").fetchone() == (0,)
                assert (await one.get(f"/exports/{export_id}")).status_code == 404
