"""納入通知書: issued with the six items, once, by difference, each to its town alone; rows for accounting."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from billing.notices import operations, queries
from billing.notices.rules import Instalment, NoticesNotReady, instalments_of, notice_lines, tax_words
from billing.notices.settings.rules import NoticeSetting
from billing.statements.withdrawing import withdraw_with_statements
from tenants.context import Role, Scope
from tenants.database.transaction import open_door
from tests.billing.notices.conftest import TODAY, Approve, Decide
from tests.factories.browsers import Browser, new_browser
from tests.factories.programs import found_calculable, found_cost, found_program
from tests.factories.worlds import World

DAY = date(2026, 12, 25)
EVIL = '=HYPERLINK("http://x","y")'
Work = Callable[[], Awaitable[None]]


def _text(pdf: bytes) -> str:
    return "\n".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(pdf)).pages)


class TestLines:
    @given(st.lists(st.integers(0, 10**10), max_size=12), st.lists(st.integers(0, 10**10), max_size=12))
    def test_of_all_papers_add_up_to_the_newest_statement(self, before: list[int], now: list[int]):
        first = notice_lines(_numbered(before), ())
        second = notice_lines(_numbered(now), _numbered(before))
        assert sum(one.amount_yen for one in (*first, *second)) == sum(now)
        assert all(one.amount_yen for one in (*first, *second))
        assert [one.number for one in second] == sorted(one.number for one in second)

    def test_say_which_ask_for_less_and_which_are_paid_back(self):
        before, now = _numbered([80, 90, 10]), _numbered([100, 50])
        lines = notice_lines(now, before)
        assert [(one.title, one.amount_yen, one.refund_yen) for one in lines] == [
            ("納入通知書", 20, 0),
            ("減額通知書", -40, 0),
            ("減額通知書", -10, 0),
        ]
        paid = notice_lines(now, before, {1: 80, 2: 60, 3: 10})
        assert [(one.title, one.amount_words, one.refund_yen) for one in paid] == [
            ("納入通知書", "納入すべき金額", 0),
            ("還付通知書", "減額する金額", 10),
            ("還付通知書", "還付する金額", 10),
        ]
        [own] = notice_lines(_numbered([-30]), ())
        assert (own.title, own.refund_yen) == ("還付通知書", 30)

    @given(st.integers(-100, 100), st.integers(-100, 100), st.integers(-100, 200))
    def test_pay_back_no_more_than_is_asked_for_less(self, now: int, before: int, received: int):
        for line in notice_lines(_numbered([now]), _numbered([before]), {1: received}):
            assert 0 <= line.refund_yen <= max(-line.amount_yen, 0)

    def test_come_from_the_schedule_and_without_one_from_the_amounts(self):
        schedule = [
            {"number": 1, "due_date": "2026-12-25", "yen": 5, "notified_yen": 0, "difference_yen": 5},
            {"number": 2, "due_date": None, "yen": 6, "notified_yen": 0, "difference_yen": 6},
        ]
        assert instalments_of({"schedule": schedule}, None) == (Instalment(1, DAY, 5), Instalment(2, None, 6))
        assert instalments_of({"instalments_yen": [5, 6]}, DAY) == (Instalment(1, DAY, 5), Instalment(2, None, 6))


class TestTax:
    def test_within_a_taxed_amount_is_cut_to_a_yen(self):
        setting = NoticeSetting(
            tax_category="taxed", registration_number="T8000020280003", registration_account="工業用水道事業会計"
        )
        words = tax_words(setting, 109)
        assert "うち消費税額等 9円" in words
        assert "T8000020280003(工業用水道事業会計)" in words
        assert tax_words(NoticeSetting(), 109) == "不課税(消費税の対象外)"


def _numbered(amounts: list[int]) -> list[Instalment]:
    return [Instalment(number, DAY, yen) for number, yen in enumerate(amounts, start=1)]


@pytest.fixture
async def program(world: World, behind: psycopg.Connection) -> int:
    """A program of three members with one instalment, due on a day."""
    number = await found_calculable(world)
    behind.execute("UPDATE program SET instalment_count = 1, due_date = %s WHERE id = %s", (DAY, number))
    return number


class TestIssue:
    async def test_follows_the_approval_and_says_the_six_items(
        self, program: int, approve: Approve, decide: Decide, world: World, stored_app: Any
    ):
        await decide(program)
        run_id = await approve(program)
        async with new_browser(stored_app, world.people["284467", Role.TOWN_FINANCE][1]) as town:
            link = re.search(r'href="(/statements/\d+)"', (await town.get("/statements")).text)
            assert link
            page = (await town.get(link.group(1))).text
            assert "納入通知書(PDF)" in page
            assert "令和8年12月25日" in page
            paper = _text((await town.get(link.group(1) + "/notice")).content)
        for words in (
            "令和8年度(2026)",
            "一般会計 (款)分担金及び負担金 (項)負担金 (目)総務費負担金 (節)情報化推進費負担金",
            "令和8年12月25日",
            "県の指定金融機関",
            "共同調査に関する協定書第6条の規定による負担金",
            "不課税",
            "兵庫県知事",
        ):
            assert re.sub(r"\s", "", words) in re.sub(r"\s", "", paper), words
        async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
            [content] = [one.content for one in await queries.paper_lines(run_id) if one.code == "284467"]
        [only] = content["pages"]
        assert f"{only['amount_yen']:,}円" in paper
        assert only["document_number"] in paper
        assert only["code"] in paper
        async with new_browser(stored_app, world.people["281000", Role.TOWN_FINANCE][1]) as other:
            foreign = await other.get(link.group(1) + "/notice")
            missing = await other.get("/statements/999999/notice")
            assert (foreign.status_code, foreign.content) == (404, missing.content)

    async def test_waits_for_what_is_undecided_and_says_so(
        self, program: int, approve: Approve, decide: Decide, world: World, stored_app: Any, work: Work
    ):
        run_id = await approve(program)
        path = f"/runs/{run_id}/collection"
        async with new_browser(stored_app, world.people["280003", Role.PREFECTURE_FINANCE][1]) as one:
            assert "会計、款、項、目、節、納入場所" in (await one.get(path)).text
            refused = await one.post(f"/runs/{run_id}/notices")
            assert refused.status_code == 409
            assert "納入通知書を発行できません" in refused.text
            assert (await one.get(f"/runs/{run_id}/accounting/csv")).status_code == 404
            await decide(program)
            assert "3 団体の納入通知書" in (await one.get(path)).text
            assert (await one.post(f"/runs/{run_id}/notices")).status_code == 303
            assert "作成しています" in (await one.get(path)).text
            await work()
            page = (await one.get(path)).text
            assert "すべての書類(ZIP)" in page
            assert page.count('/notice" download') == 3
            assert (await one.post(f"/runs/{run_id}/notices")).status_code == 409
            names = zipfile.ZipFile(io.BytesIO((await one.get(f"/runs/{run_id}/archive")).content)).namelist()
        assert sum(name.endswith("-notice.pdf") for name in names) == 3
        assert sum("-accounting-" in name for name in names) == 3
        assert all(name.isascii() for name in names)

    async def test_is_not_made_at_a_stage_the_program_leaves_out(
        self, program: int, approve: Approve, decide: Decide, world: World
    ):
        await decide(program)
        run_id = await approve(program, "estimate")
        async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
            assert await queries.issue_of(run_id) is None

    async def test_refuses_instalments_without_a_day(
        self, program: int, approve: Approve, decide: Decide, world: World, behind: psycopg.Connection
    ):
        behind.execute("UPDATE program SET instalment_count = 2 WHERE id = %s", (program,))
        await decide(program)
        run_id = await approve(program)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            with pytest.raises(NoticesNotReady, match="第2期の納期限が決まっていません"):
                await operations.issue_notices(world.finance, run_id, TODAY)


class TestALaterRun:
    async def test_asks_for_the_difference_and_pays_back_what_was_too_much(
        self, program: int, approve: Approve, decide: Decide, world: World, behind: psycopg.Connection
    ):
        await decide(program)
        first = await approve(program)
        behind.execute("UPDATE cost SET amount_yen = 51000001 WHERE tenant_id = 1 AND name = '解析'")
        direct = {"charge_kind": "member", "member_id": world.tenants["283011"]}
        await found_cost(world, program, "追加の確認", 5_000_000, **direct)
        second = await approve(program, "final")
        async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
            issue = await queries.issue_of(second)
            papers = [await queries.paper_lines(run_id) for run_id in (first, second)]
            newest = await queries.contents(second)
            file = await queries.notice_file(papers[1][0].statement_id)
        assert issue is not None
        assert issue.previous_run_id == first
        sums: dict[int, int] = {}
        for paper in (*papers[0], *papers[1]):
            asked = sum(one["amount_yen"] for one in paper.content["pages"])
            sums[paper.tenant_id] = sums.get(paper.tenant_id, 0) + asked
        assert sums == {tenant: content["invoice_yen"] for tenant, content in newest.items()}
        kinds = {one.code: one.content["pages"][0]["kind"] for one in papers[1]}
        assert kinds == {"281000": "減額通知書", "283011": "納入通知書", "284467": "減額通知書"}
        assert file.file_name.endswith("-281000-notice.pdf")
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            with pytest.raises(NoticesNotReady, match="すでに発行"):
                await operations.issue_notices(world.finance, first, TODAY)


class TestARunWithdrawnMeanwhile:
    async def test_asks_nobody_to_pay(
        self, world: World, program: int, work: Work, decide: Decide, approve: Approve, behind: psycopg.Connection
    ):
        run_id = await approve(program)
        await decide(program)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await operations.issue_notices(world.finance, run_id, TODAY)
        async with open_door(world.pool, Scope.PREFECTURE, 1):
            await withdraw_with_statements(world.finance, run_id, "誤りのため", TODAY)
        await work()
        assert behind.execute("SELECT count(*) FROM notice_paper").fetchone() == (0,)
        assert behind.execute("SELECT count(*) FROM job WHERE state <> 'done'").fetchone() == (0,)


class TestHostileText:
    async def test_becomes_neither_formula_nor_mark_up(
        self, world: World, approve: Approve, decide: Decide, stored_app: Any
    ):
        program = await found_program(world, EVIL, ["281000"], due_date=DAY)
        await found_cost(world, program, "個別", 1000, charge_kind="member", member_id=world.tenants["281000"])
        await decide(program, place="<script>alert(1)</script>", setsu=EVIL, cause="髙﨑\n二行目")
        run_id = await approve(program)
        async with new_browser(stored_app, world.people["280003", Role.PREFECTURE_FINANCE][1]) as one:
            for kind, encoding in (("csv", "utf-8-sig"), ("csv-utf8", "utf-8"), ("csv-cp932", "cp932")):
                answer = await one.get(f"/runs/{run_id}/accounting/{kind}")
                assert answer.status_code == 200
                rows = list(csv.DictReader(io.StringIO(answer.content.decode(encoding))))
                [row] = rows
                assert row["節"] == "'" + EVIL
                assert row["調定額"] == "1000"
                assert row["納期限"] == DAY.isoformat()
                assert row["摘要"].startswith("'=")
            assert (await one.get(f"/runs/{run_id}/accounting/xlsx")).status_code == 404
        async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
            [paper] = await queries.paper_lines(run_id)
            file = await queries.notice_file(paper.statement_id)
        assert json.dumps(paper.content)
        async with new_browser(stored_app, world.people["281000", Role.TOWN_FINANCE][1]) as town:
            sheet = _text((await town.get(f"/statements/{paper.statement_id}/notice")).content)
        assert "<script>alert(1)</script>" in sheet.replace("\n", "")
        assert file.content_type == "application/pdf"


class TestChecking:
    async def test_finds_each_page_of_a_notice(
        self, program: int, approve: Approve, decide: Decide, world: World, stored_app: Any
    ):
        await decide(program)
        run_id = await approve(program)
        async with open_door(world.pool, Scope.PREFECTURE, 1, read_only=True):
            paper = (await queries.paper_lines(run_id))[0]
        [only] = paper.content["pages"]
        async with new_browser(stored_app) as stranger:
            token = re.search(r'name="csrf_token" value="([^"]+)"', (await stranger.get("/verify")).text)
            assert token
            fields = {"number": only["document_number"], "code": only["code"]}
            right = await _verify(stranger, {**fields, "amount": f"{only['amount_yen']:,}"}, token[1])
            wrong = await _verify(stranger, {**fields, "amount": str(only["amount_yen"] - 1)}, token[1])
        assert "発行したものと一致します" in right
        assert "一致しません" in wrong


async def _verify(one: Browser, fields: dict[str, str], token: str) -> str:
    return (await one.post("/verify", fields, csrf=token)).text
