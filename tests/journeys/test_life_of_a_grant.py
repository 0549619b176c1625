"""A grant from application to report: recorded by one officer, confirmed by another, checked as auditors would."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from playwright.async_api import expect

from tenants.calendar import japanese_date
from tests.journeys.burden import a_paper
from tests.journeys.colleagues import mark
from tests.journeys.people import FINANCE_A, FINANCE_B, Visitor
from tests.journeys.programs import DIRECT_COST, GRANT, Look, Plan, set_up, turn_to_part

TITLE = f"見守り機器の共同調達{mark()}"
TODAY = date.today()  # noqa: DTZ011  (every step lies days back in every time zone)
APPLIED, DECIDED, REPORTED = (TODAY - timedelta(days=days) for days in (60, 40, 5))
GRANTED = "440,000"


@dataclass(frozen=True, slots=True)
class Grant:
    """Where its procedure stands."""

    path: str


async def record_step(one: Visitor, grant: Grant, link: str, day: date, number: str) -> None:
    """Records one step with its paper."""
    page = one.page
    await one.go(grant.path)
    await one.follow(link)
    await page.get_by_label("日付").fill(japanese_date(day))
    await page.get_by_label("文書番号").fill(number)
    await page.get_by_label("額").first.fill(GRANTED)
    file = {"name": "tsuuchi.pdf", "mimeType": "application/pdf", "buffer": a_paper()}
    await page.get_by_label("証拠書類").set_input_files(file)
    await one.press("記録する")
    await expect(one.page.get_by_text("記録しました。", exact=True)).to_be_visible()


async def confirm(one: Visitor, grant: Grant) -> None:
    """The other officer compares the record with its paper."""
    await one.go(grant.path)
    await one.press("確認した")
    await expect(one.page.get_by_text("確認しました。", exact=True)).to_be_visible()


@pytest.fixture(scope="module")
async def reported(visitor, look: Look) -> Grant:
    """A grant applied for, decided and reported on."""
    plan = Plan(TITLE, japanese_date(TODAY + timedelta(days=30)), ["神戸市"], "神戸市(281000)")
    async with visitor() as one, visitor() as other:
        await one.sign_in(FINANCE_A)
        program = await set_up(one, plan)
        await one.go(f"{program}/costs")
        await one.follow(DIRECT_COST)
        await one.page.get_by_role("radio", name="補助対象", exact=True).check()
        await one.press("保存する")
        await turn_to_part(one, "交付金")
        await one.follow(f"{GRANT}の手続き")
        grant = Grant(one.page.url.removeprefix(one.url))
        await record_step(one, grant, "交付申請を記録する", APPLIED, "水第101号")
        await look(one, "grant-waiting")
        await other.sign_in(FINANCE_B)
        await confirm(other, grant)
        await record_step(one, grant, "交付決定を記録する", DECIDED, "指令第7号")
        await record_step(one, grant, "実績報告を記録する", REPORTED, "水第202号")
        await confirm(other, grant)
        await look(other, "grant-procedure")
        return grant


class TestFinanceOfficers:
    async def test_carry_a_grant_from_application_to_report(self, reported: Grant, visitor):
        async with visitor() as one:
            await one.sign_in(FINANCE_A)
            await one.go(reported.path)
            await expect(one.page.get_by_role("heading", level=2).first).to_contain_text("実績報告済み")
            await expect(one.page.get_by_role("article")).to_have_count(3)

    async def test_cannot_confirm_what_they_recorded(self, reported: Grant, visitor):
        async with visitor() as one:
            await one.sign_in(FINANCE_A)
            await record_step(one, reported, "概算払の受領を記録する", TODAY - timedelta(days=3), "水第203号")
            await one.go(reported.path)
            await expect(one.page.get_by_role("button", name="確認した")).to_have_count(0)

    async def test_see_what_an_auditor_would_find(self, reported: Grant, visitor, look: Look):
        async with visitor() as one:
            await one.sign_in(FINANCE_B)
            await one.go(f"{reported.path}/checks")
            await expect(one.saying("支払完了日がありません。").first).to_be_visible()
            await look(one, "grant-checks")

    async def test_take_the_claim_with_its_list_of_evidence_along(self, reported: Grant, visitor):
        async with visitor() as one:
            await one.sign_in(FINANCE_B)
            await one.go(reported.path)
            name, book = await one.receive(one.page.get_by_role("link", name="請求・実績報告の資料(Excel)"))
            assert name.endswith(".xlsx")
            assert book.startswith(b"PK")
