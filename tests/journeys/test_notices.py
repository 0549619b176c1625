"""Notices wait on their page whether or not mail arrives; an administrator sees how far the mails got."""

from playwright.async_api import expect

from tests.journeys.colleagues import mark
from tests.journeys.people import KAMIKAWA, KOBE_ADMIN, Visitor

SUBJECT = "負担金算定書が届きました: 衛星画像による広域漏水調査支援事業"


async def invite_by_mail(one: Visitor, address: str) -> None:
    """Leaves the tick at 「メールでも送る」, and takes the invitation back at once."""
    page = one.page
    await one.go("/people/invitations/new")
    await page.get_by_label("氏名").fill("道路担当G")
    await page.get_by_label("メールアドレス").fill(address)
    await page.get_by_role("checkbox", name="市町 担当者").check()
    await one.press("招待する")
    await expect(one.saying("メールを送信待ちに入れました。")).to_be_visible()
    await one.press("招待を取り下げる")


class TestNotices:
    async def test_lead_to_what_they_tell_of(self, visitor, take):
        async with visitor() as one:
            await one.sign_in(KAMIKAWA)
            await one.go("/notices")
            await take(one.page, "notices")
            told = one.page.get_by_role("listitem").filter(has=one.page.get_by_role("heading", name=SUBJECT))
            await told.last.get_by_role("button").click()
            title = SUBJECT.split(": ")[1]
            await expect(one.page.get_by_role("heading", level=1)).to_contain_text(title)

    async def test_show_an_administrator_how_far_the_mails_got(self, visitor, take):
        address = f"doro-g{mark()}@kobe.example.jp"
        async with visitor() as one:
            await one.sign_in(KOBE_ADMIN)
            await invite_by_mail(one, address)
            await one.go("/notices")
            await one.follow("メールの送信状況を見る")
            await expect(one.page.get_by_role("row").filter(has_text=address)).to_have_count(1)
            await take(one.page, "mails")
