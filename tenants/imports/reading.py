"""Reads a sent file into a table of text, in a child process with limits on memory, time and size and no network.

Nothing in a file is parsed in our own process: what the child says is checked here as if the file had written it.
"""

import asyncio
import json
import logging
import re
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tenants.errors import Invalid
from tenants.imports.parsing.refusals import is_refusal, is_remark, refusal_text, remark_text
from tenants.imports.parsing.table import Bounds

logger = logging.getLogger(__name__)

_ROOT = Path(__file__).resolve().parents[2]
_START = "import sys; sys.path.insert(0, sys.argv[1]); from tenants.imports.parsing.child import main; main()"
_FORMATS = frozenset({"xlsx", "csv", "tsv", "csv-semicolon"})
_ENCODINGS = frozenset({"", "utf-8", "utf-8-bom", "utf-16", "cp932"})
_LONGEST_SHEET_NAME = 200
"""Far above the 31 characters a workbook allows."""
_MOST_REMARKS = 20
_LAST_ROW = 10_000_000
"""Far above the rows of any spreadsheet; a record of a text file is numbered too."""
_PIECE = 1 << 16
_LAST_WORDS_SECONDS = 0.2
"""A child that has said everything ends at once; any other is killed after this."""
_SURROGATES = re.compile("[\ud800-\udfff]")
_AT_ONCE = asyncio.Semaphore(2)
"""Two readers of 1 GiB are what one machine of ours carries beside its other work; others wait their turn."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The most one file may be, hold and cost."""

    # 100,000 rows of 200 columns: five times the largest list of a utility in the prefecture.
    bounds: Bounds = field(
        default=Bounds(
            rows=100_000,
            columns=200,
            cell_characters=32_767,  # what one cell can hold (Excel specifications and limits)
            content_bytes=20 * 1024 * 1024,  # settings.upload_max_bytes
            zip_entries=2_000,  # a workbook of 500 sheets with drawings stays below
            uncompressed_bytes=512 * 1024 * 1024,  # sheet XML of 20 MiB at the ratio of real tables, about 1:20
            compression_ratio=200,  # real sheets reach 1:60, deflate at most 1:1032
        )
    )
    memory_bytes: int = 1024**3
    cpu_seconds: int = 20
    wall_seconds: float = 30.0
    output_bytes: int = 64 * 1024 * 1024
    """What the child may say; a table of 20,000 people takes about 4 MiB."""


DEFAULT = Limits()


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row that holds anything: its number in the file (from 1) and its cells as text, without blanks at the end."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What a file comes to; every row of it that holds anything is in ``rows``, in order."""

    rows: tuple[TableRow, ...]
    format: str
    """``xlsx``, ``csv``, ``tsv`` or ``csv-semicolon``."""
    encoding: str
    """``utf-8``, ``utf-8-bom``, ``utf-16`` or ``cp932``; empty for a workbook."""
    sheet: str
    remarks: tuple[str, ...]
    """Japanese sentences about what a person should know of how the file was read."""
    walls: tuple[str, ...]
    """Which walls stood between the child and the network: ``namespace``, ``filter``; empty when none did."""

    @property
    def width(self) -> int:
        """The most cells a row has."""
        return max((len(row.cells) for row in self.rows), default=0)


class UnreadableFile(Invalid):
    """The file is not read; ``code`` is one of refusals.REFUSAL_CODES, the message stands at the field ``file``."""

    def __init__(self, code: str, *, row: int = 0, limit: int = 0) -> None:
        message = refusal_text(code, row=row, limit=limit)
        super().__init__(code, message, {"file": message})


async def read_table(content: bytes, file_name: str, limits: Limits = DEFAULT) -> Table:
    """This will read ``content`` (xlsx, or CSV in UTF-8, with BOM, or CP932; tab-separated text too) into a table.

    What the file is, its content says; of ``file_name`` the ending stands in the log. Raises UnreadableFile.
    """
    if not content:
        raise UnreadableFile("empty-file")
    if len(content) > limits.bounds.content_bytes:
        raise UnreadableFile("too-many-bytes", limit=limits.bounds.content_bytes)
    async with _AT_ONCE:
        try:
            return await _read(content, limits)
        except UnreadableFile as refused:
            ending = Path(file_name).suffix[:6]  # no more of the name: people put names into names
            logger.info("a file (%s, %s bytes) was not read: %s", ending, len(content), refused.code)
            raise


async def _read(content: bytes, limits: Limits) -> Table:
    said = {"bounds": asdict(limits.bounds), "memory_bytes": limits.memory_bytes, "cpu_seconds": limits.cpu_seconds}
    with tempfile.TemporaryDirectory(prefix="yui-reading-") as nowhere:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-B", "-c", _START, str(_ROOT), json.dumps(said),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
            limit=limits.output_bytes, cwd=nowhere, env={"LC_ALL": "C.UTF-8", "OPENPYXL_LXML": "False"},
            close_fds=True, start_new_session=True,
        )  # fmt: skip
        sending = asyncio.create_task(_send(child, content))
        try:
            async with asyncio.timeout(limits.wall_seconds):
                return await _heard(child, limits)
        except TimeoutError:
            raise UnreadableFile("too-slow") from None
        finally:
            await _end(child)
            await asyncio.gather(sending, return_exceptions=True)


