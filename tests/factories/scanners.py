"""A little clamd on a port or a socket of this machine, for tests of uploads."""

import asyncio
import base64
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

EICAR = base64.b64decode("WDVPIVAlQEFQWzRcUFpYNTQoUF4pN0NDKTd9JEVJQ0FSLVNUQU5EQVJELUFOVElWSVJVUy1URVNULUZJTEUhJEgrSCo=")
"""The test string every scanner knows (EICAR, 2003); spelt so that no scanner takes this file for one."""


class Scanner:
    """A little clamd: reads chunks, finds the test string, and misbehaves on request."""

    def __init__(self) -> None:
        self.chunks: list[int] = []
        self.manner = "well"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            command = await reader.readuntil(b"\0")
            if self.manner == "silent":
                await asyncio.sleep(30)
            elif self.manner == "strange":
                writer.write(b"x" * 5_000)
            elif command == b"zPING\0":
                writer.write(b"PONG\0")
            else:
                writer.write(await self._scan(reader))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _scan(self, reader: asyncio.StreamReader) -> bytes:
        content = b""
        while size := struct.unpack("!I", await reader.readexactly(4))[0]:
            self.chunks.append(size)
            content += await reader.readexactly(size)
            if self.manner == "small":
                return b"INSTREAM size limit exceeded. ERROR\0"
        return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


@asynccontextmanager
async def scanning(path: str = "") -> AsyncIterator[tuple[str, Scanner]]:
    scanner = Scanner()
    if path:
        server = await asyncio.start_unix_server(scanner.answer, path)
        address = f"unix://{path}"
    else:
        server = await asyncio.start_server(scanner.answer, "127.0.0.1", 0)
        address = f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield address, scanner
    finally:
        server.close()
