"""Paging by keyset: under every order and with many ties each row comes once, forward and back."""

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.lists import queries
from tenants.lists.rules import Column, Filter, ListSpec, Wanted, address, read_wanted
from tenants.web.form_data import Faults
from tests.factories.worlds import World

_WORDS = ("", "あ", "ア", "A", "a", "1", "10", "9", "𠮷", "水道", "水", "%", "_", "'", "\\")
SEED = 20261121
Rows = list[dict[str, Any]]


def _rows(rng: random.Random, count: int) -> Rows:
    """Rows whose values are few, so that most of them tie."""
    return [
        {
            "list_key": number,
            "name": rng.choice(_WORDS),
            "amount": rng.choice((-5, 0, 1, 2**53, 10**15)),
            "day": date(2026, 4, 1) + timedelta(days=rng.randint(0, 3)),
            "open": rng.random() < 0.5,
        }
        for number in rng.sample(range(1, 10 * count + 1), count)
    ]


def _spec(rows: Rows) -> ListSpec:
    """The rows as a source of our own words."""
    quoted = [
        f"({row['list_key']}::bigint, $q${row['name']}$q$::text, {row['amount']}::bigint, "
        f"'{row['day']}'::date, {row['open']})"
        for row in rows
    ]
    return ListSpec(
        name="paging",
        caption="もの",
        url="/things",
        source=f"FROM (VALUES {', '.join(quoted)}) x (id, name, amount, day, open)",
        columns=(
            Column("name", "名前", "x.name", sortable=True, searched=True, filter=Filter.TEXT),
            Column("amount", "金額", "x.amount", "yen", sortable=True),
            Column("day", "日", "x.day", "date", sortable=True, filter=Filter.PERIOD),
            Column("open", "開いている", "x.open", filter=Filter.FLAG),
        ),
        roles=frozenset({Role.TOWN_ADMIN}),
        base=lambda _: (["true"], []),
        key="x.id",
        order="name",
    )


async def _walk(context: Any, spec: ListSpec, query: dict[str, str], size: int) -> tuple[list[int], list[int]]:
    """The keys of all rows following the pager's own addresses to the end, and back to the beginning."""

    async def page(place: dict[str, str]) -> queries.Page:
        faults = Faults()
        wanted = read_wanted(spec, {name: [text] for name, text in {**query, **place}.items()}, faults)
        assert not faults.fields
        return await queries.fetch(context, spec, wanted, size)

    seen: list[Any] = [await page({})]
    while seen[-1].next_cursor:
        seen.append(await page({"after": seen[-1].next_cursor}))
        assert seen[-1].rows, "a page that was offered is not empty"
    back = [seen[-1]]
    while back[0].previous_cursor:
        back.insert(0, await page({"before": back[0].previous_cursor}))
    forward = [row["list_key"] for one in seen for row in one.rows]
    return forward, [row["list_key"] for one in back for row in one.rows]


class TestPaging:
    @pytest.mark.parametrize("sort", ["name", "-name", "amount", "-amount", "day", "-day"])
    async def test_visits_every_row_once_under_every_order(self, world: World, sort: str):
        rng = random.Random(f"{SEED}{sort}")  # noqa: S311
        context = world.context("281000", Role.TOWN_ADMIN)
        async with open_door(world.pool, Scope.TOWN, context.tenant_id, read_only=True):
            for _ in range(40):
                rows = _rows(rng, rng.randint(1, 60))
                spec, size = _spec(rows), rng.randint(1, 9)
                query = {"sort": sort} | rng.choice(
                    ({}, {"q": "水"}, {"open": "yes"}, {"day_from": "R8.4.2", "day_to": "2026-04-03"}, {"name": "あ"})
                )
                forward, back = await _walk(context, spec, query, size)
                assert forward == back, (SEED, sort, query)
                assert len(forward) == len(set(forward))
                key = sort.lstrip("-")
                expected = sorted(rows, key=lambda row: (row[key], row["list_key"]), reverse=sort.startswith("-"))
                assert forward == [row["list_key"] for row in expected if _fits(row, query)], (SEED, sort, query)

    @pytest.mark.parametrize("sort", ["name", "-amount", "day"])
    async def test_of_rows_in_memory_is_the_same(self, world: World, sort: str):
        rng = random.Random(f"{SEED}{sort}")  # noqa: S311
        context = world.context("281000", Role.TOWN_ADMIN)
        async with open_door(world.pool, Scope.TOWN, context.tenant_id, read_only=True):
            for _ in range(20):
                rows = _rows(rng, rng.randint(1, 40))
                spec = _spec(rows)
                memory = replace(spec, load=_giving(rows))
                for query in ({}, {"q": "水"}, {"open": "no"}, {"day_to": "R8.4.2"}, {"name": "a"}):
                    asked, size = {"sort": sort} | query, rng.randint(1, 9)
                    assert await _walk(context, memory, asked, size) == await _walk(context, spec, asked, size)

    async def test_begins_anew_where_the_row_it_stood_at_is_gone(self, world: World):
        context = world.context("281000", Role.TOWN_ADMIN)
        rows = [{"list_key": n, "name": "あ", "amount": 0, "day": date(2026, 4, 1), "open": True} for n in range(1, 8)]
        async with open_door(world.pool, Scope.TOWN, context.tenant_id, read_only=True):
            first = await queries.fetch(context, _spec(rows), Wanted(sort="name"), 3)
            left = _spec([row for row in rows if row["list_key"] not in (2, 3, 4)])
            wanted = read_wanted(left, {"after": [str(first.next_cursor)]}, Faults())
            following = await queries.fetch(context, left, wanted, 3)
        assert [row["list_key"] for row in following.rows] == [5, 6, 7]
        assert address(left, wanted, after=None) == "/things"


def _giving(rows: Rows) -> Any:
    async def load(_: Any) -> Rows:
        return rows

    return load


def _fits(row: dict[str, Any], query: dict[str, str]) -> bool:
    return (
        query.get("q", "") in row["name"]
        and query.get("name", "") in row["name"]
        and ("open" not in query or row["open"])
        and ("day_from" not in query or date(2026, 4, 2) <= row["day"] <= date(2026, 4, 3))
    )
