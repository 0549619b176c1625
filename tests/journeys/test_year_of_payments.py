"""What follows a notified burden: charged, received, reminded; papers checked by anybody; a run withdrawn."""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.async_api import expect

from tenants.calendar import japanese_date
from tests.journeys.burden import TOWN, Burden, Final, words_of
from tests.journeys.people import FINANCE_A, FINANCE_B, INAGAWA, Visitor
from tests.journeys.programs import Look, text_of, yen
from tests.journeys.year import TODAY, levy

CODE = re.compile(r"[A-Z2-7]{5}(?:-[A-Z2-7]{5}){3}")
NUMBER = re.compile(r"R\d+-\d+-\d+-\d{6}")
WITHDRAWN = "契約額の入力を誤ったため、計算し直します。"
PAY_BY_DAYS = 20  # more than a reminder gives at least


async def figure(one: Visitor, name: str) -> int:
    """The amount beside a name on top of a page."""
    line = one.page.locator("dl div").filter(has=one.page.get_by_text(name, exact=True))
    return yen(await line.locator("dd").first.inner_text())


async def papers(one: Visitor, statement: str) -> tuple[bytes, str, str]:
    """A statement's PDF with the number and the code printed on it."""
    await one.go(statement)
    _, paper = await one.receive(one.page.get_by_role("link", name=re.compile(r"^PDF")))
    text = words_of(paper)
    found = CODE.search(text)
    assert found, text
    return paper, NUMBER.findall(text[: found.start()])[-1], found[0]  # an earlier paper's number may stand above


async def check(one: Visitor, number: str, amount: int, code: str) -> str:
    """What 書類の確認 answers to somebody who has not signed in."""
    await one.go("/verify")
    await one.page.get_by_label("文書番号").fill(number)
    await one.page.get_by_label("金額").fill(f"{amount:,}")
    await one.page.get_by_label("指紋").fill(code)
    await one.press("確かめる")
    return await one.page.locator("#answer").inner_text()


@pytest.fixture(scope="module")
async def charged(changed: Final, visitor, look: Look) -> Final:
    """The changed burden charged, the town's first instalment received in part, and whoever is late reminded."""
    async with visitor() as one:
        await one.sign_in(FINANCE_A)
        await levy(one, changed.now.program, TODAY)
        await look(one, "payments")
        await one.page.get_by_role("row").filter(has_text=TOWN).get_by_role("link").first.click()
        await one.page.get_by_label("収納日").fill(japanese_date(TODAY))
        await one.page.get_by_label("金額").fill("1,000")
        await look(one, "payment")
        await one.press("記録する")
        await expect(one.saying("収納を記録しました。")).to_be_visible()
        return changed


class TestFinanceOfficerOfPrefecture:
    async def test_records_a_receipt_which_leaves_the_rest_open(self, charged: Final, visitor):
        async with visitor() as one:
            await one.sign_in(FINANCE_A)
            await one.go(f"{charged.now.program}/payments")
            assert await figure(one, "収納額の計") == 1_000
            assert await figure(one, "残額") == await figure(one, "調定額の計") - 1_000

    async def test_reminds_everybody_who_is_late_at_once(self, charged: Final, visitor, look: Look):
        async with visitor() as one, visitor() as town:
            await one.sign_in(FINANCE_A)
            await one.go(f"{charged.now.program}/payments?status=overdue")
            late = one.page.get_by_role("region", name="督促する")
            await late.get_by_label("督促の納付期限").fill(japanese_date(TODAY + timedelta(days=PAY_BY_DAYS)))
            await look(one, "payments-late")
            await one.press("まとめて督促する")
            await expect(one.saying("督促を記録し、団体の財政担当に知らせました。")).to_be_visible()
            await town.sign_in(INAGAWA)
            await town.go(charged.now.statement)
            await expect(town.saying("期限超過")).to_be_visible()


class TestAnybodyWithThePaper:
    async def test_learns_that_it_is_the_issued_one_and_that_an_altered_amount_is_not(
        self, notified: Burden, visitor, look: Look
    ):
        async with visitor() as town, visitor() as anybody:
            await town.sign_in(INAGAWA)
            paper, number, code = await papers(town, notified.statement)
            assert "発行したものと一致します" in await check(anybody, number, notified.invoice_yen, code)
            await look(anybody, "verify-right")
            assert "一致しません" in await check(anybody, number, notified.invoice_yen + 10_000, code)
            await look(anybody, "verify-altered")
            for sent, answer in ((paper, "発行したものと一致します"), (paper + b" ", "一致しません")):
                file = {"name": "paper.pdf", "mimeType": "application/pdf", "buffer": sent}
                await anybody.go("/verify")
                await anybody.page.get_by_label("受け取ったPDF").set_input_files(file)
                await anybody.press("ファイルを確かめる")
                await expect(anybody.page.locator("#answer")).to_contain_text(answer)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A run withdrawn after it was charged, and what stands on the paper the town holds of it."""

    final: Final
    number: str
    code: str


@pytest.fixture(scope="module")
async def withdrawn(charged: Final, visitor, look: Look) -> Withdrawn:
    """The charged run withdrawn, not by who approved it."""
    async with visitor() as preparer, visitor() as approver, visitor() as town:
        await approver.sign_in(FINANCE_B)
        await approver.go(charged.now.run)
        await expect(approver.page.get_by_role("button", name="承認を取り消す")).to_have_count(0)
        await town.sign_in(INAGAWA)
        _, number, code = await papers(town, charged.now.statement)
        await preparer.sign_in(FINANCE_A)
        await preparer.go(charged.now.run)
        await preparer.page.locator("summary", has_text="承認を取り消す").click()
        await preparer.page.get_by_label("取り消す理由").fill(WITHDRAWN)
        await look(preparer, "run-withdrawing")
        await preparer.press("承認を取り消す")
        await expect(preparer.saying("承認を取り消しました。")).to_be_visible()
        await look(preparer, "run-withdrawn")
        return Withdrawn(charged, number, code)


class TestThirdAct:
    """Withdrawing: not by who approved, with a reason, and everybody is told."""

    async def test_tells_the_town_and_whoever_holds_the_paper(self, withdrawn: Withdrawn, visitor, look: Look):
        async with visitor() as town, visitor() as anybody:
            now = withdrawn.final.now
            await town.sign_in(INAGAWA)
            await town.go(now.statement)
            assert WITHDRAWN in await text_of(town)
            await look(town, "statement-withdrawn")
            assert "取り消されました" in await check(anybody, withdrawn.number, now.invoice_yen, withdrawn.code)

    async def test_lets_what_was_charged_too_much_be_charged_back(self, withdrawn: Withdrawn, visitor):
        async with visitor() as one:
            now = withdrawn.final.now
            await one.sign_in(FINANCE_A)
            await one.go(now.run)
            await expect(one.saying("この計算は取り消されました")).to_be_visible()
            await one.go(f"{now.program}/payments")
            before = await figure(one, "調定額の計")
            await levy(one, now.program, TODAY)
            assert await figure(one, "調定額の計") < before