async def _end(child: asyncio.subprocess.Process) -> None:
    """Waits a moment for the child's own end, then kills it.

    What is left in its pipe is read away: while the pipe is full nobody notices its end, and the wait would not end.
    """
    try:
        async with asyncio.timeout(_LAST_WORDS_SECONDS):
            await child.wait()
    except TimeoutError:
        child.kill()
        while child.stdout is not None and await child.stdout.read(_PIECE):
            pass
        await child.wait()


async def _send(child: asyncio.subprocess.Process, content: bytes) -> None:
    if child.stdin is not None:
        try:
            child.stdin.write(content)
            await child.stdin.drain()
        finally:
            child.stdin.close()


async def _heard(child: asyncio.subprocess.Process, limits: Limits) -> Table:
    """The table the child tells of; raises UnreadableFile when it breaks off or lies."""
    hearing = Hearing(limits.bounds)
    async for line in _lines(child, limits):
        table = hearing.take(line)
        if table is not None:
            return table
    await child.wait()
    raise UnreadableFile(_ending(child.returncode or 0))


class Hearing:
    """What a child said so far, every line checked."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._walls: tuple[str, ...] = ()
        self._found: tuple[str, str, str, tuple[str, ...]] | None = None
        self._rows: list[TableRow] = []

    def take(self, line: Any) -> Table | None:
        """The whole table with the last line, else None; raises UnreadableFile for a refusal and for nonsense."""
        match line:
            case [_, _] if self._found is not None:
                last = self._rows[-1].number if self._rows else 0
                self._rows.append(_row(line, last, self._bounds))
                if len(self._rows) > self._bounds.rows:
                    raise UnreadableFile("too-many-rows", limit=self._bounds.rows)
            case {"refused": str(code), "row": int(row), "limit": int(limit)} if is_refusal(code):
                raise UnreadableFile(code, row=row, limit=limit)
            case {"walls": [*walls]} if self._found is None:
                self._walls = tuple(one for one in ("namespace", "filter") if one in walls)
                if not self._walls:
                    logger.warning("the reading process is not walled off from the network on this machine")
            case {"found": found} if self._found is None:
                self._found = _found(found)
            case {"end": int(count)} if self._found is not None and count == len(self._rows) > 0:
                return Table(tuple(self._rows), *self._found, self._walls)
            case _:
                raise UnreadableFile("reader-ended")
        return None


async def _lines(child: asyncio.subprocess.Process, limits: Limits) -> AsyncIterator[Any]:
    heard = 0
    if child.stdout is None:
        raise UnreadableFile("reader-ended")
    while True:
        try:
            line = await child.stdout.readline()
        except ValueError:  # one line longer than all may be
            raise UnreadableFile("too-much-text") from None
        if not line.endswith(b"\n"):
            return
        heard += len(line)
        if heard > limits.output_bytes:
            raise UnreadableFile("too-much-text")
        try:
            yield json.loads(line)
        except (ValueError, RecursionError):
            raise UnreadableFile("reader-ended") from None


def _row(line: list[Any], last: int, bounds: Bounds) -> TableRow:
    match line:
        case [int(number), [*cells]] if last < number <= _LAST_ROW and 0 < len(cells) <= bounds.columns:
            for cell in cells:
                if not isinstance(cell, str) or len(cell) > bounds.cell_characters:
                    raise UnreadableFile("reader-ended")
            return TableRow(number, tuple(_SURROGATES.sub("\ufffd", cell).replace("\x00", "") for cell in cells))
    raise UnreadableFile("reader-ended")


def _found(said: Any) -> tuple[str, str, str, tuple[str, ...]]:
    match said:
        case [str(kind), str(encoding), str(sheet), [*remarks]] if (
            kind in _FORMATS and encoding in _ENCODINGS and len(sheet) <= _LONGEST_SHEET_NAME
        ):
            sentences = []
            for one in remarks[:_MOST_REMARKS]:
                match one:
                    case [str(code), int(count), str(name)] if is_remark(code):
                        sentences.append(remark_text(code, count=count, name=_SURROGATES.sub("", name)))
                    case _:
                        raise UnreadableFile("reader-ended")
            return kind, encoding, _SURROGATES.sub("", sheet), tuple(sentences)
    raise UnreadableFile("reader-ended")


def _ending(status: int) -> str:
    """What it means that the child ended without a word."""
    killed_by_time = {-9, -24, -14}  # SIGKILL after the processor's hard limit, SIGXCPU, SIGALRM
    return "too-slow" if status in killed_by_time else "reader-ended"
