"""Finds the row of headings and which column of a file is which field; what a person corrects is what counts."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence

from tenants.imports.rules import ImportColumn

_HEADING_WITHIN = 30
"""Rows in which headings are looked for: title, notes and an empty block stay above; longer prefaces are no tables."""
_BLANKS = re.compile(r"[\s*※・:_\-/]+")
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]|【[^】]*】|必須|任意")
_FILLED_CELLS = 2
"""A row of one cell is a title."""


def plain_heading(text: str) -> str:
    """A heading as it is compared: half width, small letters, without blanks and signs."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text)).lower()


def _spellings(text: str) -> tuple[str, str]:
    """The heading whole, and without units and remarks in brackets: 人口(人) is also 人口."""
    folded = unicodedata.normalize("NFKC", text)
    return plain_heading(folded), plain_heading(_ASIDE.sub("", folded))


def find_heading(rows: Sequence[Sequence[str]], columns: Sequence[ImportColumn]) -> int:
    """The position of the row that names most columns; without any, of the first row with several cells."""
    best, most = 0, 0
    for position, cells in enumerate(rows[:_HEADING_WITHIN]):
        named = len(match_columns(cells, columns))
        if named > most:
            best, most = position, named
    if most:
        return best
    several = (at for at, cells in enumerate(rows[:_HEADING_WITHIN]) if sum(map(bool, cells)) >= _FILLED_CELLS)
    return next(several, 0)


def match_columns(headings: Sequence[str], columns: Sequence[ImportColumn]) -> dict[str, int]:
    """Which position of the headings is which field; whole names first, then names without what is in brackets.

    No position serves two fields, and a heading that stands twice counts where it stands first.
    """
    found: dict[str, int] = {}
    spelt = [_spellings(one) for one in headings]
    for spelling in (0, 1):
        for column in columns:
            names = {plain_heading(name) for name in (column.label, column.key, *column.aliases)}
            if column.key in found:
                continue
            for position, both in enumerate(spelt):
                if both[spelling] and both[spelling] in names and position not in found.values():
                    found[column.key] = position
                    break
    return found


def missing_columns(mapping: Mapping[str, int], columns: Sequence[ImportColumn]) -> list[ImportColumn]:
    """The columns a file must have and no position was given for."""
    return [one for one in columns if one.required and one.key not in mapping]


def heading_fingerprint(kind: str, headings: Sequence[str]) -> str:
    """The same for every file of a kind whose headings read the same; under it a person's choice is remembered."""
    words = "\x1f".join(plain_heading(one) for one in headings)
    return hashlib.sha256(f"{kind}\x1e{words}".encode()).hexdigest()


def unused_headings(headings: Sequence[str], mapping: Mapping[str, int]) -> list[str]:
    """The headings no field takes, so that a person sees what is left out."""
    used = set(mapping.values())
    return [one.strip() for at, one in enumerate(headings) if at not in used and one.strip()]


def row_values(cells: Sequence[str], mapping: Mapping[str, int]) -> dict[str, str]:
    """A row's cells by field, trimmed; a cell beyond the end of the row is empty."""
    return {key: cells[at].strip(" \t\r\n\u3000") if at < len(cells) else "" for key, at in mapping.items()}
