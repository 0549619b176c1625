"""A person at a browser: signs in, walks by labels and roles, and notices what no page may do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, ConsoleMessage, Dialog, Locator, Page, Request, Response

from tests.journeys.demonstration import Demonstration

FINANCE_A, FINANCE_B = "finance-a@pref.example.jp", "finance-b@pref.example.jp"
LIAISON, OPERATOR = "liaison@pref.example.jp", "admin@pref.example.jp"
INAGAWA, KOBE, KAMIKAWA = "finance@inagawa.example.jp", "finance@kobe.example.jp", "finance@kamikawa.example.jp"
BOTH = "both@inagawa.example.jp"
KOBE_ADMIN = "admin@kobe.example.jp"

ANSWER_MS = 15_000  # a page answers within a second; two processors shared with the other tests get the rest
WIDE = {"width": 1280, "height": 1200}  # the height is that of most pictures
BAD_REQUEST = 400


class Visitor:
    """One browser of one person; ``complaints`` gathers what must never happen on any page."""

    def __init__(self, page: Page, demonstration: Demonstration, sessions: dict[str, Any]) -> None:
        self.page = page
        self.url = demonstration.url
        self.complaints: list[str] = []
        self.questions: list[str] = []
        """What the browser's own dialogs asked; every question is answered with yes."""
        self._passwords = demonstration.passwords
        self._sessions = sessions
        page.on("request", self._see_request)
        page.on("response", self._see_response)
        page.on("console", self._see_console)
        page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        page.on("dialog", self._answer)

    async def sign_in(self, email: str) -> "Visitor":
        """Comes to 今週やること: signs in, or goes on with the session of an earlier test, as people do all day."""
        if email in self._sessions:
            await self.page.context.add_cookies(self._sessions[email])
            await self.go("/")
        else:
            await self.give_password(email, self._passwords[email])
            self._sessions[email] = await self.page.context.cookies()
        await self.page.get_by_role("heading", level=1, name="今週やること").wait_for()
        return self

    async def give_password(self, email: str, password: str) -> None:
        """Fills in the sign-in form and sends it, whatever comes after it."""
        await self.page.goto(f"{self.url}/")
        await self.page.get_by_label("メールアドレス").fill(email)
        await self.page.get_by_label("パスワード").fill(password)
        await self.press("サインイン")

    async def go(self, path: str) -> int:
        """Opens an address of the product; returns the answer's status."""
        answer = await self.page.goto(f"{self.url}{path}")
        assert answer is not None
        return answer.status

    async def follow(self, link: str, *, inside: Locator | None = None) -> None:
        """Follows the one link with this name and waits for its page."""
        await (inside or self.page).get_by_role("link", name=link, exact=True).click()
        await self.page.wait_for_load_state()

    async def turn_to(self, module: str) -> None:
        """Goes to another part of the product by the row of modules on top."""
        await self.follow(module, inside=self.page.get_by_role("navigation", name="業務"))

    async def press(self, button: str) -> None:
        """Presses the one button with this name and waits for the page that answers."""
        async with self.page.expect_navigation():
            await self.page.get_by_role("button", name=button, exact=True).click()

    def saying(self, text: str) -> Locator:
        """Whatever shows this text in the page's main part."""
        return self.page.get_by_role("main").get_by_text(text)

    def row(self, name: str) -> Locator:
        """The table row whose heading is ``name``."""
        heading = self.page.get_by_role("rowheader", name=name, exact=True)
        return self.page.get_by_role("row").filter(has=heading)

    async def receive(self, link: Locator) -> tuple[str, bytes]:
        """Takes the file behind a link: the name it is saved under, and its bytes."""
        async with self.page.expect_download() as coming:
            await link.click()
        download = await coming.value
        return download.suggested_filename, (await download.path()).read_bytes()

    def _see_request(self, request: Request) -> None:
        if not request.url.startswith(f"{self.url}/"):
            self.complaints.append(f"asked elsewhere: {request.url}")

    def _see_response(self, response: Response) -> None:
        if response.status >= BAD_REQUEST and not response.request.is_navigation_request():
            self.complaints.append(f"{response.status} for {response.url}")

    def _see_console(self, message: ConsoleMessage) -> None:
        # The browser also notes the status of a page that rightly answers 404 or 422; _see_response judges the rest.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            where = message.location
            self.complaints.append(f"console: {message.text} ({self.page.url}, {where['url']}:{where['lineNumber']})")

    async def _answer(self, dialog: Dialog) -> None:
        if dialog.type == "beforeunload":
            self.complaints.append(f"said that entries would be lost: {self.page.url}")
        else:
            self.questions.append(dialog.message)
        await dialog.accept()


@asynccontextmanager
async def visit(
    browser: Browser, demonstration: Demonstration, sessions: dict[str, Any], **options: Any
) -> AsyncIterator[Visitor]:
    """A fresh browser; on leaving, nothing may have been loaded from elsewhere, blocked, missing or broken.

    ``sessions`` remembers the cookies of whoever signed in, by e-mail address.
    """
    context = await browser.new_context(**{"viewport": WIDE, "locale": "ja-JP", **options})
    context.set_default_timeout(ANSWER_MS)
    try:
        visitor = Visitor(await context.new_page(), demonstration, sessions)
        yield visitor
        if visitor.complaints:
            raise AssertionError("\n".join(visitor.complaints))
    finally:
        await context.close()
