"""Child processes that end with us: each in its own group, with a log file, stopped in order, none left."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_TETHER = Path(__file__).with_name("tether.py")
KILL_WAIT_SECONDS = 5  # after SIGKILL the kernel only has to reap; longer means a hung disk
READY_SECONDS = 30  # a server answers within one second; a busy machine gets the rest


class ServiceError(Exception):
    """A service could not be started; the message holds the end of its log."""


@dataclass(frozen=True, slots=True)
class Account:
    """A system account a child changes to; PostgreSQL refuses to run as root."""

    uid: int
    gid: int


class RunningProcess:
    """One child: its name for people, its log and the polite way to end it."""

    def __init__(
        self,
        name: str,
        process: "subprocess.Popen[bytes]",
        log_path: Path,
        stop_signal: signal.Signals,
        grace_seconds: float,
    ) -> None:
        self.name = name
        self.log_path = log_path
        self._process = process
        self._stop_signal = stop_signal
        self._grace_seconds = grace_seconds

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its process group."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal, or None while it runs."""
        return self._process.poll()

    @property
    def is_running(self) -> bool:
        """Whether the child is alive."""
        return self.exit_code is None

    def stop(self) -> None:
        """This will ask the child to end, wait its grace period, then end its whole group."""
        if self.is_running:
            with suppress(ProcessLookupError):
                self._process.send_signal(self._stop_signal)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(self._grace_seconds)
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(KILL_WAIT_SECONDS)

    def log_tail(self, lines: int = 15) -> str:
        """The last ``lines`` lines of the log, for the message when the child died."""
        if not self.log_path.exists():
            return ""
        return "\n".join(self.log_path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def launch(
    name: str,
    arguments: Sequence[str],
    *,
    log_path: Path,
    environment: Mapping[str, str],
    directory: Path,
    account: Account | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    grace_seconds: float = 20,  # a worker may be in the middle of one job; the longest quick job is shorter
) -> RunningProcess:
    """This will start a program in its own process group, appending its output to ``log_path``.

    On Linux the child receives ``stop_signal`` when the calling thread ends in any way, so that not even
    SIGKILL on the parent leaves an orphan; so call this from the main thread. Raises OSError when the program
    cannot be started.
    """
    owner = account or Account(-1, -1)
    tether = [sys.executable, "-I", "-S", str(_TETHER)]
    facts = [str(os.getpid()), str(int(stop_signal)), str(owner.uid), str(owner.gid)]
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with log_path.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  (a fixed program, no shell)
            [*tether, *facts, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=directory,
            start_new_session=True,
        )
    return RunningProcess(name, process, log_path, stop_signal, grace_seconds)


def when_answering(process: RunningProcess, port: int, question: bytes, expected: bytes) -> RunningProcess:
    """The process, once it answers ``question`` with ``expected``; otherwise it is stopped and ServiceError raised."""
    deadline = time.monotonic() + READY_SECONDS
    while process.is_running and time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2) as line:
            line.sendall(question)
            answer = b""
            while expected not in answer and (part := line.recv(256)):
                answer += part
            if expected in answer:
                return process
        time.sleep(0.05)
    process.stop()
    raise ServiceError(f"{process.name} did not start.\n{process.log_tail()}")
