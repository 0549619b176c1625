"""The same jobs in a browser that runs no scripts: every step is a link or a form, progress comes by reloading."""

import time

from playwright.async_api import expect

from tests.journeys.people import FINANCE_A, FINANCE_B, INAGAWA, Visitor
from tests.journeys.programs import COMPUTE_SECONDS, PAPERS_SECONDS, Plan, approve, set_up, start

PLAN = Plan(
    title="見本の共同調達(スクリプトなし)",
    due_date="R9.3.26",
    members=("神戸市", "神河町"),
    direct_member="神河町(284467)",
)
NEWEST = "最新の状態を見る"


async def reload_until(one: Visitor, text: str, seconds: float) -> None:
    """Follows the link to the newest state until ``text`` stands there."""
    deadline = time.monotonic() + seconds
    while not await one.saying(text).count():
        assert time.monotonic() < deadline, f"no 「{text}」 after {seconds} seconds"
        await one.page.wait_for_timeout(250)
        await one.follow(NEWEST)


class TestWithoutScripts:
    async def test_two_officers_set_up_compute_and_approve(self, visitor):
        async with visitor(java_script_enabled=False) as one, visitor(java_script_enabled=False) as other:
            await one.sign_in(FINANCE_A)
            await start(one, await set_up(one, PLAN))
            await reload_until(one, "検算一致", COMPUTE_SECONDS)
            run = one.page.url
            await one.press("承認へ送る")
            await other.sign_in(FINANCE_B)
            await other.page.goto(run)
            await approve(other)
            await reload_until(other, "2 団体の負担金算定書(Excel・PDF)を発行しました。", PAPERS_SECONDS)

    async def test_a_town_reads_its_statement_and_receives_its_papers(self, visitor):
        async with visitor(java_script_enabled=False) as one:
            await one.sign_in(INAGAWA)
            await one.follow("負担金")
            await one.follow("衛星画像による広域漏水調査支援事業")
            await expect(one.page.get_by_role("heading", name="なぜこの金額ですか")).to_be_visible()
            for label, beginning in (("Excel", b"PK"), ("PDF", b"%PDF-")):
                _, content = await one.receive(one.page.get_by_role("link", name=label, exact=True))
                assert content.startswith(beginning)
