"""The one-machine services: that they start, keep data, keep others out, and leave nothing behind."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from services.assembly.data_folder import DataFolderBusy, NotADataFolder
from services.assembly.embedded import EmbeddedServices, start_postgres

pytestmark = pytest.mark.xdist_group("embedded")


def is_alive(pid: int) -> bool:
    """A process that runs; one that has ended but was not yet reaped does not count."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pids: list[int], seconds: float = 20) -> list[int]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(is_alive(pid) for pid in pids):
        time.sleep(0.05)
    return [pid for pid in pids if is_alive(pid)]


class TestPostgres:
    def test_is_version_18_in_utf8_with_a_collation_of_its_own(self, embedded):
        with psycopg.connect(embedded.addresses.application_url) as connection:
            version = connection.execute("SHOW server_version_num").fetchone()
            locale = connection.execute(
                "SELECT pg_encoding_to_char(encoding), datlocprovider, datlocale FROM pg_database WHERE datname = 'yui'"
            ).fetchone()
        assert int(version[0]) >= 180000
        assert locale == ("UTF8", "b", "C.UTF-8")

    def test_gives_login_roles_no_more_than_they_need(self, embedded):
        with psycopg.connect(embedded.addresses.superuser_url) as connection:
            roles = connection.execute(
                "SELECT rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin, "
                "rolreplication, rolbypassrls FROM pg_roles "
                "WHERE rolname LIKE 'yui\\_%' AND rolcanlogin ORDER BY 1"
            ).fetchall()
        assert roles == [
            ("yui_app", False, False, False, False, True, False, False),
            ("yui_owner", False, True, True, False, True, False, False),
        ]

    def test_lets_the_public_do_nothing(self, embedded):
        with psycopg.connect(embedded.addresses.superuser_url) as connection:
            grants = connection.execute(
                "SELECT datname FROM pg_database, aclexplode(datacl) WHERE grantee = 0 AND datallowconn "
                "UNION ALL SELECT nspname FROM pg_namespace, aclexplode(nspacl) "
                "WHERE grantee = 0 AND nspname = 'public'"
            ).fetchall()
        assert grants == []

    def test_lets_the_application_create_no_table(self, embedded):
        with (
            psycopg.connect(embedded.addresses.application_url) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("CREATE TABLE public.stray (id int)")

    def test_lets_the_owner_make_roles_the_application_can_take(self, embedded):
        with psycopg.connect(embedded.addresses.owner_url, autocommit=True) as owner:
            owner.execute("CREATE ROLE yui_trial NOLOGIN")
            try:
                owner.execute("GRANT yui_trial TO yui_app WITH INHERIT FALSE, SET TRUE")
                owner.execute("CREATE SCHEMA trial CREATE TABLE rows (id int)")
                owner.execute("GRANT USAGE ON SCHEMA trial TO yui_trial")
                owner.execute("GRANT SELECT ON trial.rows TO yui_trial")
                with psycopg.connect(embedded.addresses.application_url) as application:
                    with pytest.raises(psycopg.errors.InsufficientPrivilege), application.transaction():
                        application.execute("SELECT * FROM trial.rows")
                    application.execute("SET LOCAL ROLE yui_trial")
                    assert application.execute("SELECT * FROM trial.rows").fetchall() == []
            finally:
                owner.execute("DROP SCHEMA IF EXISTS trial CASCADE")
                owner.execute("DROP ROLE yui_trial")

    def test_refuses_a_wrong_password(self, embedded):
        wrong = embedded.addresses.application_url.replace("yui_app:", "yui_app:x")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)

    def test_listens_on_loopback_only(self, embedded):
        with psycopg.connect(embedded.addresses.superuser_url) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
            assert connection.execute("SHOW unix_socket_directories").fetchone() == ("",)


class TestBroker:
    def test_keeps_jobs_in_an_append_only_file_and_asks_for_the_password(self, embedded):
        with redis.Redis.from_url(embedded.addresses.broker_url) as client:
            assert client.config_get("appendonly") == {"appendonly": "yes"}
            assert client.config_get("bind") == {"bind": "127.0.0.1"}
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        port = int(embedded.addresses.broker_url.rpartition(":")[2].partition("/")[0])
        with (
            redis.Redis(host="127.0.0.1", port=port, retry=Retry(NoBackoff(), 0)) as stranger,
            pytest.raises(redis.AuthenticationError),
        ):
            stranger.ping()


