"""Reads of lists: one page by keyset, all rows for an export in portions, saved views."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.errors import NotFound
from tenants.lists import loaded
from tenants.lists.cursors import Cursor, write_cursor
from tenants.lists.rules import PAGE_SIZE, Filter, ListSpec, Row, Wanted

_PORTION = 1_000
"""Rows an export reads at a time: a few megabytes at most."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; the cursors are None where nothing follows."""

    rows: list[Row]
    next_cursor: str | None
    previous_cursor: str | None
    matching: int | None = None
    """How many rows fit, and of how many; known of short lists only, counting long ones costs more than it tells."""
    of_all: int | None = None


@dataclass(frozen=True, slots=True)
class SavedView:
    """Conditions a person kept under a name."""

    id: int
    name: str
    query: str
    shared: bool
    own: bool
    opens_first: bool


async def look_up(context: TenantContext, spec: ListSpec, wanted: Wanted) -> Wanted:
    """The same with the words that hold what was typed, once for all reads of one answer."""
    if wanted.words is not None or spec.words is None:
        return wanted
    texts = {"q": wanted.search} if wanted.search else {}
    texts |= {key: text for key, text in wanted.equal.items() if _is_word(spec, key)}
    return replace(wanted, words={key: await spec.words.find(context, text) for key, text in texts.items()})


def _is_word(spec: ListSpec, key: str) -> bool:
    column = spec.column(key)
    return column is not None and column.filter is Filter.WORD


def _sql(spec: ListSpec, key: str) -> str:
    column = spec.column(key)
    return "" if column is None else column.sql


async def fetch(context: TenantContext, spec: ListSpec, wanted: Wanted, size: int = PAGE_SIZE) -> Page:
    """One page in the order wanted, reading one row more than it shows; the same rows forward and backward."""
    wanted = await look_up(context, spec, wanted)
    everything = None if spec.load is None else await spec.load(context)
    if everything is None:
        rows = await _read(context, spec, wanted, wanted.cursor, size + 1)
    else:
        rows = loaded.read(spec, wanted, everything, wanted.cursor, size + 1)
    backward = wanted.cursor is not None and wanted.cursor.backward
    more = len(rows) > size
    shown = rows[:size]
    if backward:
        shown.reverse()
    before = shown[0] if shown and (more if backward else wanted.cursor is not None) else None
    after = shown[-1] if shown and (backward or more) else None
    if everything is None:
        return Page(shown, _place(after), _place(before))
    return Page(shown, _place(after), _place(before), len(loaded.matching(spec, wanted, everything)), len(everything))


async def fetch_all(context: TenantContext, spec: ListSpec, wanted: Wanted) -> AsyncIterator[list[Row]]:
    """Every row in the order wanted, in portions; what the page shows and nothing else."""
    wanted = await look_up(context, spec, wanted)
    cursor: Cursor | None = None
    while True:
        rows = await _read(context, spec, wanted, cursor, _PORTION)
        if rows:
            yield rows
        if len(rows) < _PORTION:
            return
        cursor = Cursor(rows[-1]["list_place"], rows[-1]["list_key"])


async def count_rows(context: TenantContext, spec: ListSpec, wanted: Wanted, most: int) -> int:
    """How many rows there are, counted no further than ``most`` + 1."""
    if spec.load is not None:
        return len(loaded.matching(spec, wanted, await spec.load(context))[: most + 1])
    wanted = await look_up(context, spec, wanted)
    narrow = _narrow(spec, wanted)
    conditions, values = _conditions(context, spec, wanted, narrow)
    if narrow is not None:
        conditions.append(_rows_of_words(spec, narrow, wanted, conditions, values))
    rows = await current_door().execute(
        f"SELECT count(*) AS found FROM (SELECT 1 {spec.source} WHERE {' AND '.join(conditions)} LIMIT {most + 1}) x",  # noqa: S608  (the list's own words; values are parameters)
        values,
    )
    return int(rows[0]["found"])


def _place(row: Row | None) -> str | None:
    return None if row is None else write_cursor(row["list_place"], row["list_key"])


async def _read(context: TenantContext, spec: ListSpec, wanted: Wanted, cursor: Cursor | None, limit: int) -> list[Row]:
    column = spec.column(wanted.sort)
    if column is None:
        raise ValueError(f"the list {spec.name} has no column {wanted.sort}")
    if spec.load is not None:
        return loaded.read(spec, wanted, await spec.load(context), cursor, limit)
    narrow = _narrow(spec, wanted)
    conditions, values = _conditions(context, spec, wanted, narrow)
    place = f'{column.sql} COLLATE "C"' if column.place_kind in {"text", "code", "status"} else column.sql
    backward = cursor is not None and cursor.backward
    descending = wanted.descending is not backward
    if cursor is not None:
        sign = "<" if descending else ">"
        if column.sql == spec.key:
            values.append(cursor.id)
            conditions.append(f"{spec.key} {sign} ${len(values)}")
        else:
            values += [cursor.value, cursor.id]
            conditions.append(f"({place}, {spec.key}) {sign} (${len(values) - 1}, ${len(values)})")
    way = "DESC" if descending else "ASC"
    order = f"{spec.key} {way}" if column.sql == spec.key else f"{place} {way}, {spec.key} {way}"
    if narrow is not None:
        conditions.append(_rows_of_words(spec, narrow, wanted, conditions, values, order, limit))
    selected = ", ".join(
        [
            *(f'{one.sql} AS "{one.key}"' for one in spec.columns),
            *spec.extra,
            f"{column.sql} AS list_place",
            f"{spec.key} AS list_key",
        ]
    )
    most = str(limit)
    if wanted.is_narrowed:  # what is rare needs another plan than what is common; as a number the plan would be kept
        values.append(limit)
        most = f"${len(values)}"
    return list(
        await current_door().execute(
            f"SELECT {selected} {spec.source} WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT {most}",
            values,
        )
    )


