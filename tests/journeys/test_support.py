"""The prefecture and the towns' walls: it appoints a first administrator, and looks into a town only in its sight."""

from playwright.async_api import expect

from tests.journeys.colleagues import accept, mark
from tests.journeys.people import OPERATOR, Visitor

TOWN_ADMINISTRATOR = "admin@inagawa.example.jp"
TOWN, REASON = "猪名川町 (283011)", "11月20日に管理者から電話。負担金の画面の見方を一緒に確かめる。"


async def appoint(one: Visitor, take) -> str:
    """Names the first administrator of a town that has none; returns the code on the slip."""
    page = one.page
    await one.turn_to("利用者")
    await one.follow("各団体の管理者")
    await take(page, "organisations-administrators")
    row = page.get_by_role("row").filter(has_text="任命する").first
    await row.get_by_role("link", name="任命する").click()
    await page.get_by_label("氏名").fill(f"情報担当{mark()}")
    await page.get_by_label("メールアドレス").fill(f"first{mark()}@town.example.jp")
    await page.get_by_label("理由").fill("利用開始の申請(令和8年11月20日付け)による")
    await take(page, "administrator-appoint")
    await one.press("管理者として招待する")
    await take(page, "administrator-appointed")
    await one.follow("用紙を印刷する")
    return await page.locator(".slip__code").inner_text()


class TestOperatorOfPrefecture:
    async def test_appoints_the_first_administrator_of_a_town(self, visitor, take):
        async with visitor() as one, visitor() as first:
            await one.sign_in(OPERATOR)
            await accept(first, await appoint(one, take))
            await one.follow("各団体の管理者", inside=one.page.get_by_role("navigation", name="現在位置"))
            await expect(one.page.get_by_role("row").filter(has_text=f"情報担当{mark()}").first).to_be_visible()

    async def test_looks_into_a_town_in_its_sight_and_leaves(self, visitor, take):
        async with visitor() as one, visitor() as town:
            page = one.page
            await one.sign_in(OPERATOR)
            await one.turn_to("支援の閲覧")
            await page.get_by_label("市町").first.select_option(label=TOWN)
            await page.get_by_role("radio", name="市町 財政担当").check()
            await page.get_by_label("理由").fill(REASON)
            await take(page, "support-new")
            await one.press("30分間の閲覧を始める")
            await expect(page.get_by_text("支援の閲覧中")).to_contain_text(
                "支援の閲覧中: 猪名川町 の画面を、市町 財政担当として"
            )
            await one.turn_to("負担金")
            await take(page, "support-looking")
            await one.press("閲覧を終える")
            await expect(one.saying("支援の閲覧を終えました。")).to_be_visible()
            await expect(page.get_by_text("支援の閲覧中")).to_have_count(0)
            await one.turn_to("操作記録")
            for act in ("支援の閲覧を開始", "支援のため画面を閲覧 /statements", "支援の閲覧を終了"):
                await expect(page.get_by_role("listitem").filter(has_text=act).first).to_contain_text("猪名川町")
            await town.sign_in(TOWN_ADMINISTRATOR)
            await town.turn_to("県・外部の閲覧")
            await expect(town.page.get_by_role("row").filter(has_text=REASON).first).to_contain_text("終了")
            await expect(town.saying("負担金(/statements)").first).to_be_visible()
            await take(town.page, "outsiders", tallest=1200)
