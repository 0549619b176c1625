"""The states of pages no link leads to, under axe-core: refused, missing, asked, on paper; and the keyboard's order."""

import pytest
from playwright.async_api import expect

from tests.journeys.accessibility import Findings, judge
from tests.journeys.people import FINANCE_A, INAGAWA, KOBE_ADMIN, Visitor
from tests.journeys.test_keyboard import FOCUSED

WIDTHS = (1280, 320)
MOST_STOPS = 25  # enough to leave the header and stand in the content

REFUSED = ((FINANCE_A, "/programs/new"), (INAGAWA, "/me/password"), (KOBE_ADMIN, "/people/invitations/new"))
"""Forms sent empty: by whom, and where."""

# The order of the stops as they stand in the document.
PLACE = "() => [...document.querySelectorAll('*')].indexOf(document.activeElement)"


async def each_width(one: Visitor, found: Findings, place: str) -> None:
    """Looks at the page at every width."""
    for width in WIDTHS:
        await one.page.set_viewport_size({"width": width, "height": 900})
        await found.look(one.page, f"{place} {width}")


class TestStates:
    async def test_refused_forms_announce_their_faults(self, visitor):
        found = Findings()
        for email, path in REFUSED:
            async with visitor() as one:
                await one.sign_in(email)
                if await one.go(path) != 200:
                    continue
                form = one.page.get_by_role("main").locator("form[method=post]").first
                async with one.page.expect_navigation():
                    await form.get_by_role("button").first.click()
                await expect(one.page.locator("#error-summary, [role=alert]").first).to_be_visible()
                await expect(one.page.locator("#error-summary")).to_be_focused()
                await each_width(one, found, f"{path} refused")
        judge(found, "refused")
        assert found.looks >= 2 * len(WIDTHS)

    async def test_pages_without_a_session_or_a_record(self, visitor):
        found = Findings()
        async with visitor() as one:
            for path in ("/sign-in", "/reset", "/status", "/manual"):
                await one.go(path)
                await each_width(one, found, path)
            await one.sign_in(INAGAWA)
            for path in ("/statements/999999", "/programs"):
                assert await one.go(path) in {403, 404}
                await each_width(one, found, path)
        judge(found, "errors")

    async def test_the_open_menu_and_the_question_before_the_session_ends(self, visitor):
        found = Findings()
        async with visitor() as one:
            await one.sign_in(FINANCE_A)
            await one.page.set_viewport_size({"width": 320, "height": 900})
            await one.page.locator(".menu summary").click()
            await found.look(one.page, "open menu")
            await one.page.keyboard.press("Escape")
            await one.page.set_viewport_size({"width": 1280, "height": 900})
            await one.page.evaluate("document.getElementById('session-warning').showModal()")
            await expect(one.page.get_by_role("button", name="続ける")).to_be_focused()
            await found.look(one.page, "session warning")
        judge(found, "dialogs")

    async def test_pages_on_paper(self, visitor):
        found = Findings()
        async with visitor() as one:
            await one.sign_in(FINANCE_A)
            await one.page.emulate_media(media="print")
            for path in ("/", "/programs", "/tenants"):
                await one.go(path)
                await found.look(one.page, f"{path} on paper", targets=False)
        judge(found, "paper")


class TestKeyboard:
    @pytest.mark.parametrize("path", ["/", "/programs", "/programs/new", "/me"])
    async def test_goes_through_the_page_in_its_order_and_always_shows_where(self, path: str, visitor):
        async with visitor() as one:
            await one.sign_in(FINANCE_A)
            await one.go(path)
            stops, unseen = [], []
            for _ in range(MOST_STOPS):
                await one.page.keyboard.press("Tab")
                if await one.page.evaluate("document.activeElement === document.body"):
                    break  # after the last stop the browser itself has the focus
                label, outlined = await one.page.evaluate(FOCUSED)
                unseen += [] if outlined else [label]
                stops.append(await one.page.evaluate(PLACE))
            assert len(stops) > 1
            assert stops == sorted(stops)
            assert unseen == []
