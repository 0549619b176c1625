"""A list's page from its spec: the heads that order, the filters, the columns, the views, the exports, the pager."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from litestar import Request, Response
from markupsafe import Markup

from tenants.context import TenantContext
from tenants.lists import queries
from tenants.lists.exports import FORMATS, export
from tenants.lists.operations import CHANGERS, list_for
from tenants.lists.rules import (
    DIRECT_ROWS,
    Filter,
    ListSpec,
    Row,
    Wanted,
    address,
    kept_query,
    read_wanted,
    says_something,
    shown_columns,
)
from tenants.web.answers import download, render, render_part, see_other
from tenants.web.form_data import Faults
from tenants.web.kept import Kept
from tenants.web.rendering import Notice
from tenants.web.visit import visit


@dataclass(frozen=True, slots=True)
class _Head:
    """A column's head: the link that orders by it, and how the list stands ordered now."""

    key: str
    label: str
    kind: str
    unit: str
    url: str | None
    ordered: str
    row_header: bool
    url_key: str


class Field(NamedTuple):
    """The search or one filter as the form above the list shows it; a tuple, because it is drawn once and kept."""

    key: str
    label: str
    kind: str
    choices: tuple[tuple[str, str], ...]
    value: str = ""
    first: str = ""
    last: str = ""


class View(NamedTuple):
    """A saved view as the page offers it; ``own`` ones can be changed and forgotten."""

    id: int
    name: str
    url: str
    shared: bool
    own: bool
    opens_first: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """How a list draws a row that is no line of a table: its template, and what this takes beside ``row``, ``shown``.

    Everything drawn comes from the row's own values, which are kept with it; so it suits records that never change.
    """

    template: str
    facts: Callable[[Row], Mapping[str, Any]]


_ENTRIES: Kept[Markup] = Kept(4_000)
"""Some eighty pages of entries, about 6 MB of a process; drawing fifty anew takes as long as all else of a page."""


async def list_page(
    request: Request[Any, Any, Any], spec: ListSpec, *, title: str, template: str = "lists/page.html", **options: Any
) -> Response[Any]:
    """Answers the list's page, or its export when the address asks for one (``export=xlsx``).

    ``entry`` says how rows are drawn one below the other instead of in a table; the template then has
    ``listing.entries``.
    """
    context = visit(request).context
    faults = Faults()
    views = await queries.saved_views(context, spec.name)
    # A view that says nothing would lead back here without end.
    first = next((one.query for one in views if one.opens_first and says_something(spec, one.query)), None)
    if first and request.method == "GET" and set(request.query_params) <= {name for name, _ in spec.fixed}:
        return see_other(f"{spec.url}?{first}")
    wanted = await queries.look_up(context, spec, read_wanted(spec, _query(request), faults))
    kind = request.query_params.get("export", "")
    notices = list(options.pop("notices", ()))
    empty_link = options.pop("empty_link", None)
    errors = {**options.pop("errors", {}), **faults.fields}
    status = options.pop("status", 200)
    offer = None
    if kind in FORMATS and not faults.fields:
        rows = await queries.count_rows(context, spec, wanted, DIRECT_ROWS)
        if rows <= DIRECT_ROWS:
            return await _download(context, spec, wanted, kind)
        offer = {"kind": kind, "label": FORMATS[kind].label, "list": spec.name, "query": kept_query(spec, wanted)}
        notices.append(
            Notice("info", f"{DIRECT_ROWS:,}行を超えるため、処理として書き出します。下のボタンを押してください。")
        )
    page = await queries.fetch(context, spec, wanted)
    entry = options.pop("entry", None)
    return render(
        request,
        template,
        title=title,
        status=422 if faults.fields else status,
        errors=errors,
        notices=notices,
        listing=_listing(spec, wanted, page, views, offer)
        | {"empty_link": empty_link, "may_change_views": context.role in CHANGERS}
        | ({"rows": _cells(spec, wanted, page)} if entry is None else _entries(request, spec, wanted, page, entry)),
        **options,
    )


async def _download(context: TenantContext, spec: ListSpec, wanted: Wanted, kind: str) -> Response[bytes]:
    list_for(context, spec.name)
    portions = [portion async for portion in queries.fetch_all(context, spec, wanted)]
    # In a thread: a second of writing a workbook must not keep everybody else on this process waiting.
    made = await asyncio.to_thread(export, spec, wanted, portions, kind)
    return download(made.content, file_name=made.file_name, content_type=made.content_type)


