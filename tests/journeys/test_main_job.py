"""The main job, walked in full: two finance officers of the prefecture issue burdens, a town receives its own."""

import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta

import openpyxl
import pypdfium2
import pytest
from playwright.async_api import expect

from services.assembly.demo_world import municipalities
from tenants.calendar import japanese_date
from tests.journeys.people import FINANCE_A, FINANCE_B, INAGAWA, KAMIKAWA, Visitor
from tests.journeys.programs import (
    DIRECT_COST,
    GRANT,
    MAIN_COST,
    Look,
    Plan,
    approve,
    as_copied_from_excel,
    check_population,
    compute,
    set_up,
    text_of,
    wait_for_papers,
    yen,
)

NOT_FOUND = 404
TITLE = "衛星画像による漏水調査(第2期)"
MEMBERS = tuple(one for one in municipalities() if one.region in {"神戸", "阪神南", "阪神北"} or one.name == "神河町")
DUE = date.today() + timedelta(days=10)  # noqa: DTZ011  (inside the fortnight of 今週やること in every time zone)
NOTE = "2年目の調査です(金額は見本)。"


@dataclass(frozen=True, slots=True)
class Issued:
    """The program once its statements are out, and what was read on the way."""

    run: str
    after_computing: str
    after_sending: str
    """What the officer who sent the run reads then; what the page lets the officer press stands in ``buttons``."""
    buttons: tuple[str, ...]
    after_approving: str


@pytest.fixture(scope="module")
async def issued(visitor, take) -> AsyncIterator[Issued]:
    """The main job done once by its two officers; the tests look at what came of it."""

    async def look(one: Visitor, name: str) -> None:
        await take(one.page, name)

    names = [one.name for one in MEMBERS]
    plan = Plan(TITLE, japanese_date(DUE), names, "神戸市(281000)", as_copied_from_excel(MEMBERS), description=NOTE)
    async with visitor() as preparer, visitor() as approver:
        await preparer.sign_in(FINANCE_A)
        program = await set_up(preparer, plan, look)
        await approver.sign_in(FINANCE_B)
        await check_population(approver, program, look)
        run = await compute(preparer, program, look)
        await preparer.go(run)  # without the word that the calculation began
        computed = await text_of(preparer)
        await take(preparer.page, "run-page", tallest=1200)
        await preparer.press("承認へ送る")
        await look(preparer, "run-waiting")
        sent = await text_of(preparer)
        buttons = tuple(await preparer.page.get_by_role("main").get_by_role("button").all_inner_texts())
        await approver.go("/")
        await open_task(approver, look)
        await approve(approver)
        await wait_for_papers(approver, len(MEMBERS))
        await look(approver, "run-issued")
        yield Issued(run, computed, sent, buttons, await text_of(approver))


async def open_task(one: Visitor, look: Look) -> None:
    """B finds the run under 今週やること."""
    await look(one, "home-approval")
    task = one.page.get_by_role("listitem").filter(has_text=f"承認: {TITLE}")
    await task.get_by_role("link").click()
    await look(one, "run-approval")


async def open_statement(one: Visitor, look: Look | None = None) -> int:
    """The town's officer opens the burden under 今週やること; returns the amount the page states."""
    await one.sign_in(INAGAWA)
    task = one.page.get_by_role("listitem").filter(has_text=TITLE)
    if look:
        await look(one, "home")
    await task.get_by_role("link").click()
    await expect(one.page.get_by_role("heading", level=1)).to_contain_text(TITLE)
    if look:
        await look(one, "statement")
    return yen(await one.page.get_by_role("main").get_by_role("strong").first.inner_text())


