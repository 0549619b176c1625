"""PDFs printed by a child process, because a thread that never comes back cannot be ended, and a process can."""

import atexit
import json
import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Lock
from typing import IO, Any

from tenants.documents.bundle import ForbiddenResource
from tenants.documents.pdf import PDF_TIME_LIMIT_SECONDS
from tenants.errors import Conflict

_LAST_WORDS_SECONDS = 2
"""An idle child ends as soon as its input does; this is room for a crowded machine."""


class PrintingTookTooLong(Conflict):
    """One document did not come out in its time; the child that printed it is gone."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            "printing-took-too-long",
            f"PDFの作成が制限時間({seconds:g}秒)以内に終わらなかったため、止めました。"
            "県の運用管理者に、処理の番号を伝えてください。",
        )


class PrintingFailedError(RuntimeError):
    """The child could not print the page, or ended in the middle of it."""


class _Printer:
    """One child process, started at the first page and again after it had to end; one page at a time."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def print(self, page: str, stylesheets: Sequence[Path], seconds: float) -> bytes:
        with self._lock:
            child = self._running()
            if child.stdin is None or child.stdout is None:
                raise PrintingFailedError("the child has no pipes")
            content = page.encode()
            request = {"length": len(content), "stylesheets": [str(one) for one in stylesheets], "seconds": seconds}
            try:
                child.stdin.write(json.dumps(request).encode() + b"\n" + content)
                child.stdin.flush()
            except BrokenPipeError:
                raise self._ended(child, seconds) from None
            said, pdf = _read(child.stdout)
            if said is None:
                raise self._ended(child, seconds)
            if "refused" in said:
                raise ForbiddenResource(said["refused"])
            if "fault" in said:
                raise PrintingFailedError(said["fault"])
            return pdf

    def stop(self) -> None:
        """Ends the child."""
        with self._lock:
            child, self._child = self._child, None
            if child is not None:
                _end(child)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            if self._child is not None:
                _end(self._child)
            self._child = subprocess.Popen(
                [sys.executable, "-m", "tenants.documents.press"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        return self._child

    def _ended(self, child: subprocess.Popen[bytes], seconds: float) -> Exception:
        self._child = None
        _end(child)
        if child.returncode == -signal.SIGALRM:
            return PrintingTookTooLong(seconds)
        return PrintingFailedError(f"the printing process ended with {child.returncode}")


def _read(answers: IO[bytes]) -> tuple[dict[str, Any] | None, bytes]:
    """The child's answer and the PDF; None when it ended before it had said everything."""
    line = answers.readline()
    if not line.endswith(b"\n"):
        return None, b""
    said: dict[str, Any] = json.loads(line)
    pdf = answers.read(said.get("length", 0))
    return (said, pdf) if len(pdf) == said.get("length", 0) else (None, b"")


def _end(child: subprocess.Popen[bytes]) -> None:
    try:
        child.communicate(timeout=_LAST_WORDS_SECONDS)  # closes its input, and with that it ends
    except subprocess.TimeoutExpired:
        child.kill()
        child.communicate()


_printer = _Printer()
"""One child per worker process: fonts are loaded once for all its jobs."""
atexit.register(_printer.stop)


def print_pdfs(
    pages: Iterable[str], stylesheets: Sequence[Path] = (), seconds: float = PDF_TIME_LIMIT_SECONDS
) -> list[bytes]:
    """Will print the pages in order and return their PDFs; each may take ``seconds``.

    ``stylesheets`` are our own files. Blocks: call it in a job. Raises PrintingTookTooLong, PrintingFailedError, and
    ForbiddenResource when a page asks for anything outside the bundle.
    """
    return [_printer.print(page, stylesheets, seconds) for page in pages]
