"""Somebody who works for two organisations: one sign-in, and always one of them at a time."""

from playwright.async_api import expect

from tests.journeys.people import BOTH

TOWN, UNION = "猪名川町", "見本水道企業団"


class TestPersonOfTwoOrganisations:
    async def test_switches_and_works_for_the_other(self, visitor, take):
        async with visitor() as one:
            await one.sign_in(BOTH)
            banner = one.page.get_by_role("banner")
            for name, role in ((UNION, "市町 財政担当"), (TOWN, "市町 担当者")):
                await one.go("/organisation")
                await take(one.page, "organisation")
                button = one.page.get_by_role("button").filter(has_text=name)
                if await button.count():  # an earlier test may have left this one chosen
                    async with one.page.expect_navigation():
                        await button.click()
                await expect(banner.get_by_text(name).first).to_be_visible()
                await expect(banner.get_by_text(role).first).to_be_visible()
