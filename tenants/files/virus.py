"""The virus check: clamd's INSTREAM over TCP or a socket of this machine (clamd(8), 「COMMANDS」).

The content goes in chunks, each with its length before it (four bytes, network order), and ends with a length of
zero; the answer is one line: ``stream: OK``, ``stream: NAME FOUND`` or an ERROR.
"""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

CONNECT_SECONDS = 3
"""The scanner is on this machine or beside it; a person waits."""
SCAN_SECONDS = 30
"""20 MiB take about a second; a nested archive may take several, and nobody waits longer than this."""
_CHUNK_BYTES = 64 * 1024
"""Small enough to hold many at once; clamd takes any size up to its own limit."""
_LONGEST_ANSWER = 1_024
"""Bytes of the one line clamd answers; more is no clamd."""


class ScannerAway(Exception):  # noqa: N818  (the house's word: what happened)
    """The scanner could not be asked, or said neither yes nor no: nothing is known about the content."""


def parse_address(address: str) -> tuple[str, int] | str:
    """Host and port of ``tcp://host:port``, or the path of ``unix:///path``. Raises ValueError."""
    parts = urlsplit(address)
    if parts.scheme == "unix" and parts.path.startswith("/") and not parts.netloc:
        return parts.path
    if parts.scheme == "tcp" and parts.hostname and parts.port and parts.path in {"", "/"}:
        return parts.hostname, parts.port
    raise ValueError(f"must be tcp://host:port or unix:///path, not {address!r}.")


async def find_virus(address: str, content: bytes, *, seconds: float = SCAN_SECONDS) -> str:
    """The name of what clamd found in ``content``; empty when it found nothing. Raises ScannerAway."""
    answer = await _ask(address, b"zINSTREAM\0", content, seconds)
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return ""
    if said.endswith(" FOUND"):
        return said.removesuffix(" FOUND")
    raise ScannerAway(f"the scanner answered {said[:100]!r}")


async def is_awake(address: str) -> bool:
    """Whether the scanner answers."""
    try:
        return await _ask(address, b"zPING\0", None, CONNECT_SECONDS) == "PONG"
    except ScannerAway:
        return False


async def _ask(address: str, command: bytes, content: bytes | None, seconds: float) -> str:
    try:
        async with asyncio.timeout(seconds), _connection(address) as (reader, writer):
            with suppress(ConnectionError):  # a scanner that has heard enough answers and hangs up
                writer.write(command)
                if content is not None:
                    await _stream(writer, content)
                await writer.drain()
            answer = await reader.readuntil(b"\0")
    except (OSError, TimeoutError, EOFError, asyncio.LimitOverrunError, ValueError) as error:
        raise ScannerAway(f"the scanner does not answer: {type(error).__name__}") from error
    return answer.rstrip(b"\0").decode("utf-8", "replace").strip()


async def _stream(writer: asyncio.StreamWriter, content: bytes) -> None:
    for start in range(0, len(content), _CHUNK_BYTES):
        chunk = content[start : start + _CHUNK_BYTES]
        writer.write(struct.pack("!I", len(chunk)) + chunk)
        await writer.drain()
    writer.write(struct.pack("!I", 0))


@asynccontextmanager
async def _connection(address: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    place = parse_address(address)
    async with asyncio.timeout(CONNECT_SECONDS):
        if isinstance(place, str):
            reader, writer = await asyncio.open_unix_connection(place, limit=_LONGEST_ANSWER)
        else:
            reader, writer = await asyncio.open_connection(*place, limit=_LONGEST_ANSWER)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError, TimeoutError):
            await writer.wait_closed()
