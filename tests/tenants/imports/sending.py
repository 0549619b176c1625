"""Sends files as a browser does, and looks at what an import came to."""

from typing import Any

import httpx
import psycopg

from tenants.context import Role
from tests.factories.browsers import Browser

ADMIN = ("280003", Role.PREFECTURE_ADMIN)
FINANCE = ("280003", Role.PREFECTURE_FINANCE)


async def send(
    browser: Browser, kind: str, content: bytes | None, file_name: str = "table.csv", **fields: str
) -> httpx.Response:
    """The answer to the form of sending, with a file or without one."""
    data = {"csrf_token": await browser.csrf_token(), "kind": kind, **fields}
    files: dict[str, Any] = {"file": (file_name, content, "application/octet-stream")} if content is not None else {}
    if not files:
        files = {"file": ("", b"", "application/octet-stream")}
    return await browser.client.post("/imports", data=data, files=files, headers={"sec-fetch-site": "same-origin"})


def csv_of(*lines: str) -> bytes:
    """The lines as a file in UTF-8."""
    return ("\r\n".join(lines) + "\r\n").encode()


async def decide(browser: Browser, url: str, deed: str, version: int, **fields: str) -> httpx.Response:
    """Presses one of the buttons of an import's page."""
    return await browser.post(f"{url}/{deed}", {"version": str(version), **fields})


def state_of(behind: psycopg.Connection, url: str) -> tuple[Any, ...]:
    """Where it stands: state, version, new, changed, same, skipped, wrong, all rows, message."""
    row = behind.execute(
        "SELECT state, version, new_count, change_count, same_count, skipped_count, wrong_count, row_count, message "
        "FROM import_batch WHERE id = %s",
        (int(url.rsplit("/", 1)[1]),),
    ).fetchone()
    assert row is not None
    return row
