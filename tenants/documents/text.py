"""Text fit for documents: what XML cannot carry and what lies to the eye is removed before it is written."""

import re
import unicodedata
from functools import lru_cache

from tenants.errors import Invalid

# XML 1.0 §2.2 knows no other control characters; a workbook holding one does not open.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
# Direction overrides let a name print differently from what it is (CVE-2021-42574).
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_FILE_PART = re.compile(r"[A-Za-z0-9_]+")
# LGWAN gateways and old file servers lose longer names once a folder path stands before them.
_FILE_NAME_LIMIT = 80


def printable(text: str) -> str:
    """``text`` without characters a document cannot hold; line ends become ``\\n``. Nothing else changes."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _DIRECTION.sub("", _UNWRITABLE.sub("", text))


@lru_cache(maxsize=10_000)  # a table of members says the same codes, names and headings again and again
def width_of(text: str) -> int:
    """The widest line of ``text`` in half-width columns: 「人口 5」 is 6. Half-width kana count one."""
    return max((sum(_columns(sign) for sign in line) for line in text.split("\n")), default=0)


def file_name(*parts: str | int, suffix: str) -> str:
    """An ASCII file name such as ``r6-p12-n1-283011-statement.pdf`` from its parts.

    Each part may hold ASCII letters, digits, hyphens and underscores. Raises ``Invalid`` (``bad-file-name``)
    otherwise: a name is built from codes, never from what people call things.
    """
    words = [word for part in parts for word in str(part).split("-")]
    name = "-".join(words) + f".{suffix}"
    if not words or not all(_FILE_PART.fullmatch(word) for word in [*words, suffix]) or len(name) > _FILE_NAME_LIMIT:
        raise Invalid("bad-file-name", "ファイル名に使えない文字が含まれているか、長すぎます。")
    return name


def _columns(sign: str) -> int:
    return 2 if unicodedata.east_asian_width(sign) in "WFA" else 1
