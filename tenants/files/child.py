"""A process that reads what strangers sent: bounded in memory, time and files, without secrets and without network.

A request is a line of JSON (with ``length`` in bytes) and the content; so is an answer. The time limit is an alarm
without a handler: the kernel ends the process even while it is deep in a library. The parent side is ``Child``, the
side inside is ``serve``.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from threading import Timer
from types import TracebackType
from typing import IO, Any

from tenants.imports.parsing import walls

_GRACE_SECONDS = 2
"""How much longer than its own alarm the parent waits before it ends the child itself."""
_START_SECONDS = 5
"""Starting Python and a library takes 0.2 s; this is room for a crowded machine."""
_FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.remove", "os.rename")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class ChildFailed(Exception):  # noqa: N818  (the house's word: what happened)
    """The process gave no answer; ``too_long`` says whether it ran out of time."""

    def __init__(self, *, too_long: bool) -> None:
        super().__init__("it took too long" if too_long else "it ended without an answer")
        self.too_long = too_long


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What one child may use: bytes of address space, seconds of each answer, bytes of an answer."""

    memory_bytes: int
    seconds: float
    answer_bytes: int


Answer = Callable[[Mapping[str, Any], bytes], tuple[dict[str, Any], bytes]]


class Child:
    """One process running ``module``; use it with ``with``, ask it once or many times, never from two threads.

    One that took too long or died is gone; the next question raises as well.
    """

    def __init__(self, module: str, limits: ChildLimits) -> None:
        self._limits = limits
        self._process = subprocess.Popen(  # noqa: S603  (our own module in our own interpreter)
            [sys.executable, "-B", "-m", module, json.dumps(asdict(limits))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PYTHONPATH": os.pathsep.join(one for one in sys.path if one)},  # nothing of ours: no secret at all
        )

    def __enter__(self) -> "Child":
        """The running child."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.communicate()

    def ask(self, request: Mapping[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
        """What the child answers to ``content``. Raises ChildFailed."""
        watch = Timer(self._limits.seconds + _START_SECONDS + _GRACE_SECONDS, self._process.kill)
        watch.start()
        try:
            return self._exchange(request, content)
        finally:
            watch.cancel()

    def _exchange(self, request: Mapping[str, Any], content: bytes) -> tuple[dict[str, Any], bytes]:
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise ChildFailed(too_long=False)
        try:
            process.stdin.write(json.dumps({**request, "length": len(content)}).encode() + b"\n" + content)
            process.stdin.flush()
        except OSError:
            raise self._failed() from None
        said = _read(process.stdout, self._limits.answer_bytes)
        if said is None:
            raise self._failed()
        return said

    def _failed(self) -> ChildFailed:
        self._process.kill()
        self._process.communicate()
        ended_by = -(self._process.returncode or 0)
        return ChildFailed(too_long=ended_by in {signal.SIGALRM, signal.SIGXCPU})


def _read(answers: IO[bytes], longest: int) -> tuple[dict[str, Any], bytes] | None:
    """The line and the content; None when the child ended before it had said everything, or says too much."""
    line = answers.readline(longest)
    if not line.endswith(b"\n"):
        return None
    try:
        said = json.loads(line)
        length = int(said.pop("length"))
    except (ValueError, KeyError, AttributeError, TypeError):
        return None
    if not 0 <= length <= longest:
        return None
    content = answers.read(length)
    return (said, content) if len(content) == length else None


def serve(answer: Answer) -> None:
    """Inside the child: will answer requests until there are no more, each in its time."""
    limits = ChildLimits(**json.loads(sys.argv[1]))
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever a library prints must not stand among answers
    _confine(limits)
    while line := requests.readline():
        request = json.loads(line)
        content = requests.read(request["length"])
        signal.setitimer(signal.ITIMER_REAL, limits.seconds)
        try:
            said, made = answer(request, content)
        except MemoryError:
            said, made = {"refused": "memory"}, b""
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(json.dumps({**said, "length": len(made)}).encode() + b"\n" + made)
        answers.flush()


def _confine(limits: ChildLimits) -> None:
    """Takes away what reading needs not; for good, in this process."""
    walls.limit_resources(limits.memory_bytes, int(limits.seconds) + _START_SECONDS)
    walls.wall_off()
    sys.addaudithook(_refuse)  # besides the kernel's walls: also where a machine forbids those


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"{event} is not for this process")
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING:
        raise PermissionError("this process writes no files")
