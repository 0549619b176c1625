"""Short lists whose rows no single statement can say (people: two scopes): narrowed and ordered in memory."""

from collections.abc import Sequence
from typing import Any

from tenants.lists.cursors import Cursor
from tenants.lists.rules import Column, Filter, ListSpec, Row, Wanted


def read(spec: ListSpec, wanted: Wanted, rows: Sequence[Row], cursor: Cursor | None, limit: int) -> list[Row]:
    """At most ``limit`` rows after the cursor, as a statement would give them."""
    backward = cursor is not None and cursor.backward
    descending = wanted.descending is not backward

    def place(row: Row) -> tuple[Any, int]:
        return _order(row[wanted.sort]), row["list_key"]

    found = sorted(matching(spec, wanted, rows), key=place, reverse=descending)
    if cursor is not None:
        at = (cursor.value, cursor.id)
        found = [row for row in found if (place(row) < at if descending else place(row) > at)]
    return [{**row, "list_place": _order(row[wanted.sort])} for row in found[:limit]]


def matching(spec: ListSpec, wanted: Wanted, rows: Sequence[Row]) -> list[Row]:
    """The rows that fit what is wanted, in their own order."""
    searched = [one.key for one in spec.columns if one.searched]
    return [
        row
        for row in rows
        if (not wanted.search or any(wanted.search.casefold() in str(row[key]).casefold() for key in searched))
        and all(_fits(spec.column(key), text, row) for key, text in wanted.equal.items())
        and all(_within(row[key], ends, spec.column(key)) for key, ends in wanted.periods.items())
    ]


def _order(value: Any) -> Any:
    """What a row is ordered by; several values (roles) count as their text, so that it fits into an address."""
    return ",".join(value) if isinstance(value, tuple) else value


def _fits(column: Column | None, text: str, row: Row) -> bool:
    if column is None:
        return True
    value = row[column.key]
    if column.filter is Filter.FLAG:
        return bool(value) is (text == "yes")
    if column.filter is Filter.TEXT:
        return text in str(value)
    # A person may hold several roles: one of them is enough.
    return text in value if isinstance(value, tuple) else text == str(value)


def _within(value: Any, ends: tuple[Any, Any], column: Column | None) -> bool:
    if value is None or column is None:
        return False
    first, end = (one.date() if one is not None and column.place_kind == "date" else one for one in ends)
    return (first is None or value >= first) and (end is None or value < end)
