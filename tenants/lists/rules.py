"""Pure rules of lists: what a list is, what a person wants of it, and how both stand in an address."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qs, urlencode

from tenants.calendar import JST, parse_japanese_date
from tenants.context import Role, TenantContext
from tenants.errors import Invalid
from tenants.lists.cursors import Cursor, read_cursor
from tenants.web.form_data import Faults
from tenants.web.rendering import CellKind

PAGE_SIZE = 50
"""Rows a page shows: two screens, and an answer of some tens of kilobytes."""
DIRECT_ROWS = 5_000
"""Exports up to this many rows answer at once (under a second); larger ones run as jobs."""
LONGEST_SEARCH = 100
Row = Mapping[str, Any]


class Filter(StrEnum):
    """What a column can be narrowed by."""

    TEXT = "text"
    WORD = "word"  # text in a column of WordSearch: long lists
    CHOICE = "choice"
    PERIOD = "period"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: ``sql`` is our own expression over the list's source; ``value`` gives what a file holds.

    ``cell`` gives what the page shows where that differs (a status with its shape). A column that can be ordered by
    never is NULL: its expression says what stands in for nothing.
    """

    key: str
    label: str
    sql: str
    kind: CellKind = "text"
    value: Callable[[Row], Any] | None = None
    cell: Callable[[Row], Any] | None = None
    sortable: bool = False
    shown: bool = True
    searched: bool = False
    filter: Filter | None = None
    choices: tuple[tuple[str, str], ...] = ()
    row_header: bool = False
    url: Callable[[Row], str | None] | None = None
    unit: str = ""
    exported: bool = True
    """Buttons are for the page only."""
    ordered_as: CellKind | None = None
    """The kind of ``sql`` where the column shows another (a year is a figure and reads 令和8年度)."""

    @property
    def place_kind(self) -> CellKind:
        """The kind of the values the list is ordered by and filtered with."""
        return self.ordered_as or self.kind

    def value_of(self, row: Row) -> Any:
        """What an export holds in this column."""
        return row[self.key] if self.value is None else self.value(row)

    def cell_of(self, row: Row) -> Any:
        """What the page shows in this column."""
        return self.value_of(row) if self.cell is None else self.cell(row)


Base = Callable[[TenantContext], tuple[list[str], list[Any]]]
"""Conditions that always hold for this person, with their values; ``{}`` stands for the next placeholder."""
Load = Callable[[TenantContext], Awaitable[list[Row]]]
"""Gives every row of a short list, each with ``list_key``; for lists that no single statement can say."""
FindWords = Callable[[TenantContext, str], Awaitable[list[str] | None]]


@dataclass(frozen=True, slots=True)
class WordSearch:
    """Search in a list too long to look through: first the words that hold the text, then the rows of each word.

    ``find`` gives the different values that hold the text (kept apart), or None when there are so many that looking
    through the rows in their order finds enough at once; ``source`` and ``columns`` say where rows carry them. Each
    word's first rows come from an index (tenant, column, order). ``exact`` columns hold the whole text or nothing.
    """

    find: FindWords
    source: str
    columns: tuple[str, ...]
    exact: tuple[str, ...] = ()


def own_rows(alias: str) -> Base:
    """The condition of a list that shows the asking organisation's own rows of the table called ``alias``."""

    def base(context: TenantContext) -> tuple[list[str], list[Any]]:
        return [f"{alias}.tenant_id = {{}}"], [context.tenant_id]

    return base


def loaded_rows(_: TenantContext) -> tuple[list[str], list[Any]]:
    """The condition of a list whose rows ``load`` gives: that reads inside the walls, so nothing is added to it."""
    return [], []


