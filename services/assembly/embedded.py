"""The one-machine default: PostgreSQL, Valkey and S3 in one data folder, on loopback, with own passwords."""

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from services.assembly.data_folder import DataFolderLock, clear_folder, free_port, read_ports, read_secrets
from services.assembly.local_broker import run_valkey
from services.assembly.local_postgres import PostgresPasswords, RunningPostgres, run_postgres
from services.assembly.local_storage import BUCKET, REGION, RunningStorage, run_storage
from services.assembly.processes import RunningProcess


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

    def start(self, *, reset: bool = False) -> Addresses:
        """This will start all three, creating what is missing; data of an earlier run is kept unless ``reset``.

        Raises DataFolderBusy, NotADataFolder, or ServiceError after stopping what had started.
        """
        self._lock = DataFolderLock(self._data_dir)
        try:
            if reset:
                clear_folder(self._data_dir)
            return self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> Addresses:
        folder = self._data_dir
        words, ports = read_secrets(folder), read_ports(folder)
        logs = folder / "logs"
        self._postgres = _postgres(folder, words, ports["postgres"], durable=self._durable)
        self._others.append(run_valkey(folder / "valkey", logs / "valkey.log", ports["valkey"], words["broker"]))
        storage = _storage(folder, words, ports["storage"])
        self._others.append(storage.process)
        databases = self._postgres.addresses()
        return Addresses(
            superuser_url=databases.superuser,
            owner_url=databases.owner,
            application_url=databases.application,
            broker_url=f"redis://:{words['broker']}@127.0.0.1:{ports['valkey']}/0",
            s3_endpoint=storage.endpoint,
            s3_region=REGION,
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


def start_postgres(data_dir: Path, *, durable: bool = True) -> RunningPostgres:
    """This will start PostgreSQL alone, for tests; ``durable=False`` is faster and loses data in a power cut.

    The caller stops it; ``addresses(database)`` gives the connection strings of each database.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return _postgres(data_dir.absolute(), read_secrets(data_dir), free_port(), durable=durable)


def start_storage(data_dir: Path) -> RunningStorage:
    """This will start the S3 endpoint alone, with its bucket, for tests; the caller stops it."""
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return _storage(data_dir.absolute(), read_secrets(data_dir), free_port())


def _storage(folder: Path, words: dict[str, str], port: int) -> RunningStorage:
    return run_storage(
        folder / "storage", folder / "logs" / "storage.log", port, words["s3_access"], words["s3_secret"]
    )


def _postgres(folder: Path, words: dict[str, str], port: int, *, durable: bool) -> RunningPostgres:
    passwords = PostgresPasswords(
        superuser=words["postgres_superuser"],
        owner=words["postgres_owner"],
        application=words["postgres_application"],
    )
    return run_postgres(folder / "postgres", folder / "logs" / "postgres.log", port, passwords, durable=durable)
