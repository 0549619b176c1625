"""Lists on the real database and through pages: paging, search, views, exports, and no formula anywhere."""

import csv
import io
import random
import re
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import openpyxl
import psycopg
import pytest

from tenants.audit.listed import TRAIL
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tenants.documents.csv_text import FORMULA_STARTS
from tenants.lists import queries
from tenants.lists.rules import read_wanted
from tenants.web.form_data import Faults
from tests.factories.browsers import new_browser
from tests.factories.worlds import World

TOWN, OTHER = "281000", "283011"
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "\t=")
_BODIES = ("1+1", "cmd|'/c calc'!A0", 'HYPERLINK("http://x.test","x")', "SUM(A1:A9)", "@SUM(1)*2")
PAYLOADS = tuple(f"{start}{body}" for start in _STARTS for body in _BODIES)
"""Sixty beginnings of formulas."""


@pytest.fixture
def fill(database: Any, world: World) -> Any:
    """Writes events of a town as the database's owner would find them, several at the same moment."""

    def write(count: int, label: str = "対象", code: str = TOWN) -> None:
        rng = random.Random(7)  # noqa: S311
        moment = datetime(2026, 4, 1, tzinfo=UTC)
        rows = [
            (
                world.tenants[code], 1, 1, f"職員{rng.randint(1, 30)}", "town_staff", "sign_in", "person", str(number),
                f"{label}{number % 40}", f"req{number}", "", moment + timedelta(seconds=number // 3),
            )
            for number in range(count)
        ]  # fmt: skip
        with psycopg.connect(database.superuser, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO audit_event (tenant_id, acting_tenant_id, person_id, person_name, role, action, subject, "
                "subject_id, subject_label, request_id, address, occurred_at) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                rows,
            )

    return write


async def _walk(world: World, query: str, size: int = 7) -> tuple[list[int], list[int]]:
    """The numbers of all rows walking forward page by page, and walking back from the end."""
    context = world.context(TOWN, Role.TOWN_ADMIN)
    forward: list[int] = []
    back: list[int] = []
    async with open_door(world.pool, Scope.TOWN, context.tenant_id, read_only=True):
        place = ""
        while True:
            page = await queries.fetch(context, TRAIL, read_wanted(TRAIL, parse_qs(query + place), Faults()), size)
            forward += [row["list_key"] for row in page.rows]
            if page.next_cursor is None:
                break
            place = f"&after={page.next_cursor}"
        last = page
        while last.previous_cursor is not None:
            wanted = read_wanted(TRAIL, parse_qs(f"{query}&before={last.previous_cursor}"), Faults())
            last = await queries.fetch(context, TRAIL, wanted, size)
            back = [row["list_key"] for row in last.rows] + back
        back += [row["list_key"] for row in page.rows]
    return forward, back


class TestPaging:
    @pytest.mark.parametrize(
        "query", ["sort=-occurred_at", "sort=occurred_at", "q=職員3", "q=対象1&action=sign_in", "role=town_staff"]
    )
    async def test_visits_every_row_once_forward_and_back(self, world: World, fill: Any, database: Any, query: str):
        fill(100)
        forward, back = await _walk(world, query)
        assert len(forward) == len(set(forward)) > 7
        assert back == forward
        if query.startswith("sort"):
            with psycopg.connect(database.superuser) as connection:
                rows = connection.execute(
                    "SELECT id FROM audit_event WHERE tenant_id = %s ORDER BY occurred_at, id", (world.tenants[TOWN],)
                ).fetchall()
            expected = [row[0] for row in rows]
            assert forward == (expected if query.endswith("=occurred_at") else expected[::-1])

    async def test_search_finds_what_looking_through_everything_finds(self, world: World, fill: Any, database: Any):
        fill(150)
        for text in ("員2", "象39", "req14", "req149", "ない言葉", "%", "_"):
            found, _ = await _walk(world, f"q={text.replace('%', '%25')}", 50)
            with psycopg.connect(database.superuser) as connection:
                rows = connection.execute(
                    "SELECT id FROM audit_event WHERE tenant_id = %s AND (strpos(person_name, %s) > 0 "
                    "OR strpos(subject_label, %s) > 0 OR request_id = %s) ORDER BY occurred_at DESC, id DESC",
                    (world.tenants[TOWN], text, text, text),
                ).fetchall()
            assert found == [row[0] for row in rows], text

    async def test_search_of_a_common_text_leaves_nothing_out(self, world: World, fill: Any):
        for number in range(60):
            fill(2, f"浄水場{number}の")
        found, back = await _walk(world, "q=浄水場", 50)
        assert len(found) == len(set(found)) == 120
        assert back == found
        context = world.context(TOWN, Role.TOWN_ADMIN)
        async with open_door(world.pool, Scope.TOWN, context.tenant_id, read_only=True):
            for text, count in (("浄水場", 120), ("浄水場1の", 2), ("ない言葉", 0)):
                wanted = read_wanted(TRAIL, {"q": [text]}, Faults())
                assert await queries.count_rows(context, TRAIL, wanted, 5_000) == count


class TestPage:
    async def test_answers_hostile_addresses_without_a_fault(self, app: Any, world: World, fill: Any):
        fill(60)
        async with new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one:
            for query in (
                "after=!!!", "after=W251bGwsMV0", "before=WyIyMDI2IiwxXQ", "sort=x;DROP", "q=%00%FF", "cols=a",
                "occurred_at_from=%F0%9F%92%A9", "occurred_at_to=9999-99-99", "action=nothing", "role=",
                "q=" + "あ" * 300,
                "export=exe", "after=" + "A" * 4000, "export=csv&role=nobody",
            ):  # fmt: skip
                assert (await one.get(f"/audit?{query}")).status_code in {200, 422}, query

    async def test_shows_heads_filters_and_the_next_page(self, app: Any, world: World, fill: Any):
        fill(120)
        async with new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one:
            page = await one.get("/audit")
            following = re.search(r'href="([^"]*after=[^"]+)" rel="next"', page.text)
            assert following
            second = await one.get(following.group(1).replace("&amp;", "&"))
            assert 'rel="prev"' in second.text
            narrow = await one.get("/audit?q=ない言葉ばかり")
            assert "条件に合うものはありません" in narrow.text

    async def test_keeps_views_for_their_person_and_shares_them_in_the_organisation(self, app: Any, world: World):
        admin = world.people[TOWN, Role.TOWN_ADMIN][1]
        async with new_browser(app, admin) as one:
            fields = {"list": "audit", "query": "q=水&evil=1&after=x", "view_name": "水の記録"}
            kept = await one.post("/views", fields)
            assert kept.headers["location"] == "/audit?q=%E6%B0%B4&done=view-saved"
            again = await one.post("/views", fields)
            assert again.status_code == 422
            assert "同じ名前の条件" in again.text
            assert (await one.post("/views", {"list": "nothing", "view_name": "x"})).status_code == 404
            page = await one.get("/audit")
            action = re.search(r'action="(/views/\d+/deletion)"', page.text).group(1)
        async with new_browser(app, world.people[OTHER, Role.TOWN_ADMIN][1]) as other:
            assert "水の記録" not in (await other.get("/audit")).text
            assert (await other.post(action)).status_code == 404
            assert (await other.post("/views", {"list": "audit", "view_name": ""})).status_code == 422
        async with new_browser(app, admin) as one:
            assert (await one.post(action)).status_code == 303
            assert "水の記録" not in (await one.get("/audit")).text

    async def test_gives_no_list_to_a_role_that_may_not_read_it(self, app: Any, world: World):
        async with new_browser(app, world.people[TOWN, Role.TOWN_FINANCE][1]) as one:
            assert (await one.post("/exports", {"list": "audit", "export": "xlsx"})).status_code == 404
            assert (await one.post("/views", {"list": "audit", "view_name": "x"})).status_code == 404


class TestExport:
    @pytest.mark.parametrize("kind", ["xlsx", "csv", "csv-cp932", "csv-utf8"])
    async def test_holds_what_the_page_shows_and_no_formula(
        self, app: Any, world: World, database: Any, fill: Any, kind: str
    ):
        fill(12)
        with psycopg.connect(database.superuser, autocommit=True) as connection:
            for number, payload in enumerate(PAYLOADS):
                connection.execute(
                    "INSERT INTO audit_event (tenant_id, acting_tenant_id, person_id, person_name, role, action, "
                    "subject, subject_id, subject_label, request_id, address) "
                    "VALUES (%s, 1, 1, %s, 'town_staff', 'x', 'x', '1', %s, 'r', '')",
                    (world.tenants[TOWN], payload, f"{payload}{number}"),
                )
        async with new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one:
            answer = await one.get(f"/audit?export={kind}&role=town_staff")
        assert answer.status_code == 200
        assert answer.headers["content-disposition"].startswith('attachment; filename="audit.')
        if kind == "xlsx":
            sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
            cells = [cell for row in sheet.iter_rows(min_row=5) for cell in row]
            assert not [cell for cell in cells if cell.data_type == "f"]
            assert sheet.max_row == 4 + 12 + len(PAYLOADS)
            names = {row[1].value for row in sheet.iter_rows(min_row=5)}
            assert {"=1+1", "@SUM(A1:A9)", "-cmd|'/c calc'!A0"} <= names
        else:
            encoding = {"csv": "utf-8-sig", "csv-cp932": "cp932", "csv-utf8": "utf-8"}[kind]
            content = answer.content
            if content[:2] == b"PK":
                content = zipfile.ZipFile(io.BytesIO(content)).read("audit.csv")
            lines = list(csv.reader(io.StringIO(content.decode(encoding), newline="")))
            assert len(lines) == 1 + 12 + len(PAYLOADS)
            assert not [cell for line in lines[1:] for cell in line if cell.startswith(FORMULA_STARTS)]

    async def test_beyond_the_limit_is_offered_as_a_job(self, app: Any, world: World, fill: Any):
        fill(5_100)
        async with new_browser(app, world.people[TOWN, Role.TOWN_ADMIN][1]) as one:
            page = await one.get("/audit?export=csv&role=town_staff")
            assert page.headers["content-type"].startswith("text/html")
            assert "処理として書き出します" in page.text
            fields = {"list": "audit", "query": "role=town_staff", "export": "csv"}
            asked = await one.post("/exports", fields)
            assert re.fullmatch(r"/jobs/\d+", asked.headers["location"])
            refused = await one.post("/exports", {**fields, "export": "exe"})
            assert refused.status_code == 422
