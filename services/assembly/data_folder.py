"""The data folder of the one-machine default: one user at a time, its generated passwords, its remembered ports."""

import fcntl
import json
import os
import secrets
import shutil
import socket
from pathlib import Path

_SECRETS = "secrets.json"
_LOCK = ".lock"


class DataFolderBusy(Exception):  # noqa: N818  (an outcome, like tenants.errors)
    """Another process holds the lock of this data folder."""


class NotADataFolder(Exception):  # noqa: N818  (an outcome, like tenants.errors)
    """The folder holds something else; nothing in it was touched."""


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


def read_secrets(folder: Path) -> dict[str, str]:
    """Generated once for a data folder and kept in secrets.json, readable by its owner alone."""
    path = folder / _SECRETS
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


def read_ports(folder: Path) -> dict[str, int]:
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


def free_port() -> int:
    """A loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


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


def check_folder(folder: Path) -> None:
    """Raises NotADataFolder when ``folder`` holds something, but not what an earlier run left."""
    if folder.is_dir() and not (folder / _SECRETS).exists() and any(e.name != _LOCK for e in folder.iterdir()):
        raise NotADataFolder(str(folder))


def clear_folder(folder: Path) -> None:
    """This will delete all that earlier runs left, except the lock the caller holds. Raises NotADataFolder."""
    check_folder(folder)
    # the secrets go last: until then an interrupted deletion can be recognised and finished
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name == _SECRETS):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry.name != _LOCK:
            entry.unlink()
