"""A burden's whole year: prepared and checked by two officers, notified, disputed, changed and notified again."""

import io
import re

import openpyxl
from playwright.async_api import expect

from tests.journeys.burden import ANSWER, DUES, OVERRIDE, REASON, TOWN, Burden, Final, words_of
from tests.journeys.people import FINANCE_A, FINANCE_B, INAGAWA, Visitor
from tests.journeys.programs import MAIN_COST, Look, text_of, yen


async def instalment(one: Visitor, number: int) -> list[int]:
    """前回の通知, 増減 and 納付額 of one instalment, as the statement's page says."""
    table = one.page.get_by_role("region", name="納付の予定")
    cells = await table.get_by_role("row").filter(has_text=f"第{number}期").get_by_role("cell").all_inner_texts()
    return [yen(cell) for cell in cells[1:]]


class TestTwoFinanceOfficers:
    async def test_approve_over_an_unchecked_value_only_with_a_reason_that_stays_visible(
        self, notified: Burden, visitor
    ):
        async with visitor() as one:
            await one.sign_in(FINANCE_A)
            await one.go(notified.run)
            assert OVERRIDE in await text_of(one)
            await expect(one.saying("別の担当者が確認していない値が1件あります(神戸市)。").first).to_be_visible()

    async def test_see_the_stage_done_in_the_plan_of_the_year(self, notified: Burden, visitor):
        async with visitor() as one:
            await one.sign_in(FINANCE_A)
            await one.go(f"{notified.program}/calendar")
            await expect(one.row("通知")).to_contain_text("承認済み")

    async def test_are_shown_what_changed_since_and_that_a_run_is_due(self, changed: Final):
        assert "前回の計算から変わりました" in changed.proposed
        assert MAIN_COST in changed.proposed

    async def test_are_held_up_by_an_open_objection(self, changed: Final):
        assert "終了していない照会・異議が1件あります" in changed.blocked
        assert "理由を書けば承認できます" in changed.blocked

    async def test_hand_out_what_changed_for_every_member(self, changed: Final, visitor):
        async with visitor() as one:
            await one.sign_in(FINANCE_B)
            await one.go(f"{changed.now.run}/collection")
            _, book = await one.receive(one.page.get_by_role("link", name=re.compile("差額調書.*Excel")))
            texts = [str(cell) for row in openpyxl.load_workbook(io.BytesIO(book)).worksheets[0].values for cell in row]
            assert REASON in " ".join(texts)
            assert TOWN in texts


class TestTownFinanceOfficer:
    async def test_follows_a_figure_to_its_reasons(self, notified: Burden, visitor, look: Look):
        async with visitor() as one:
            await one.sign_in(INAGAWA)
            await one.go(notified.statement)
            await look(one, "statement-notified")
            row = one.row(MAIN_COST).first
            share = (await row.get_by_role("cell").all_inner_texts())[-1]
            await row.get_by_role("link").last.click()
            await expect(one.page.get_by_role("heading", level=1)).to_contain_text("なぜこの金額ですか")
            anchor = one.page.url.split("#")[1]
            await expect(one.page.locator(f"#{anchor}")).to_contain_text(share)
            await one.page.evaluate("history.replaceState(null, '', location.pathname)")
            await look(one, "why")

    async def test_receives_workbook_statement_and_payment_notice_of_the_same_amount(self, notified: Burden, visitor):
        async with visitor() as one:
            await one.sign_in(INAGAWA)
            await one.go(notified.statement)
            _, book = await one.receive(one.page.get_by_role("link", name="Excel"))
            sheet = openpyxl.load_workbook(io.BytesIO(book), data_only=True).worksheets[0]
            stated = [row for row in sheet.iter_rows(values_only=True) if "納めていただく額(円)" in row]
            assert notified.invoice_yen in stated[0]
            _, paper = await one.receive(one.page.get_by_role("link", name="PDF", exact=True))
            assert f"{notified.invoice_yen:,} 円" in words_of(paper)
            _, notice = await one.receive(one.page.get_by_role("link", name="納入通知書(PDF)"))
            asked = [yen(one) for one in re.findall(r"金額\s*([\d,]+)円\s*指紋", words_of(notice))]
            assert sum(asked) == notified.invoice_yen
            assert len(asked) == len(DUES)

    async def test_reads_the_answer_to_its_objection(self, changed: Final, objected: str, visitor, look: Look):
        async with visitor() as one:
            await one.sign_in(INAGAWA)
            await one.go(objected)
            await expect(one.saying(ANSWER)).to_be_visible()
            await expect(one.saying("変更なし")).to_be_visible()
            await look(one, "dispute-closed")

    async def test_sees_original_difference_and_reason_and_pays_the_rest_with_the_next_instalment(
        self, changed: Final, visitor, look: Look
    ):
        more = changed.now.invoice_yen - changed.before.invoice_yen
        assert more > 0
        async with visitor() as one:
            await one.sign_in(INAGAWA)
            await one.go(changed.now.statement)
            await look(one, "statement-changed")
            said = await text_of(one)
            assert f"当初(前回通知)の額 {changed.before.invoice_yen:,}円" in said
            assert REASON in said
            first, second = await instalment(one, 1), await instalment(one, 2)
            assert (first[1], second[1]) == (0, more)
            assert first[2] + second[2] == changed.now.invoice_yen