def _query(request: Request[Any, Any, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        found.setdefault(name, []).append(str(value))
    return found


def _listing(
    spec: ListSpec, wanted: Wanted, page: queries.Page, views: list[queries.SavedView], offer: Any
) -> dict[str, Any]:
    columns = shown_columns(spec, wanted)
    return {
        "name": spec.name,
        "caption": spec.caption,
        "count_text": _count_text(spec, wanted, page),
        "url": spec.url,
        "heads": [_head(spec, wanted, one) for one in columns],
        "raw": page.rows,
        "empty_text": "条件に合うものはありません。" if wanted.is_narrowed else spec.empty_text,
        "is_narrowed": wanted.is_narrowed,
        # Where a view opens the list, its plain address would come back to that view.
        "all_url": address(spec, Wanted(), sort=spec.order if any(one.opens_first for one in views) else None),
        "fixed": spec.fixed,
        "fields": _fields(spec, wanted),
        "columns": tuple((one.key, one.label) for one in spec.columns if not one.row_header),
        "chosen_columns": frozenset(one.key for one in columns),
        "sort": ("-" if wanted.descending else "") + wanted.sort,
        "next_url": address(spec, wanted, after=page.next_cursor) if page.next_cursor else None,
        "previous_url": address(spec, wanted, before=page.previous_cursor) if page.previous_cursor else None,
        "exports": tuple((one.label, address(spec, wanted, export=kind)) for kind, one in FORMATS.items()),
        "views": tuple(
            View(one.id, one.name, f"{spec.url}?{one.query}", one.shared, one.own, one.opens_first) for one in views
        ),
        "query": kept_query(spec, wanted),
        "offer": offer,
    }


def _cells(spec: ListSpec, wanted: Wanted, page: queries.Page) -> list[dict[str, Any]]:
    columns, rows = shown_columns(spec, wanted), []
    for row in page.rows:
        cells: dict[str, Any] = {one.key: one.cell_of(row) for one in columns}
        cells |= {f"{one.key}_url": one.url(row) for one in columns if one.url is not None}
        cells["id"] = row["list_key"]
        rows.append(cells)
    return rows


def _entries(
    request: Request[Any, Any, Any], spec: ListSpec, wanted: Wanted, page: queries.Page, entry: Entry
) -> dict[str, Any]:
    """The rows as a template of their own draws them, each kept by everything that stands in it."""
    shown = frozenset(one.key for one in shown_columns(spec, wanted))
    drawn = [
        _ENTRIES.get(
            (spec.name, shown, *row.values()),
            lambda row=row: render_part(request, entry.template, row=row, shown=shown, **entry.facts(row)),  # type: ignore[misc]
        )
        for row in page.rows
    ]
    return {"rows": page.rows, "entries": drawn}


def _count_text(spec: ListSpec, wanted: Wanted, page: queries.Page) -> str:
    """How many rows there are, where that is known without counting a long list."""
    if page.matching is not None:
        of_all = f"(全{page.of_all}{spec.counter}のうち)" if wanted.is_narrowed else ""
        return f"{page.matching}{spec.counter}{of_all}"
    return "" if page.next_cursor or page.previous_cursor else f"{len(page.rows)}{spec.counter}"


def _head(spec: ListSpec, wanted: Wanted, column: Any) -> _Head:
    now = "" if wanted.sort != column.key else "descending" if wanted.descending else "ascending"
    turned = f"-{column.key}" if now == "ascending" else column.key
    url = address(spec, wanted, sort=turned) if column.sortable else None
    url_key = f"{column.key}_url" if column.url is not None else ""
    return _Head(column.key, column.label, column.kind, column.unit, url, now, column.row_header, url_key)


def _fields(spec: ListSpec, wanted: Wanted) -> list[Field]:
    """The search, where there is one, and every filter, as they are filled in."""
    hint = f"検索({spec.search_hint})" if spec.search_hint else "検索"
    search = [Field("q", hint, "search", (), wanted.texts.get("q", ""))] if spec.is_searched else []
    return [*search, *(_filter(one, wanted) for one in spec.columns if one.filter is not None)]


def _filter(column: Any, wanted: Wanted) -> Field:
    choices = (("yes", "はい"), ("no", "いいえ")) if column.filter is Filter.FLAG else tuple(column.choices)
    return Field(
        column.key,
        column.label,
        "choice" if choices else column.filter.value,
        choices,
        wanted.texts.get(column.key, ""),
        wanted.texts.get(f"{column.key}_from", ""),
        wanted.texts.get(f"{column.key}_to", ""),
    )
