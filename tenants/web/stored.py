"""Stored files as answers: opened before the transaction ends, sent in chunks after it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any, Protocol

from litestar import Request, Response

from tenants.storage import TenantStorage
from tenants.web.answers import download
from tenants.web.visit import Visit, site, visit


class StoredFile(Protocol):
    """What the record of a stored file says; whoever found it has the right to it."""

    @property
    def tenant_id(self) -> int: ...  # noqa: D102
    @property
    def storage_key(self) -> str: ...  # noqa: D102
    @property
    def file_name(self) -> str: ...  # noqa: D102
    @property
    def content_type(self) -> str: ...  # noqa: D102


class StoredContent:
    """An open file in storage, read once from its beginning to its end; ``size`` in bytes."""

    def __init__(self, storage: TenantStorage, key: str) -> None:
        self._open = ExitStack()
        stream = self._open.enter_context(storage.open_stream(key))
        self.size = stream.size
        self._chunks: Iterator[bytes] = stream.chunks

    async def next_chunk(self) -> bytes:
        """The next piece, empty after the last. Raises StorageFailed."""
        return await asyncio.to_thread(next, self._chunks, b"")

    async def close(self) -> None:
        """Will give the connection back, also in the middle of the file."""
        await asyncio.to_thread(self._open.close)


async def stored_download(request: Request[Any, Any, Any], file: StoredFile) -> Response[bytes]:
    """A stored file the browser keeps; no process holds it whole. Raises NotFound, StorageFailed."""
    storage = site(request).storage.for_tenant(file.tenant_id)
    visit(request).stored = await asyncio.to_thread(StoredContent, storage, file.storage_key)
    return download(b"", file_name=file.file_name, content_type=file.content_type)


@asynccontextmanager
async def closing_content(present: Visit) -> AsyncIterator[None]:
    """Will close the file of the answer, whatever became of the request."""
    try:
        yield
    finally:
        if present.stored is not None:
            await present.stored.close()
