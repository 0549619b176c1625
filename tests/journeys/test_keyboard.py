"""With the keyboard alone: every stop shows where one is, and a town's officer comes to the papers."""

from playwright.async_api import Page, expect

from tests.journeys.people import INAGAWA, Visitor

MOST_STOPS = 60  # more than any page on the way has before its content

# The words of the element in focus, and whether its outline can be seen.
FOCUSED = """() => {
  const one = document.activeElement, style = getComputedStyle(one);
  const label = one.labels && one.labels.length ? one.labels[0].textContent : one.textContent;
  return [(one.getAttribute("aria-label") || label || "").trim(),
          style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
}"""


async def tab_to(page: Page, words: str) -> list[str]:
    """Presses Tab until the focus stands on ``words``; returns the stops without a visible outline."""
    unseen = []
    for _ in range(MOST_STOPS):
        await page.keyboard.press("Tab")
        label, outlined = await page.evaluate(FOCUSED)
        if not outlined:
            unseen.append(label)
        if label.startswith(words):
            return unseen
    raise AssertionError(f"{words} is not reached with {MOST_STOPS} presses of Tab")


async def sign_in_by_keyboard(one: Visitor, email: str, password: str) -> list[str]:
    page = one.page
    await page.goto(one.url)
    unseen = await tab_to(page, "メールアドレス")
    await page.keyboard.type(email)
    unseen += await tab_to(page, "パスワード")
    await page.keyboard.type(password)
    unseen += await tab_to(page, "サインイン")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1, name="今週やること")).to_be_visible()
    return unseen


class TestKeyboard:
    async def test_leads_from_sign_in_to_the_statement_and_its_workbook(self, visitor, demonstration):
        async with visitor() as one:
            page = one.page
            unseen = await sign_in_by_keyboard(one, INAGAWA, demonstration.passwords[INAGAWA])
            unseen += await tab_to(page, "負担金")
            await page.keyboard.press("Enter")
            await page.wait_for_url("**/statements")
            unseen += await tab_to(page, "衛星画像による広域漏水調査支援事業")
            await page.keyboard.press("Enter")
            await page.wait_for_url("**/statements/*")
            unseen += await tab_to(page, "Excel")
            async with page.expect_download() as coming:
                await page.keyboard.press("Enter")
            assert (await coming.value).suggested_filename.endswith(".xlsx")
            assert unseen == []

    async def test_skips_to_the_content_with_the_first_stop(self, visitor):
        async with visitor() as one:
            await one.sign_in(INAGAWA)
            await one.go("/statements")
            await one.page.keyboard.press("Tab")
            await expect(one.page.get_by_role("link", name="本文へ移動")).to_be_focused()
            await expect(one.page.get_by_role("link", name="本文へ移動")).to_be_in_viewport()
            await one.page.keyboard.press("Enter")
            await expect(one.page.get_by_role("main")).to_be_focused()
            assert await tab_to(one.page, "衛星画像による広域漏水調査支援事業") == []