@dataclass(frozen=True, slots=True)
class ListSpec:
    """One list: a name for saved views and exports, where it stands, its source in SQL, its columns, its order."""

    name: str
    caption: str
    url: str
    source: str
    columns: tuple[Column, ...]
    roles: frozenset[Role]
    """Who may read the list; its page and its exports ask the same."""
    base: Base
    key: str
    """The expression of a number that tells rows apart; ties in any order end with it."""
    order: str
    """The column's key to order by, with ``-`` for descending."""
    extra: tuple[str, ...] = ()
    """More expressions (``sql AS name``) that columns need to say what they say."""
    words: WordSearch | None = None
    load: Load | None = None
    """Stands in for the source: at most some hundreds of rows, narrowed and ordered in memory."""
    search_hint: str = ""
    empty_text: str = "まだ何もありません。"
    fixed: tuple[tuple[str, str], ...] = ()
    """What always stands in its address: which of two lists at one path it is."""
    counter: str = "件"
    """What its rows are counted in: 件, 人."""

    def column(self, key: str) -> Column | None:
        """The column of that key."""
        return next((one for one in self.columns if one.key == key), None)

    def with_choices(self, key: str, choices: Sequence[tuple[str, str]]) -> "ListSpec":
        """The same list with other choices for one filter."""
        columns = (replace(one, choices=tuple(choices)) if one.key == key else one for one in self.columns)
        return replace(self, columns=tuple(columns))

    def without(self, key: str) -> "ListSpec":
        """The same list without one column."""
        return replace(self, columns=tuple(one for one in self.columns if one.key != key))

    @property
    def is_searched(self) -> bool:
        """Whether there is anything to search in."""
        return self.words is not None or any(one.searched for one in self.columns)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants of a list; ``texts`` keeps what was typed, so that a wrong filter is shown again."""

    search: str = ""
    equal: Mapping[str, str] = field(default_factory=dict)
    periods: Mapping[str, tuple[datetime | None, datetime | None]] = field(default_factory=dict)
    sort: str = ""
    descending: bool = False
    cursor: Cursor | None = None
    columns: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, list[str] | None] | None = None
    """What ``queries.look_up`` found for the search (under ``q``) and for each filter of the kind WORD."""

    @property
    def is_narrowed(self) -> bool:
        """Whether rows may be missing because of what was asked."""
        return bool(self.search or self.equal or any(any(ends) for ends in self.periods.values()))


def read_wanted(spec: ListSpec, query: Mapping[str, Sequence[str]], faults: Faults) -> Wanted:
    """What the address asks of the list. Notes wrong filters; what cannot be read is left out, never an error."""
    texts = {name: values[-1].replace("\x00", "") for name, values in query.items() if values}
    sort = texts.get("sort", "") or spec.order
    column = spec.column(sort.lstrip("-"))
    if column is None or not column.sortable:
        sort, column = spec.order, spec.column(spec.order.lstrip("-"))
    if column is None:
        raise ValueError(f"the list {spec.name} is ordered by a column it does not have")
    chosen = tuple(one.key for one in spec.columns if one.key in set(query.get("cols", ())))
    search = texts.get("q", "").strip()
    if len(search) > LONGEST_SEARCH:
        faults.note("q", f"検索する言葉は{LONGEST_SEARCH}文字までで入力してください。", "too-long")
        search = ""
    return Wanted(
        search=search,
        equal=_equal(spec, texts, faults),
        periods=_periods(spec, texts, faults),
        sort=column.key,
        descending=sort.startswith("-"),
        cursor=_cursor(texts, column),
        columns=chosen,
        texts=texts,
    )


def _equal(spec: ListSpec, texts: Mapping[str, str], faults: Faults) -> dict[str, str]:
    found = {}
    for one in spec.columns:
        text = texts.get(one.key, "").strip()
        if one.filter in {None, Filter.PERIOD} or not text:
            continue
        choices = {"yes", "no"} if one.filter is Filter.FLAG else {value for value, _ in one.choices}
        if choices and text not in choices:
            faults.note(one.key, f"{one.label}を一覧から選んでください。", "required")
        elif len(text) > LONGEST_SEARCH:
            faults.note(one.key, f"{one.label}は{LONGEST_SEARCH}文字までで入力してください。", "too-long")
        else:
            found[one.key] = text
    return found


def _periods(
    spec: ListSpec, texts: Mapping[str, str], faults: Faults
) -> dict[str, tuple[datetime | None, datetime | None]]:
    found = {}
    for one in spec.columns:
        if one.filter is not Filter.PERIOD:
            continue
        first = _day(texts.get(f"{one.key}_from", ""), f"{one.key}_from", faults)
        last = _day(texts.get(f"{one.key}_to", ""), f"{one.key}_to", faults)
        if first and last and first > last:
            faults.note(f"{one.key}_to", "終わりの日は、始まりの日より後にしてください。", "bad-period")
            continue
        if first or last:
            found[one.key] = (_midnight(first), _midnight(last + timedelta(days=1)) if last else None)
    return found


def _day(text: str, name: str, faults: Faults) -> date | None:
    if not text.strip():
        return None
    try:
        return parse_japanese_date(text)
    except Invalid as error:
        faults.note(name, error.message, error.code)
        return None


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=JST)


def _cursor(texts: Mapping[str, str], column: Column) -> Cursor | None:
    for name in ("after", "before"):
        if texts.get(name):
            return read_cursor(texts[name], column.place_kind, backward=name == "before")
    return None


def address(spec: ListSpec, wanted: Wanted, **changes: str | None) -> str:
    """The list's address with everything that is wanted, some of it changed (None leaves it out)."""
    names = _names(spec)
    kept: dict[str, Any] = {name: text for name, text in wanted.texts.items() if text and name in names}
    if wanted.columns:
        kept["cols"] = list(wanted.columns)
    kept |= changes | dict(spec.fixed)
    query = urlencode({name: value for name, value in kept.items() if value}, doseq=True)
    return f"{spec.url}?{query}" if query else spec.url


def kept_query(spec: ListSpec, wanted: Wanted) -> str:
    """What a saved view keeps: the address without the place in the list."""
    return address(spec, wanted).partition("?")[2]


def says_something(spec: ListSpec, query: str) -> bool:
    """Whether a kept query holds more than what always stands in the list's address."""
    return not set(parse_qs(query)) <= {name for name, _ in spec.fixed}


def _names(spec: ListSpec) -> set[str]:
    names = {"q", "sort", "cols"}
    for one in spec.columns:
        if one.filter is Filter.PERIOD:
            names |= {f"{one.key}_from", f"{one.key}_to"}
        elif one.filter is not None:
            names.add(one.key)
    return names


def shown_columns(spec: ListSpec, wanted: Wanted) -> list[Column]:
    """The columns to show, in the list's order: the chosen ones, else the usual ones; those that name rows always."""
    chosen = set(wanted.columns) or {one.key for one in spec.columns if one.shown}
    return [one for one in spec.columns if one.key in chosen or one.row_header]
