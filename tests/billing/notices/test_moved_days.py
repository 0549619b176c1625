"""納期限の変更: a day that moves after notice gives a paper, and the papers before it are answered as replaced."""

import csv
import io
import re
from datetime import date
from typing import Any

import psycopg
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from billing.notices import queries
from billing.notices.rules import Instalment, MemberNotice, notice_lines
from billing.notices.settings.rules import NoticeSetting
from billing.statements.withdrawing import withdraw_with_statements
from tenants.calendar import japanese_date
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tests.billing.notices.conftest import TODAY, Approve, Decide
from tests.billing.notices.test_verification import SAME, check, check_file
from tests.factories.browsers import Browser, new_browser
from tests.factories.programs import found_calculable
from tests.factories.worlds import World

FIRST, LATER = date(2026, 12, 25), date(2027, 1, 29)
MOVED = "その後、納期限を変更しました"
_DAYS = st.sampled_from([None, FIRST, LATER])
_PARTS = st.lists(st.tuples(_DAYS, st.integers(-5, 5)), max_size=4)


def _numbered(parts: list[tuple[date | None, int]]) -> list[Instalment]:
    return [Instalment(number, day, yen) for number, (day, yen) in enumerate(parts, start=1)]


class TestLines:
    @given(_PARTS, _PARTS)
    def test_change_an_amount_or_a_day_and_add_up(
        self, before: list[tuple[date | None, int]], now: list[tuple[date | None, int]]
    ):
        was, stands = _numbered(before), _numbered(now)
        lines = {one.number: one for one in notice_lines(stands, was)}
        assert sum(one.amount_yen for one in lines.values()) == sum(yen for _, yen in now) - sum(
            yen for _, yen in before
        )
        for told, kept in zip(was, stands, strict=False):
            moved = told.due_date and kept.due_date and told.due_date != kept.due_date
            changes = told.yen != kept.yen or bool(moved and told.yen > 0 and kept.yen > 0)
            assert (kept.number in lines) == changes

    def test_that_move_a_day_alone_repeat_the_amount(self):
        [line] = notice_lines([Instalment(1, LATER, 500)], [Instalment(1, FIRST, 500)])
        assert (line.title, line.amount_yen, line.shown_yen, line.moved_from) == ("納期限変更通知書", 0, 500, FIRST)
        taxed = NoticeSetting(
            tax_category="taxed", registration_number="T8000020280003", registration_account="水道会計"
        )
        notice = MemberNotice(
            1, 1, "281000", "神戸市", "神戸市長", 2026, "調査", "確定", "R8-1-2", "", 1, (line,), taxed
        )
        assert "うち消費税額等 45円" in notice.said_by(line)["tax"]
        [more] = notice_lines([Instalment(1, LATER, 700)], [Instalment(1, FIRST, 500)])
        assert (more.title, more.shown_yen, more.moved_from) == ("納入通知書", 200, FIRST)


class TestAMovedDay:
    async def test_gives_a_paper_and_replaces_the_earlier_one_until_its_run_is_withdrawn(
        self, world: World, approve: Approve, decide: Decide, behind: psycopg.Connection, stored_app: Any
    ):
        program = await found_calculable(world)
        _plan(behind, program, FIRST)
        await decide(program)
        first = await approve(program)
        _plan(behind, program, LATER)
        second = await approve(program, "final")
        town = world.people["284467", Role.TOWN_FINANCE][1]
        (old, old_paper), (new, new_paper) = [await _page(world, number) for number in (first, second)]
        assert (new["kind"], new["amount_yen"], new["now_yen"]) == ("納期限変更通知書", 0, old["amount_yen"])
        assert (new["moved_from"], new["due_date"]) == (FIRST.isoformat(), LATER.isoformat())
        async with new_browser(stored_app, town) as one:
            pdfs = [(await one.get(f"/statements/{number}/notice")).content for number in (old_paper, new_paper)]
            sheet = (await one.get(f"/statements/{new_paper}")).text
        assert f"第1期 納期限の変更 {japanese_date(FIRST)} → {japanese_date(LATER)}" in sheet
        text = _text(pdfs[1])
        for words in (
            f"変更前の納期限{japanese_date(FIRST)}変更後の納期限{japanese_date(LATER)}",
            f"{new['now_yen']:,}円",
        ):
            assert words in text, words
        assert "差額の内訳" not in text
        async with new_browser(stored_app) as stranger:
            assert MOVED in await _check(stranger, old)
            assert MOVED in (await check_file(stranger, pdfs[0])).text
            assert SAME in await _check(stranger, new)
            assert SAME in (await check_file(stranger, pdfs[1])).text
            async with open_door(world.pool, Scope.PREFECTURE, 1):
                await withdraw_with_statements(world.finance, second, "誤りのため", TODAY)
            assert SAME in await _check(stranger, old)
            assert "その後取り消されました" in await _check(stranger, new)

    async def test_stands_in_the_rows_for_accounting_without_yen(
        self, world: World, approve: Approve, decide: Decide, behind: psycopg.Connection, finance: Browser
    ):
        program = await found_calculable(world)
        _plan(behind, program, FIRST)
        await decide(program)
        await approve(program)
        _plan(behind, program, LATER)
        second = await approve(program, "final")
        answer = await finance.get(f"/runs/{second}/accounting/csv-utf8")
        rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
        assert [(row["区分"], row["調定額"], row["納期限"]) for row in rows] == [
            ("納期限変更", "0", LATER.isoformat())
        ] * 3
        assert "増減なし" in (await finance.get(f"/runs/{second}/collection")).text


def _plan(behind: psycopg.Connection, program: int, day: date) -> None:
    behind.execute("UPDATE program SET instalment_count = 1, due_date = %s WHERE id = %s", (day, program))


async def _page(world: World, run_id: int) -> tuple[dict[str, Any], int]:
    """The only page of one town's notice, and its statement."""
    async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
        [paper] = [one for one in await queries.paper_lines(run_id) if one.code == "284467"]
    [page] = paper.content["pages"]
    return page, paper.statement_id


async def _check(one: Browser, page: dict[str, Any]) -> str:
    return await check(one, page["document_number"], str(page["now_yen"]), page["code"])


def _text(pdf: bytes) -> str:
    return re.sub(r"\s", "", "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(pdf)).pages))
