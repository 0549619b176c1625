"""「なぜこの金額ですか」 as people open it: each figure leads to its step, and to nobody else's."""

import io
import re
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
from pypdf import PdfReader

from billing.runs import operations
from billing.statements.issuing import approve_and_issue
from tenants.calendar import JST
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tests.billing.statements.why.reading import check_line
from tests.factories.browsers import Browser, new_browser
from tests.factories.worlds import NOW, World

Work = Callable[[], Awaitable[None]]
TODAY = NOW.astimezone(JST)


async def _computed(world: World, program: int, work: Work) -> int:
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        run_id = await operations.start_run(world.finance, program, "notice", TODAY)
    await work()
    return run_id


async def _issued(world: World, program: int, work: Work) -> int:
    run_id = await _computed(world, program, work)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await operations.submit_run(world.finance, run_id, TODAY)
    async with open_door(world.pool, Scope.PREFECTURE, 1):
        await approve_and_issue(world.approver, run_id, TODAY)
    await work()
    return run_id


async def _own(town: Browser) -> str:
    match = re.search(r'href="(/statements/\d+)"', (await town.get("/statements")).text)
    assert match
    return match.group(1)


def _check_links(sheet: str, explained: str) -> None:
    """Every figure of the statement leads to a place on the other page, and every place there to another."""
    wanted = re.findall(r'/why#([^"]+)"', sheet)
    assert {"invoice", "gross", "burden", "line-1", "key-1"} <= set(wanted)
    there = set(re.findall(r' id="([^"]+)"', explained))
    assert set(wanted) <= there
    inside = re.findall(r'href="#([^"]+)"', explained)
    assert len(inside) > 10
    assert set(inside) <= there


def _current(page: Any) -> list[str]:
    """What the row of modules says where one is; it stands on the page twice, for wide and narrow screens."""
    found = re.findall(r'<li><a href="[^"]+" aria-current="page">(.*?)</a>', page.text)
    assert found[: len(found) // 2] == found[len(found) // 2 :]
    return found[: len(found) // 2]


def _lines(explained: str) -> list[str]:
    return re.findall(r'<p class="why__line">(.*?)</p>', explained)


class TestStatementWhy:
    async def test_explains_each_figure_to_the_town_and_is_in_its_paper_and_the_api(
        self, world: World, program: int, work: Work, stored_app: Any
    ):
        await _issued(world, program, work)
        async with new_browser(stored_app, world.people["283011", Role.TOWN_FINANCE][1]) as town:
            path = await _own(town)
            sheet, page = await town.get(path), await town.get(f"{path}/why")
            assert page.status_code == 200
            _check_links(sheet.text, page.text)
            assert len(_lines(page.text)) > 8
            for line in _lines(page.text):
                check_line(line)
            assert "現在)" in page.text
            assert "途中の値をすべて残す" not in page.text
            pdf = await town.get(f"{path}/pdf")
            text = "".join(one.extract_text() for one in PdfReader(io.BytesIO(pdf.content)).pages)
            assert "付録" in text
            assert "貴団体の按分率" in text
            assert "前回までに通知した額" not in text

    async def test_is_not_found_for_another_town(self, world: World, program: int, work: Work, stored_app: Any):
        await _issued(world, program, work)
        async with new_browser(stored_app, world.people["283011", Role.TOWN_FINANCE][1]) as town:
            path = await _own(town)
        async with new_browser(stored_app, world.people["281000", Role.TOWN_FINANCE][1]) as other:
            assert (await other.get(f"{path}/why")).status_code == 404

    async def test_shows_what_is_left_of_a_statement_issued_before_there_was_more(
        self, world: World, program: int, work: Work, stored_app: Any, behind: psycopg.Connection
    ):
        await _issued(world, program, work)
        with behind.transaction():
            behind.execute("SET LOCAL session_replication_role = replica")
            behind.execute("UPDATE statement SET content = content - 'why'")
        async with new_browser(stored_app, world.people["283011", Role.TOWN_FINANCE][1]) as town:
            path = await _own(town)
            page = await town.get(f"{path}/why")
            assert "途中の値をすべて残すようになる前" in page.text
            _check_links((await town.get(path)).text, page.text)


class TestTheWayBack:
    async def test_leads_the_prefecture_through_the_run_to_its_program(
        self, world: World, program: int, work: Work, stored_app: Any
    ):
        run_id = await _issued(world, program, work)
        async with new_browser(stored_app, world.people["283011", Role.TOWN_FINANCE][1]) as town:
            path = await _own(town)
            assert _current(await town.get(path)) == ["負担金"]
        async with new_browser(stored_app, world.people["280003", Role.PREFECTURE_FINANCE][1]) as officer:
            for address in (path, f"{path}/why", f"/runs/{run_id}", f"/runs/{run_id}/members/283011/why"):
                page = await officer.get(address)
                assert _current(page) == ["事業と負担金"], address
                assert f'<a href="/programs/{program}">' in page.text
            assert f'<li><a href="/runs/{run_id}">' in (await officer.get(path)).text
            assert _current(await officer.get("/disputes")) == ["照会・異議"]


class TestMemberWhy:
    async def test_shows_the_prefecture_what_the_member_will_see(
        self, world: World, program: int, work: Work, finance: Browser
    ):
        run_id = await _computed(world, program, work)
        path = f"/runs/{run_id}/members/283011"
        sheet, page = await finance.get(path), await finance.get(f"{path}/why")
        _check_links(sheet.text, page.text)
        for line in _lines(page.text):
            check_line(line)
        assert (await finance.get(f"/runs/{run_id}/members/999999/why")).status_code == 404
