"""The list of people, whose names stand behind another wall: paged, searched, kept, exported, never another's."""

import csv
import io
import re
from html import unescape
from typing import Any

import openpyxl
import psycopg
import pytest

from tenants.context import Role
from tenants.lists.exports import FORMATS
from tests.factories.browsers import Browser, new_browser
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import World
from tests.tenants.people.people_cell import OTHER, TOWN

ADMIN = (TOWN, Role.TOWN_ADMIN)
MANY = 120
_PERSON = """
WITH made AS (
  INSERT INTO person (email, name, password_hash, created_at)
  SELECT format('many.%%s.%%s@example.lg.jp', %(code)s::text, n), format('職員%%s %%s', n %% 7, %(code)s::text), 'x',
         now()
    FROM generate_series(1, %(count)s) AS n RETURNING id)
INSERT INTO membership (tenant_id, person_id, role, valid_from, suspended_at, suspended_reason)
SELECT %(tenant)s, id, CASE WHEN id %% 3 = 0 THEN 'town_finance' ELSE 'town_staff' END, '2020-04-01',
       CASE WHEN id %% 10 = 0 THEN now() END, CASE WHEN id %% 10 = 0 THEN '確認中' ELSE '' END
  FROM made
"""


@pytest.fixture
def many(world: World, database: ClonedDatabase) -> None:
    """120 people more in each of two towns, of whom many share a name."""
    with psycopg.connect(database.superuser, autocommit=True) as behind:
        for code in (TOWN, OTHER):
            behind.execute(_PERSON, {"code": code, "count": MANY, "tenant": world.tenants[code]})


def _addresses(text: str) -> list[str]:
    return re.findall(r"[\w.-]+@example\.lg\.jp", text)


def _link(page: str, word: str) -> str | None:
    """The pager's link of that word."""
    found = re.search(rf'<a[^>]*href="([^"]+)"[^>]*>(?:(?!</a>).)*{word}', page, re.DOTALL)
    return unescape(found[1]) if found else None


async def _walk(one: Browser, url: str) -> list[str]:
    """The addresses of all pages of the list, following its own links."""
    found: list[str] = []
    place: str | None = url
    while place:
        page = await one.get(place)
        assert page.status_code == 200
        found += _addresses(page.text.partition("<tbody>")[2].partition("</tbody>")[0])
        place = _link(page.text, "次")
    return found


@pytest.mark.usefixtures("many")
class TestList:
    async def test_shows_everybody_once_and_nobody_of_another_town(self, app: Any, world: World):
        async with new_browser(app, world.people[ADMIN][1]) as one:
            for sort in ("name", "-name", "email", "-email", "role", "-state"):
                found = await _walk(one, f"/people?sort={sort}")
                assert len(found) == len(set(found)) == MANY + 5, sort
                assert not [address for address in found if OTHER in address]
                if sort.lstrip("-") == "email":
                    assert found == sorted(found, reverse=sort.startswith("-"))

    async def test_is_searched_and_narrowed_by_role_and_state(self, app: Any, world: World):
        async with new_browser(app, world.people[ADMIN][1]) as one:
            named = await one.get("/people", params={"q": "職員3"})
            assert f"利用者 17人(全{MANY + 5}人のうち)" in named.text
            both = await _walk(one, "/people?q=職員&role=town_finance&state=停止中")
            assert 0 < len(both) < MANY // 10
            stopped = await _walk(one, "/people?state=停止中")
            assert set(both) < set(stopped)
            assert len(stopped) == MANY // 10
            for query in (f"q={OTHER}", f"q=many.{OTHER}", "role=town_admin&q=職員"):
                assert "条件に合うものはありません" in (await one.get(f"/people?{query}")).text
            assert (await one.get("/people?role=prefecture_admin")).status_code == 422

    async def test_is_kept_as_a_view_with_its_columns(self, app: Any, world: World):
        async with new_browser(app, world.people[ADMIN][1]) as one:
            query = "role=town_finance&sort=-email&cols=email&cols=state"
            kept = await one.post("/views", {"list": "people", "query": query, "view_name": "財政担当"})
            assert kept.status_code == 303
            page = await one.get(kept.headers["location"])
            assert ">財政担当</a>" in page.text
            heads = page.text.partition("<thead>")[2].partition("</thead>")[0]
            assert ("メールアドレス" in heads, "状態" in heads, "2段階認証" in heads) == (True, True, False)
        async with new_browser(app, world.people[OTHER, Role.TOWN_ADMIN][1]) as other:
            assert "財政担当</a>" not in (await other.get("/people")).text

    async def test_is_exported_as_it_is_narrowed(self, app: Any, world: World):
        async with new_browser(app, world.people[ADMIN][1]) as one:
            for kind in FORMATS:
                everybody = _rows(await one.get(f"/people?export={kind}"), kind)
                assert len(everybody) == MANY + 5, kind
                assert not [row for row in everybody if OTHER in str(row)]
                stopped = _rows(await one.get(f"/people?export={kind}&state=停止中&sort=-email"), kind)
                assert len(stopped) == MANY // 10
                assert all("停止中" in row for row in stopped)
                addresses = [address for row in stopped for address in _addresses(str(row))]
                assert addresses == sorted(addresses, reverse=True)

    async def test_beyond_what_an_address_may_ask_gives_nothing_of_others(self, app: Any, world: World):
        async with new_browser(app, world.people[OTHER, Role.TOWN_ADMIN][1]) as other:
            theirs = _link((await other.get("/people")).text, "次")
        async with new_browser(app, world.people[ADMIN][1]) as one:
            assert theirs
            page = await one.get(theirs)
            assert page.status_code == 200
            assert not [address for address in _addresses(page.text) if OTHER in address]


def _rows(answer: Any, kind: str) -> list[tuple[Any, ...]]:
    assert answer.status_code == 200
    if kind == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        return list(sheet.iter_rows(min_row=5, values_only=True))
    encoding = {"csv": "utf-8-sig", "csv-cp932": "cp932", "csv-utf8": "utf-8"}[kind]
    lines = list(csv.reader(io.StringIO(answer.content.decode(encoding), newline="")))
    return [tuple(line) for line in lines[1:]]
