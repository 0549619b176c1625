"""Where a page of a list begins, as it stands in an address: a value and a number, nothing secret."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: the value of the order's column and the row's number; backward pages end before it."""

    value: Any
    id: int
    backward: bool = False


def write_cursor(value: Any, number: int) -> str:
    """A place in a list as it stands in an address."""
    plain = value.isoformat() if isinstance(value, date | datetime) else value
    text = json.dumps([plain, number], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(text: str, kind: str, *, backward: bool) -> Cursor | None:
    """The place an address names, or None for anything that is no place of ours: the list then starts anew."""
    try:
        plain, number = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        value = _value(plain, kind)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None
    if type(number) is not int or not 0 <= number <= _LARGEST_ID:
        return None
    return Cursor(value, number, backward)


def _value(plain: Any, kind: str) -> Any:
    if kind in {"figure", "yen"}:
        if type(plain) is not int or abs(plain) > _LARGEST_ID:
            raise ValueError("no figure")
        return plain
    if not isinstance(plain, str) or "\x00" in plain or any("\ud800" <= sign <= "\udfff" for sign in plain):
        raise ValueError("no text")
    if kind == "date":
        return date.fromisoformat(plain)
    if kind == "datetime":
        moment = datetime.fromisoformat(plain)
        if moment.tzinfo is None:
            raise ValueError("no moment")
        return moment
    return plain
