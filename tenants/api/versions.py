"""Versions over HTTP: a record's ETag, the If-Match of an edit, and both values when somebody else was faster."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from litestar import Request

from tenants.database.versions import EditedMeanwhile
from tenants.errors import Conflict, Invalid

_ETAG = re.compile(r'"([1-9][0-9]{0,8})"')
"""A version is a small number in quotes; weak tags (W/) never match an edit (RFC 9110 §13.1.1)."""


class VersionMissing(Invalid):
    """An edit does not say which version it was made from."""

    def __init__(self) -> None:
        super().__init__("version-missing", "見出し If-Match に、取得したときの ETag を付けてください。")


class StaleVersion(Conflict):
    """Somebody changed the record after it was read; carries the record as it is and what was wanted."""

    def __init__(self, current: Any, given: Any, version: int) -> None:
        super().__init__(
            "version-stale",
            "取得したあとに、ほかの人が内容を変更しました。current と given を比べ、新しい ETag で送り直してください。",
        )
        self.current = current
        self.given = given
        self.etag = etag_of(version)


def etag_of(version: int) -> str:
    """The ETag of a record's version."""
    return f'"{version}"'


def wanted_version(request: Request[Any, Any, Any]) -> int:
    """The version of If-Match. Raises VersionMissing, Invalid (bad-version)."""
    header = request.headers.get("if-match")
    if header is None:
        raise VersionMissing
    match = _ETAG.fullmatch(header.strip())
    if match is None:
        raise Invalid("bad-version", '見出し If-Match には、取得したときの ETag("3" など)をそのまま付けてください。')
    return int(match[1])


@asynccontextmanager
async def answering_stale(given: Any, current: Callable[[], Awaitable[tuple[Any, int]]]) -> AsyncIterator[None]:
    """An edit that comes too late is answered with both values; ``current`` reads the record and its version anew."""
    try:
        yield
    except EditedMeanwhile as error:
        record, version = await current()
        raise StaleVersion(record, given, version) from error
