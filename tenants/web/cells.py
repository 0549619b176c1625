"""Cells of tables that hold one value, written in Python: a page of forty towns has hundreds of them.

The table macro lays its columns out once and writes each plain cell through one filter; marked-up cells (``status``,
``actions``, ``custom``) stay in the template. Everything is escaped here as the template would.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

NOTHING = Markup('<span class="nothing" aria-label="なし">—</span>')
Writer = Callable[[Any], str]
_FACTS = ("key", "label", "kind", "row_header", "url_key", "unit")


@dataclass(frozen=True, slots=True)
class LaidOut:
    """One column ready to write: the column itself, its kind, its unit, and the tags around each of its cells."""

    column: Any
    label: str
    key: str
    kind: str
    unit: str
    url_key: str
    start: Markup
    end: Markup


class CellFilters:
    """The template filters for cells; ``writers`` say how the value of each figure kind is written."""

    def __init__(self, writers: Mapping[str, Writer]) -> None:
        self._writers = writers

    def laid_out(self, columns: Iterable[Any]) -> list[tuple[str, LaidOut]]:
        """(kind, column) for every column, which may be a mapping or an object; see ``macros/tables.html``."""
        return [(one.kind, one) for one in map(_laid_out, columns)]

    def plain_cell(self, row: Any, one: LaidOut) -> Markup:
        """The whole cell of ``row`` in a column that holds one value, with its link if it has one.

        Raises KeyError or AttributeError when the row lacks the column.
        """
        text = self.cell_value(read(row, one.key), one.kind)
        url = read(row, one.url_key) if one.url_key else None
        inner = f'<a href="{escape(url)}">{text}</a>' if url else text
        return Markup(f"{one.start}{inner}{one.end}")  # noqa: S704  (both halves are escaped)

    def cell_value(self, value: Any, kind: str) -> Markup:
        """One value as its kind is written; None as a dash, a list one line each."""
        if value is None:
            return NOTHING
        writer = self._writers.get(kind)
        if writer is not None:
            return escape(writer(value))
        if isinstance(value, str) or not isinstance(value, Iterable):
            return escape(value)
        return Markup("<br>").join(value)


def option_lines(options: Iterable[Sequence[Any]], value: Any) -> Markup:
    """The options of a select, (code, words) each, with ``value`` chosen."""
    return _option_lines(tuple((str(code), str(words)) for code, words in options), str(value))


@lru_cache(maxsize=256)
def _option_lines(options: tuple[tuple[str, str], ...], value: str) -> Markup:
    """A filter by action has more than a hundred options on every page of the trail; they are written once."""
    lines = (
        f'<option value="{escape(code)}"{" selected" if code == value else ""}>{escape(words)}</option>\n'
        for code, words in options
    )
    return Markup("".join(lines))  # noqa: S704  (every part is escaped)


def read(row: Any, key: str) -> Any:
    """The row's value: rows are mappings or objects."""
    return row[key] if isinstance(row, Mapping) else getattr(row, key)


def _laid_out(column: Any) -> LaidOut:
    facts: Mapping[str, Any] = (
        column if isinstance(column, Mapping) else {name: getattr(column, name, None) for name in _FACTS}
    )
    kind = facts.get("kind") or "text"
    tag, scope = ("th", ' scope="row"') if facts.get("row_header") else ("td", "")
    return LaidOut(
        column=column,
        label=facts["label"],
        key=facts["key"],
        kind=kind,
        unit=facts.get("unit") or ("円" if kind == "yen" else ""),
        url_key=facts.get("url_key") or "",
        start=Markup(f'<{tag}{scope} class="cell cell--{escape(kind)}">'),  # noqa: S704  (our own words)
        end=Markup(f"</{tag}>"),  # noqa: S704
    )