class TestPrefectureFinanceOfficers:
    async def test_compute_a_new_program_whose_sum_is_right_to_the_yen(self, issued: Issued):
        assert "総事業費 54,200,000円 = 構成団体 52,880,000円 + 県 1,320,000円 + 未配分 0円" in issued.after_computing
        assert "検算一致" in issued.after_computing
        assert f"{GRANT} 26,000,000円(交付率 1/2)" in issued.after_computing

    async def test_cannot_approve_what_they_computed(self, issued: Issued):
        assert "計算した人・承認へ送った人は承認できません。" in issued.after_sending
        assert issued.buttons == ()

    async def test_issue_every_members_statement_by_a_second_officers_approval(self, issued: Issued):
        assert f"{len(MEMBERS)} 団体の負担金算定書(Excel・PDF)を発行しました。" in issued.after_approving

    async def test_can_show_that_the_result_comes_out_again(self, issued: Issued, visitor, take):
        async with visitor() as one:
            await one.sign_in(FINANCE_A)
            await one.go(issued.run)
            await one.follow("再計算して確かめる")
            await expect(one.saying("再計算一致")).to_be_visible()
            await take(one.page, "run-verified", tallest=700)

    async def test_receive_all_papers_and_the_summary(self, issued: Issued, visitor):
        async with visitor() as one:
            await one.sign_in(FINANCE_B)
            await one.go(issued.run)
            name, archive = await one.receive(one.page.get_by_role("link", name="すべての書類(ZIP)"))
            assert name.endswith(".zip")
            papers = zipfile.ZipFile(io.BytesIO(archive)).namelist()
            assert len(papers) == 2 * len(MEMBERS) + 1
            _, summary = await one.receive(one.page.get_by_role("link", name="総括表(Excel)"))
            rows = list(openpyxl.load_workbook(io.BytesIO(summary)).worksheets[0].iter_rows(values_only=True))
            sheet = {row[1]: row for row in rows if row[0] in {one.code for one in MEMBERS}}
            heads = next(row for row in rows if row[0] == "コード")
            for member in MEMBERS:
                cells = await one.row(member.name).get_by_role("cell").all_inner_texts()
                assert sheet[member.name][heads.index("請求額")] == yen(cells[4])


class TestTownFinanceOfficer:
    async def test_finds_the_burden_under_this_week_and_sees_why(self, issued: Issued, visitor, take):
        async def look(one: Visitor, name: str) -> None:
            await take(one.page, name)

        async with visitor() as one:
            amount = await open_statement(one, look)
            assert amount > 0
            lines = await one.row(MAIN_COST).get_by_role("cell").all_inner_texts()
            assert lines[0] == "52,000,000"
            assert await one.row(DIRECT_COST).count() == 0, "Kobe alone bears it"
            await expect(one.saying("検算一致")).to_be_visible()
            await expect(one.saying("兵庫県推計人口(令和5年12月1日現在)").first).to_be_visible()

    async def test_receives_a_workbook_and_a_paper_with_the_amount_of_the_page(self, issued: Issued, visitor):
        async with visitor() as one:
            amount = await open_statement(one)
            name, workbook = await one.receive(one.page.get_by_role("link", name="Excel"))
            assert name.endswith("-283011-statement.xlsx")
            sheet = openpyxl.load_workbook(io.BytesIO(workbook), data_only=True).worksheets[0]  # as a viewer shows it
            stated = [row for row in sheet.iter_rows(values_only=True) if "納めていただく額(円)" in row]
            assert amount in stated[0]
            name, paper = await one.receive(one.page.get_by_role("link", name="PDF"))
            assert name.endswith("-283011-statement.pdf")
            with pypdfium2.PdfDocument(paper) as document:
                assert f"納めていただく額 {amount:,} 円" in document[0].get_textpage().get_text_range()

    async def test_does_not_find_another_towns_statement(self, issued: Issued, visitor):
        async with visitor() as owner, visitor() as stranger:
            await open_statement(owner)
            path = owner.page.url.removeprefix(owner.url)
            await stranger.sign_in(KAMIKAWA)
            for address in (path, f"{path}/xlsx", f"{path}/pdf"):
                assert await stranger.go(address) == NOT_FOUND
                await expect(stranger.page.get_by_role("main")).not_to_contain_text("猪名川町")
