"""Signing in and moving between organisations, as the browser does it."""

from tenants.context import Role
from tests.factories.browsers import Browser, new_browser
from tests.factories.worlds import World


class TestSignIn:
    async def test_leads_home_and_shows_who_and_for_whom(self, browser: Browser, world: World):
        answer = await browser.sign_in(world.people["280003", Role.PREFECTURE_FINANCE][1])
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        home = await browser.get("/")
        assert home.status_code == 200
        assert "今週やること" in home.text
        assert "県 財政担当" in home.text

    async def test_answers_the_same_for_unknown_people_and_wrong_passwords(self, browser: Browser, world: World):
        known = await browser.sign_in(world.people["280003", Role.LIAISON][1], "wrong password")
        unknown = await browser.sign_in("nobody@example.lg.jp", "wrong password")
        assert known.status_code == unknown.status_code == 422
        shown = [
            text.replace("nobody@example.lg.jp", "X").replace(world.people["280003", Role.LIAISON][1], "X")
            for text in (known.text, unknown.text)
        ]
        assert _without_numbers(shown[0]) == _without_numbers(shown[1])

    async def test_sends_people_without_a_session_to_sign_in_and_back(self, browser: Browser):
        answer = await browser.get("/programs")
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/programs")


class TestPages:
    async def test_all_open_for_their_roles(self, app: object, world: World):
        for role, paths in (
            (Role.PREFECTURE_FINANCE, ("/", "/programs", "/programs/new", "/tenants", "/jobs", "/organisation")),
            (Role.PREFECTURE_ADMIN, ("/", "/audit", "/tenants")),
        ):
            async with new_browser(app, world.people["280003", role][1]) as one:
                for path in (*paths, "/status"):
                    answer = await one.get(path)
                    assert answer.status_code == 200, (path, answer.text)


def _without_numbers(text: str) -> str:
    import re

    return re.sub(r"[0-9a-f]{16,}", "", text)
