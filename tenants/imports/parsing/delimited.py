"""CSV and tab-separated text: encoding (BOM, UTF-8, CP932, in this order), separator, quotes, one record at a time."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator

from tenants.imports.parsing.refusals import Refused
from tenants.imports.parsing.table import Bounds, Found, NumberedRow, bounded

_SEPARATORS = (",", "\t", ";")
_NAMES = {",": "csv", "\t": "tsv", ";": "csv-semicolon"}
_SAMPLE_RECORDS = 50
"""Enough to outvote some title lines above the table."""
_SAMPLE_CHARACTERS = 200_000
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
"""What no text file holds; form feeds (0x0c) are left by some line printers."""
_NO_CP932 = re.compile("[\x80\xa0\uf8f0-\uf8f3]")
"""What Python makes of the bytes 80, A0, FD, FE and FF, which CP932 leaves unassigned."""
_BOMS = (
    (codecs.BOM_UTF8, "utf-8", "utf-8-bom"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16"),
)


def read_delimited(content: bytes, bounds: Bounds) -> tuple[Found, Iterator[NumberedRow]]:
    """What the text is and its records; raises Refused."""
    text, encoding = _decoded(content)
    if _CONTROLS.search(text):
        raise Refused("not-text")
    csv.field_size_limit(bounds.cell_characters * 2)
    separator = _separator(text)
    quoted, remarks = _quoting(text, separator, bounds), []
    if not quoted:
        remarks.append(("plain-quotes", 0, ""))
    found = Found(_NAMES[separator], encoding, "", tuple(remarks))
    return found, bounded(_records(text, separator, bounds, quoted=quoted), bounds)


def _decoded(content: bytes) -> tuple[str, str]:
    for bom, codec, name in _BOMS:
        if content.startswith(bom):
            try:
                return content[len(bom) :].decode(codec), name
            except UnicodeDecodeError:
                raise Refused("unknown-encoding") from None
    for codec in ("utf-8", "cp932"):
        try:
            text = content.decode(codec)
        except UnicodeDecodeError:
            continue
        if codec == "cp932" and _NO_CP932.search(text):
            break
        return text, codec
    raise Refused("unknown-encoding")


def _separator(text: str) -> str:
    """The separator that cuts most records into the same number of columns, more than one."""
    sample = text[:_SAMPLE_CHARACTERS]
    best, best_votes = ",", (0, 0)
    for separator in _SEPARATORS:
        widths: Counter[int] = Counter()
        try:
            for at, cells in enumerate(csv.reader(io.StringIO(sample, newline=""), delimiter=separator)):
                if at >= _SAMPLE_RECORDS:
                    break
                if len(cells) > 1:
                    widths[len(cells)] += 1
        except csv.Error:
            continue
        votes = max(((count, width) for width, count in widths.items()), default=(0, 0))
        if votes > best_votes:
            best, best_votes = separator, votes
    return best


def _quoting(text: str, separator: str, bounds: Bounds) -> bool:
    """Whether quotes enclose cells. A spreadsheet's clipboard leaves quotes inside a cell bare: then they are letters.

    Raises Refused for a comma-separated text with broken quotes: nobody can know where its columns end.
    """
    try:
        for _ in _records(text, separator, bounds, quoted=True):
            pass
    except Refused as refused:
        if separator != "\t" or refused.code != "bad-quotes":
            raise
        return False
    return True


def _records(text: str, separator: str, bounds: Bounds, *, quoted: bool) -> Iterator[NumberedRow]:
    """Records numbered as a spreadsheet numbers their rows: a quoted cell of three lines is one row."""
    lines = io.StringIO(text, newline="")
    reader = (
        csv.reader(lines, delimiter=separator, strict=True)
        if quoted
        else csv.reader(lines, delimiter=separator, strict=True, quoting=csv.QUOTE_NONE)
    )
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if "field limit" in str(error):
                raise Refused("cell-too-long", row=number, limit=bounds.cell_characters) from None
            raise Refused("bad-quotes", row=number) from None
        yield number, [cell.replace("\r\n", "\n").replace("\r", "\n") for cell in cells]
