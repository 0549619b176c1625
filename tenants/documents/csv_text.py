"""CSV in the three encodings offices need, with a report of what CP932 cannot hold, and no cell a program runs.

RFC 4180 with CRLF. A cell that came from a person and begins like a formula gets an apostrophe in front, as
spreadsheets show text: nothing is lost, and opening the file computes nothing.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tenants.calendar import JST
from tenants.documents.text import printable

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets take for the beginning of a formula, full-width signs included."""
GETA = "〓"
"""What Japanese print sets for a character it does not have."""
# Same signs under another number: CP932 has only the right-hand ones (JIS X 0208 against Windows' table).
_TWINS = {"〜": "～", "−": "－", "—": "―", "‖": "∥", "¢": "￠", "£": "￡", "¬": "￢", "㎥": "m3"}


@dataclass(frozen=True, slots=True)
class Lost:
    """One character CP932 could not hold: in which line (the heading is 1) and column, and what stands there now."""

    line: int
    column: str
    character: str
    replacement: str
    text: str


@dataclass(frozen=True, slots=True)
class Encoded:
    """A CSV file and what it lost."""

    content: bytes
    lost: tuple[Lost, ...] = ()


def csv_file(header: Sequence[str], rows: Iterable[Sequence[Any]], encoding: str) -> Encoded:
    """The file in ``utf-8-sig`` (with a mark at the beginning, for Excel), ``utf-8`` or ``cp932``."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    lost: list[Lost] = []
    for line, row in enumerate([header, *rows] if not isinstance(rows, Sequence) else (header, *rows), start=1):
        texts = [plain(value) for value in row]
        if encoding == "cp932":
            texts = [_in_cp932(text, line, header[place], lost) for place, text in enumerate(texts)]
        writer.writerow(texts)
    return Encoded(buffer.getvalue().encode(encoding), tuple(lost))


def plain(value: Any) -> str:
    """One value as a cell: ISO dates, moments in Japanese time, figures without separators, text made harmless."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(JST).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "はい" if value else "いいえ"
    if isinstance(value, int | Decimal):
        return str(value)
    text = printable(value if isinstance(value, str) else "、".join(str(one) for one in value))
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def lost_report(lost: Sequence[Lost]) -> bytes:
    """The report on what was lost, as CSV with a mark at the beginning, because it must hold those characters."""
    rows = [
        (one.line, one.column, one.character, f"U+{ord(one.character):04X}", one.replacement, one.text) for one in lost
    ]
    return csv_file(("行", "列", "文字", "符号位置", "置き換え", "元の内容"), rows, "utf-8-sig").content


def _in_cp932(text: str, line: int, column: str, lost: list[Lost]) -> str:
    try:
        text.encode("cp932")
    except UnicodeEncodeError:
        return "".join(_sign(sign, text, line, column, lost) for sign in text)
    return text


def _sign(sign: str, text: str, line: int, column: str, lost: list[Lost]) -> str:
    try:
        sign.encode("cp932")
    except UnicodeEncodeError:
        replacement = _TWINS.get(sign, "" if _is_selector(sign) else GETA)
        lost.append(Lost(line, column, sign, replacement, text))
        return replacement
    return sign


def _is_selector(sign: str) -> bool:
    """Variation selectors choose a glyph of the character before them; without them the character itself stays."""
    return "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef"
