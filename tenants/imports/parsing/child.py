"""The reading process: one file comes in, one table goes out as lines of JSON, and then it ends.

Started as ``python -I -c … ROOT LIMITS``. It limits and walls itself off before it imports a parser or reads a byte.
Output: ``{"walls": …}``, ``{"found": …}``, a ``[number, cells]`` for each row, and ``{"end": rows}``; or at any point
``{"refused": code, …}``. The reader of these lines must check them as if the file itself had written them.
"""

import json
import os
import sys
from collections.abc import Iterator
from typing import Any

from tenants.imports.parsing import walls
from tenants.imports.parsing.refusals import Refused
from tenants.imports.parsing.table import Bounds

_OLE = bytes.fromhex("D0CF11E0A1B11AE1")  # [MS-CFB] 2.2: the container of old and of encrypted workbooks
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # [MS-OFFCRYPTO] 2.3.4.4
_NO_TABLE = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"{\\rtf", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BM6")
_MARKUP = (b"<html", b"<!doc", b"<?xml", b"<table", b"<script")


def main() -> None:
    """Reads standard input, writes standard output."""
    limits = json.loads(sys.argv[2])
    walls.close_inherited()
    walls.limit_resources(limits["memory_bytes"], limits["cpu_seconds"])
    load_parsers()  # with the limits on, and before the walls, which some imports would run into
    _say({"walls": walls.wall_off()})
    bounds = Bounds(**limits["bounds"])
    for line in told(sys.stdin.buffer.read(bounds.content_bytes + 1), bounds):
        _say(line)
    sys.stdout.flush()
    os._exit(0)  # nothing here is worth tidying up, and tidying up a torn parser may hang


def load_parsers() -> None:
    """Imports what reads files."""
    from tenants.imports.parsing import delimited, workbooks  # noqa: F401


def told(content: bytes, bounds: Bounds) -> Iterator[Any]:
    """What there is to say about a file, line by line; ends with ``end`` or ``refused`` and raises nothing."""
    from tenants.imports.parsing import delimited, workbooks

    try:
        kind = _kind(content, bounds)
        found, rows = (workbooks.read_workbook if kind == "zip" else delimited.read_delimited)(content, bounds)
        yield {"found": [found.format, found.encoding, found.sheet, found.remarks]}
        given = 0
        for number, cells in rows:
            yield [number, cells]
            given += 1
        yield {"end": given}
    except Refused as refused:
        yield {"refused": refused.code, "row": refused.row, "limit": refused.limit}
    except (MemoryError, RecursionError):
        yield {"refused": "too-much-memory", "row": 0, "limit": 0}
    except Exception:  # noqa: BLE001  (the edge: a parser that trips over a hostile file may raise anything)
        yield {"refused": "broken-workbook" if content[:2] == b"PK" else "not-a-table", "row": 0, "limit": 0}


def _kind(content: bytes, bounds: Bounds) -> str:
    if len(content) > bounds.content_bytes:
        raise Refused("too-many-bytes", limit=bounds.content_bytes)
    if not content:
        raise Refused("empty-file")
    if content.startswith(_OLE):
        raise Refused("encrypted-workbook" if _ENCRYPTED in content else "old-workbook")
    if content.startswith(b"PK"):
        return "zip"
    start = content[:200].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if content.startswith(_NO_TABLE) or start.startswith(_MARKUP):
        raise Refused("not-a-table")
    return "text"


def _say(what: Any) -> None:
    sys.stdout.write(json.dumps(what, ensure_ascii=True, separators=(",", ":")) + "\n")