def _narrow(spec: ListSpec, wanted: Wanted) -> str | None:
    """What the rows are found by in a long list: the search, else the first filter by a word."""
    if spec.words is None:
        return None
    return "q" if wanted.search else next((key for key in wanted.equal if _is_word(spec, key)), None)


def _rows_of_words(
    spec: ListSpec,
    key: str,
    wanted: Wanted,
    conditions: list[str],
    values: list[Any],
    order: str = "",
    limit: int | None = None,
) -> str:
    """The condition for rows that carry a word with the text in it: per word and column its first rows in the order."""
    if spec.words is None:
        return "true"
    if key == "q":
        columns, exact, text = spec.words.columns, spec.words.exact, wanted.search
    else:
        columns, exact, text = (_sql(spec, key),), (), wanted.equal[key]
    words = (wanted.words or {}).get(key)
    if exact or words is None:  # PostgreSQL refuses a parameter that nothing names
        values.append(text)
    whole = [f"{column} = ${len(values)}" for column in exact]
    if words is None:
        parts = [f"strpos({column}, ${len(values)}) > 0" for column in columns]
        return f"({' OR '.join([*parts, *whole])})"
    where = " AND ".join(conditions)
    found = [f"SELECT {spec.key} AS id {spec.words.source} WHERE {where} AND {one}" for one in whole]
    values.append(words)
    for column in columns:
        # Not "=": then the planner may walk the whole order of all rows in search of a word that is not there. Between
        # its own two ends, ordered by itself first, only the index that begins with the column gives this order.
        ends = "" if limit is None else f" ORDER BY {column} {order.rsplit(' ', 1)[1]}, {order} LIMIT {limit}"
        found.append(
            f"SELECT found.id FROM unnest(${len(values)}::text[]) AS word (text) CROSS JOIN LATERAL "  # noqa: S608  (the list's own words; values are parameters)
            f"(SELECT {spec.key} AS id {spec.words.source} WHERE {where} AND {column} >= word.text "
            f"AND {column} <= word.text{ends}) AS found"
        )
    return f"{spec.key} IN ({' UNION ALL '.join(found)})"


def _conditions(
    context: TenantContext, spec: ListSpec, wanted: Wanted, narrow: str | None
) -> tuple[list[str], list[Any]]:
    conditions, values = spec.base(context)
    numbers = iter(range(1, len(values) + 1))
    conditions = [one.replace("{}", f"${next(numbers)}") if "{}" in one else one for one in conditions]
    values = list(values)
    for key, text in wanted.equal.items():
        column = spec.column(key)
        if column is None or key == narrow:
            continue
        if column.filter is Filter.FLAG:
            conditions.append(column.sql if text == "yes" else f"NOT {column.sql}")
            continue
        words = (wanted.words or {}).get(key)
        if words is not None:
            values.append(words)
            conditions.append(f"{column.sql} = ANY(${len(values)}::text[])")
            continue
        values.append(text)
        conditions.append(
            f"strpos({column.sql}, ${len(values)}) > 0"
            if column.filter in {Filter.TEXT, Filter.WORD}
            else f"({column.sql})::text = ${len(values)}"
        )
    for key, (first, end) in wanted.periods.items():
        column = spec.column(key)
        if column is None:
            continue
        for sign, moment in ((">=", first), ("<", end)):
            if moment is not None:
                values.append(moment.date() if column.place_kind == "date" else moment)
                conditions.append(f"{column.sql} {sign} ${len(values)}")
    if wanted.search and spec.words is None:
        values.append(wanted.search)
        searched = [f"strpos({one.sql}, ${len(values)}) > 0" for one in spec.columns if one.searched]
        conditions.append(f"({' OR '.join(searched)})")
    return conditions or ["true"], values


async def saved_views(context: TenantContext, list_name: str) -> list[SavedView]:
    """The person's own views of a list and those shared in the organisation, by name."""
    rows = await current_door().execute(
        "SELECT id, name, query, shared, person_id = $2 AS own, opens_first AND person_id = $2 AS opens_first "
        "FROM saved_view WHERE tenant_id = $1 AND list_name = $3 AND (shared OR person_id = $2) "
        'ORDER BY name COLLATE "C", id',
        (context.tenant_id, context.person_id, list_name),
    )
    return [SavedView(**row) for row in rows]


async def own_view(context: TenantContext, view_id: int) -> tuple[str, SavedView]:
    """The list's name and one of the person's own views. Raises NotFound."""
    rows = await current_door().execute(
        "SELECT list_name, id, name, query, shared, true AS own, opens_first FROM saved_view "
        "WHERE tenant_id = $1 AND id = $2 AND person_id = $3",
        (context.tenant_id, view_id, context.person_id),
    )
    if not rows:
        raise NotFound
    row = dict(rows[0])
    return row.pop("list_name"), SavedView(**row)
