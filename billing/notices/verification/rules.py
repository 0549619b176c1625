"""指紋: a paper's short code from everything it says, and what is stored of it; pure.

The code is no secret: whoever holds the paper reads it. Nobody else can work it out, for the run's salt is in it. What
makes an altered paper fail is that only the hash of number, amount and code together was stored when it was issued.
"""

import base64
import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

VERIFY_PATH = "/verify"
_CODE_CHARACTERS = 20
"""Four groups of five can be typed from paper; 100 bits leave nobody a chance to find another text with the same."""
_GROUP = 5
_DASHES = re.compile("[\u2010-\u2015\u2212\u30fc\uff0d\uff70]")
_BLANKS = re.compile(r"\s+")
# The digits base32 leaves out, as people read its letters.
_READ_AS = str.maketrans("018", "OIB")


@dataclass(frozen=True, slots=True)
class Mark:
    """What a paper prints so that it can be checked: its number, its amount in yen, and its code in groups."""

    number: str
    amount_yen: int
    code: str


class Answer(Enum):
    """What is said of a paper."""

    ISSUED = "issued"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    UNKNOWN = "unknown"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer, and for a paper that was issued, when it was."""

    answer: Answer
    issued_at: datetime | None = None


def mark_of(number: str, amount_yen: int, content: Mapping[str, Any], salt: str = "") -> Mark:
    """The mark of a paper that says ``content`` (JSON); the same content and salt give the same code.

    ``salt`` is the run's, known to nobody outside: without it, whoever knows all but one figure of another member's
    paper could take the codes of every possible figure and ask which of them was issued.
    """
    said = {"format": "yui-paper/1", "number": number, "amount_yen": amount_yen, "content": content}
    if salt:
        said |= {"format": "yui-paper/2", "salt": salt}
    canonical = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).digest()
    letters = base64.b32encode(digest).decode()[:_CODE_CHARACTERS]
    code = "-".join(letters[at : at + _GROUP] for at in range(0, _CODE_CHARACTERS, _GROUP))
    return Mark(number, amount_yen, code)


def verify_address(public_url: str) -> str:
    """Where papers are checked, as they print it; the path alone when the deployment does not say where it is."""
    return public_url + VERIFY_PATH if public_url else f"この仕組みの「書類の確認」({VERIFY_PATH})"


def typed_number(text: str) -> str:
    """A document number however it was typed: width, case, blanks and the kind of hyphen mean nothing."""
    return _BLANKS.sub("", _DASHES.sub("-", unicodedata.normalize("NFKC", text))).upper()


def typed_code(text: str) -> str:
    """A code however it was typed: hyphens mean nothing either, and 0, 1 and 8 are the letters they look like."""
    return typed_number(text).replace("-", "").translate(_READ_AS)


def mark_sha256(number: str, amount_yen: int, code: str) -> bytes:
    """What is stored of a printed mark, and looked for when somebody types one."""
    said = f"yui-mark/1|{typed_number(number)}|{amount_yen}|{typed_code(code)}"
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()
