"""A cost falls: tried in a what-if scenario, adopted, computed again, set off and paid back to the town."""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.async_api import expect

from services.assembly.demo_world import municipalities
from tenants.calendar import japanese_date
from tests.journeys.burden import words_of
from tests.journeys.colleagues import mark
from tests.journeys.people import FINANCE_A, FINANCE_B, INAGAWA, LIAISON, Visitor
from tests.journeys.programs import (
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
from tests.journeys.year import TODAY, levy, plan_year, set_collection, statement_of, submit, wait_for_notices

NOT_FOUND, NOT_FOR_TOWNS = 404, 403
TITLE = f"管路台帳の共同整備{mark()}"
TOWN, OTHER = "猪名川町", "神戸市"
MEMBERS = tuple(one for one in municipalities() if one.name in {TOWN, OTHER, "神河町"})
DUES = (TODAY - timedelta(days=20), TODAY + timedelta(days=30))
"""The first is due already and stays; what is less than the second can take is paid back."""
NAME = "調査の範囲を狭めた場合"
LESS, CONFIRMED = "22,000,000", "28,000"
"""The main cost, down by more than the second instalment, and the town's population as a census may confirm it."""
REASON = "調査の範囲を狭め、画像解析の契約額が下がったため"
ACTS = re.compile("承認|発行|調定")


@dataclass(frozen=True, slots=True)
class Told:
    """A program, a run of it, and the town's statement: its path and amount."""

    program: str
    run: str
    statement: str
    invoice_yen: int


async def issue(preparer: Visitor, approver: Visitor, run: str) -> None:
    """Sends a computed run, approves it, and waits for all its papers."""
    await submit(preparer, run)
    await approver.go(run)
    await approve(approver)
    await wait_for_papers(approver, len(MEMBERS))
    await wait_for_notices(approver, run)


def amount(cell: str) -> int:
    """「△1,234」 and 「1,234円」 as numbers."""
    return yen(cell.strip().replace("△", "-"))


async def payments_of(one: Visitor) -> dict[str, list[int]]:
    """前回の通知, 増減 and 納付額 by the name of the payment, as the statement's page says."""
    rows = one.page.get_by_role("region", name="納付の予定(表)").locator("tbody tr")
    names = await rows.get_by_role("rowheader").all_inner_texts()
    cells = [await row.get_by_role("cell").all_inner_texts() for row in await rows.all()]
    return {name: [amount(one) for one in row[1:]] for name, row in zip(names, cells, strict=True)}


@pytest.fixture(scope="module")
async def told(visitor) -> Told:
    """The burden as it was first notified and charged."""
    names, population = [one.name for one in MEMBERS], as_copied_from_excel(MEMBERS)
    plan = Plan(TITLE, japanese_date(DUES[0]), names, "神戸市(281000)", population, instalments=len(DUES))
    async with visitor() as preparer, visitor() as approver, visitor() as town:
        await preparer.sign_in(FINANCE_A)
        program = await set_up(preparer, plan)
        await approver.sign_in(FINANCE_B)
        await check_population(approver, program)
        await plan_year(preparer, program, DUES)
        await set_collection(preparer, program)
        run = await compute(preparer, program)
        await issue(preparer, approver, run)
        await levy(preparer, program, TODAY)
        await town.sign_in(INAGAWA)
        return Told(program, run, *await statement_of(town, TITLE))


@pytest.fixture(scope="module")
async def scenario(told: Told, visitor, look: Look) -> str:
    """The run copied, with another cost and another population; returns the scenario's path."""
    async with visitor() as one:
        await one.sign_in(FINANCE_A)
        await one.go(f"{told.program}/scenarios")
        await one.page.get_by_label("写すもの").select_option(label="計算 通知(第1回)")
        await one.page.get_by_label("試算の名前").fill(NAME)
        await one.press("写しを作る")
        path = one.page.url.removeprefix(one.url).split("?")[0]
        await one.go(f"{path}/parts/costs")
        await one.page.get_by_role("group", name=MAIN_COST).get_by_label("金額(税込)").fill(LESS)
        await one.press("保存して計算する")
        await one.go(f"{path}/parts/bases")
        await one.page.get_by_label(f"{TOWN}の人口").fill(CONFIRMED)
        await one.press("保存して計算する")
        await one.go(path)
        await look(one, "scenario-page")
        return path


@pytest.fixture(scope="module")
async def adopted(told: Told, scenario: str, visitor, look: Look) -> str:
    """The scenario adopted; returns what the officer reads then."""
    async with visitor() as one:
        await one.sign_in(FINANCE_A)
        await one.go(scenario)
        await one.follow("登録内容に反映する")
        await look(one, "scenario-adoption")
        await one.press("登録内容に反映する")
        return await text_of(one)


@pytest.fixture(scope="module")
async def refunded(told: Told, adopted: str, visitor) -> Told:
    """The lower burden computed at 確定, approved and notified."""
    async with visitor() as preparer, visitor() as approver, visitor() as town:
        await approver.sign_in(FINANCE_B)
        await check_population(approver, told.program)
        await preparer.sign_in(FINANCE_A)
        run = await compute(preparer, told.program, stage="確定", reason=REASON)
        await issue(preparer, approver, run)
        await town.sign_in(INAGAWA)
        return Told(told.program, run, *await statement_of(town, TITLE))


class TestScenario:
    async def test_shows_town_by_town_what_another_cost_and_population_would_change(
        self, told: Told, scenario: str, visitor, look: Look
    ):
        async with visitor() as one:
            await one.sign_in(FINANCE_A)
            await one.go(scenario)
            changes = await one.page.get_by_role("region", name="写したものからの変更").inner_text()
            assert "52,000,000" in changes
            assert LESS in changes
            assert CONFIRMED in changes
            await one.follow("団体ごとに比べる")
            await look(one, "scenario-comparison")
            cells = await one.row(TOWN).get_by_role("cell").all_inner_texts()
            before, after, difference = (amount(cell) for cell in cells[:3])
            assert before == told.invoice_yen
            assert after - before == difference < 0
            chart = one.page.get_by_role("img", name="団体ごとの負担金の比較")
            drawn = await chart.locator("text").all_text_contents()
            assert sum(TOWN in text for text in drawn) == 1
            assert any(f"{after:,}" in text for text in drawn)
            assert await chart.locator("rect[x]").count() == 2 * len(MEMBERS)

    async def test_can_never_be_issued_and_is_nothing_to_the_town(self, scenario: str, visitor):
        async with visitor() as one, visitor() as reader, visitor() as town:
            await one.sign_in(FINANCE_A)
            await one.go(scenario)
            await one.page.locator("summary", has_text="名前とメモを変える").click()
            buttons = await one.page.get_by_role("main").get_by_role("button").all_inner_texts()
            assert "この試算を削除する" in buttons
            assert [text for text in buttons if ACTS.search(text)] == []
            for act in ("submission", "approval", "notices", "levies"):
                answer = await one.page.request.post(f"{one.url}{scenario}/{act}")
                assert answer.status == NOT_FOUND, act
            await reader.sign_in(LIAISON)
            await reader.go(scenario)
            await expect(reader.page.get_by_role("link", name="登録内容に反映する")).to_have_count(0)
            await town.sign_in(INAGAWA)
            assert await town.go(scenario) == NOT_FOR_TOWNS

    async def test_becomes_a_draft_that_waits_for_a_calculation_like_any_other(self, told: Told, adopted: str, visitor):
        assert "試算の内容を事業の登録内容に反映しました。" in adopted
        async with visitor() as one, visitor() as town:
            await one.sign_in(FINANCE_A)
            await one.go(f"{told.program}/costs")
            await expect(one.row(MAIN_COST)).to_contain_text(LESS)
            await town.sign_in(INAGAWA)
            await town.go(told.statement)
            await expect(town.page.get_by_role("main").get_by_role("strong").first).to_have_text(
                f"{told.invoice_yen:,}円"
            )


class TestRefund:
    async def test_is_set_off_first_and_the_rest_paid_back_and_the_town_is_told_why(
        self, told: Told, refunded: Told, visitor
    ):
        async with visitor() as one:
            await one.sign_in(INAGAWA)
            await one.go(refunded.statement)
            payments = await payments_of(one)
            first, second = payments["第1期"], payments["第2期"]
            assert first == [first[0], 0, first[0]], "its day has come"
            assert second == [second[0], -second[0], 0]
            less = refunded.invoice_yen - told.invoice_yen
            assert payments["還付"] == [0, less + second[0], less + second[0]]
            assert less + second[0] < 0
            assert REASON in await text_of(one)
            back = one.page.get_by_role("row").filter(has=one.page.get_by_role("rowheader", name="還付"))
            await back.get_by_role("link").last.click()
            await expect(one.page.locator("#due-3")).to_contain_text("残りを県からお返しします(還付)。")

    async def test_is_on_the_notice_and_in_the_payments(self, told: Told, refunded: Told, visitor):
        async with visitor() as town, visitor() as officer:
            await town.sign_in(INAGAWA)
            await town.go(refunded.statement)
            back = -(await payments_of(town))["還付"][-1]
            _, notice = await town.receive(town.page.get_by_role("link", name="納入通知書(PDF)"))
            said = words_of(notice)
            assert "還付する金額" in said
            given_back = [yen(one) for one in re.findall(r"金額\s*([\d,]+)円\s*指紋", said)]
            assert sum(given_back) == told.invoice_yen - refunded.invoice_yen
            assert back in given_back
            await officer.sign_in(FINANCE_A)
            await levy(officer, told.program, TODAY)
            waiting = officer.page.get_by_role("row").filter(has_text=TOWN).filter(has_text="還付待ち")
            await expect(waiting).to_have_count(1)
            await waiting.get_by_role("link").first.click()
            await officer.page.get_by_role("radio", name="還付").check()
            await officer.page.get_by_label("収納日").fill(japanese_date(TODAY))
            await officer.page.get_by_label("金額").fill(f"{back:,}")
            await officer.press("記録する")
            await expect(officer.page.get_by_text("完了", exact=True)).to_be_visible()
