"""The yearly review: every role of a town is kept, changed or removed, and the decisions become a report to sign."""

import pypdfium2
from playwright.async_api import expect

from tests.journeys.people import Visitor

ADMINISTRATOR = "admin@kamikawa.example.jp"
REPORT_SECONDS = 60  # a second or two on a free processor


async def decide(one: Visitor, name: str, decision: str, *, new_role: str = "", note: str = "") -> None:
    """Opens the person's line, chooses, and comes back to the review."""
    await one.page.get_by_role("rowheader", name=name).get_by_role("link").click()
    await one.page.get_by_role("radio", name=decision, exact=True).check()
    if new_role:
        await one.page.get_by_label("変更後の役割").select_option(label=new_role)
    await one.page.get_by_label("メモ").fill(note)


class TestYearlyReview:
    async def test_is_opened_decided_and_closed_with_a_report(self, visitor, take):
        async with visitor() as one:
            page = one.page
            await one.sign_in(ADMINISTRATOR)
            await one.turn_to("利用者")
            await one.follow("棚卸し")
            await one.follow("棚卸しを始める")
            await take(page, "review-new")
            await one.press("棚卸しを始める")
            await take(page, "review-open")
            await expect(one.saying("棚卸しを始めました。")).to_be_visible()
            await decide(one, "担当者・神河", "役割を変更", new_role="市町 財政担当", note="4月から財政係")
            await take(page, "review-line")
            await one.press("保存する")
            await decide(one, "財政・神河", "削除", note="年度内に退職")
            await one.press("保存する")
            await expect(page.get_by_role("button", name="終了して報告書を作る")).to_have_count(0)
            await decide(one, "管理者・神河", "継続")
            await one.press("保存する")
            await expect(one.row("担当者・神河")).to_contain_text("4月から財政係")
            await take(page, "review-decided")
            await one.press("終了して報告書を作る")
            done = one.page.get_by_role("link", name="棚卸しを見る")
            await expect(done).to_be_visible(timeout=REPORT_SECONDS * 1000)
            await done.click()
            await expect(page.get_by_role("link", name="報告書(PDF)")).to_be_visible()
            await take(page, "review-closed")
            _, paper = await one.receive(page.get_by_role("link", name="報告書(PDF)"))
            shown = await page.locator("code.fingerprint").inner_text()
            with pypdfium2.PdfDocument(paper) as document:
                text = document[0].get_textpage().get_text_range()
            assert shown in "".join(text.split())
            for word in ("担当者・神河", "4月から財政係", "年度内に退職", "情報セキュリティ責任者"):
                assert word in text