class TestBucketServer:
    def test_refuses_strangers_and_web_pages(self, embedded):
        endpoint, key = embedded.addresses.s3_endpoint, embedded.addresses.s3_access_key
        origin = {"Origin": "http://evil.example"}
        signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential={key}/x"}
        with httpx.Client(base_url=endpoint) as client:
            answers = [
                client.get("/"),
                client.get("/", headers={"Authorization": "AWS4-HMAC-SHA256 Credential=guess/x"}),
                client.options("/", headers=origin),
                client.get("/", headers=signed | origin),
            ]
            assert client.get("/", headers=signed).status_code == 200
        assert [answer.status_code for answer in answers] == [403] * 4
        assert not any("Access-Control-Allow-Origin" in answer.headers for answer in answers)


class TestDataFolder:
    def test_keeps_secrets_private(self, embedded):
        for name in ("secrets.json", "ports.json", "storage.key", "valkey/valkey.conf"):
            assert stat.S_IMODE((embedded.data_dir / name).stat().st_mode) == 0o600, name

    def test_admits_one_run_at_a_time(self, embedded):
        with pytest.raises(DataFolderBusy):
            EmbeddedServices(embedded.data_dir).start()

    def test_keeps_rows_passwords_and_ports_over_a_restart(self, tmp_path):
        first = EmbeddedServices(tmp_path, durable=False)
        before = first.start()
        with psycopg.connect(before.owner_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS answer")
        with redis.Redis.from_url(before.broker_url) as client:
            client.rpush("quick", "job")
        first.stop()
        with EmbeddedServices(tmp_path, durable=False) as after:
            assert after == before
            with psycopg.connect(after.owner_url) as connection:
                assert connection.execute("SELECT answer FROM kept").fetchone() == (7,)
            with redis.Redis.from_url(after.broker_url) as client:
                assert client.lrange("quick", 0, -1) == [b"job"]

    def test_is_emptied_only_on_request_and_only_when_it_is_ours(self, tmp_path):
        foreign = tmp_path / "foreign"
        foreign.mkdir()
        (foreign / "letter.txt").write_text("dear")
        with pytest.raises(NotADataFolder):
            EmbeddedServices(foreign).start(reset=True)
        assert (foreign / "letter.txt").read_text() == "dear"

        ours = tmp_path / "ours"
        (ours / "storage" / "yui").mkdir(parents=True)
        (ours / "storage" / "yui" / "old.pdf").write_text("old")
        (ours / "secrets.json").write_text("{}")
        services = EmbeddedServices(ours, durable=False)
        services.start(reset=True)
        services.stop()
        assert not (ours / "storage" / "yui" / "old.pdf").exists()


class TestStop:
    def test_ends_every_process_and_only_those(self, embedded, tmp_path):
        services = EmbeddedServices(tmp_path, durable=False)
        services.start()
        pids = [process.pid for process in services.processes]
        assert len(pids) == 3
        services.stop()
        assert wait_until_gone(pids, 0) == []
        assert all(process.is_running for process in embedded.services.processes)

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent was killed")
    def test_leaves_no_orphan_when_the_starter_is_killed(self, tmp_path):
        program = (
            "import json, sys, time; from pathlib import Path\n"
            "from services.assembly.embedded import EmbeddedServices\n"
            "services = EmbeddedServices(Path(sys.argv[1]), durable=False); services.start()\n"
            "print(json.dumps([p.pid for p in services.processes]), flush=True); time.sleep(60)\n"
        )
        with subprocess.Popen(  # noqa: S603  (our own interpreter)
            [sys.executable, "-c", program, str(tmp_path)],
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[3],
        ) as starter:
            pids = json.loads(starter.stdout.readline())
            os.kill(starter.pid, signal.SIGKILL)
        assert wait_until_gone(pids) == []


class TestStartPostgres:
    def test_starts_the_database_alone(self, tmp_path):
        with start_postgres(tmp_path, durable=False) as postgres:
            with psycopg.connect(postgres.addresses("postgres").superuser) as connection:
                assert connection.execute("SHOW fsync").fetchone() == ("off",)
            with psycopg.connect(postgres.addresses().application) as connection:
                assert connection.execute("SELECT current_user").fetchone() == ("yui_app",)
