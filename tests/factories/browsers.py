"""A client that signs in, follows the product's own forms, and refuses invalid HTML and duplicate ids."""

import re
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import html5lib
import httpx

from services.assembly.app import build_litestar
from services.assembly.settings import Settings
from tenants.web.headers import with_headers
from tenants.web.visit import Site
from tests.factories.databases import ClonedDatabase
from tests.factories.worlds import PASSWORD

HOST = "http://yui.test"


def settings_for(database: ClonedDatabase, **changes: Any) -> Settings:
    """Settings of a deployment on the cloned database, without broker and storage unless given."""
    values: dict[str, Any] = {
        "database_url": database.application,
        "owner_database_url": database.owner,
        "broker_url": "redis://127.0.0.1:1/0",
        "s3_endpoint": "http://127.0.0.1:1",
        "s3_bucket": "yui",
        "s3_access_key": "none",
        "s3_secret_key": "none",
        "secret_key": "x" * 40,
        "prefecture_name": "兵庫県",
        "secure_cookies": False,
        "pool_size": 6,
    }
    return Settings(**{**values, **changes})


class InvalidHtmlError(AssertionError):
    """A page that is not valid HTML."""


class Browser:
    """One person's browser on the application, in the same process."""

    def __init__(self, app: Any) -> None:
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=HOST)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        """Loads a page and checks its HTML."""
        return self._checked(await self.client.get(path, **options))

    async def post(self, path: str, fields: dict[str, Any] | None = None, *, csrf: str | None = None) -> httpx.Response:
        """Sends a form with the session's token, as the page itself would."""
        token = await self.csrf_token() if csrf is None else csrf
        data = {"csrf_token": token, **(fields or {})}
        return self._checked(await self.client.post(path, data=data, headers={"sec-fetch-site": "same-origin"}))

    async def csrf_token(self) -> str:
        """The token that stands in the page's forms."""
        page = await self.client.get("/jobs")
        match = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        return match.group(1) if match else ""

    async def sign_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        """Signs in through the form."""
        page = await self.get("/sign-in")
        match = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert match, page.text
        fields = {"csrf_token": match.group(1), "email": email, "password": password}
        return self._checked(await self.client.post("/sign-in", data=fields, headers={"sec-fetch-site": "same-origin"}))

    def _checked(self, response: httpx.Response) -> httpx.Response:
        if response.headers.get("content-type", "").startswith("text/html"):
            check_html(response.text, partial=response.request.headers.get("hx-request") == "true")
        return response


def check_html(text: str, *, partial: bool = False) -> None:
    """Raises InvalidHtmlError for a parse error or an id used twice."""
    parser = html5lib.HTMLParser()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = parser.parseFragment(text) if partial else parser.parse(text)
    if parser.errors:
        position, code, details = parser.errors[0]
        line = text.splitlines()[position[0] - 1] if position[0] <= len(text.splitlines()) else ""
        raise InvalidHtmlError(f"{code} {details} at {position}: {line.strip()[:200]}")
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    doubled = {one for one in ids if ids.count(one) > 1}
    if doubled:
        raise InvalidHtmlError(f"ids used twice: {sorted(doubled)}")


@asynccontextmanager
async def running_app(settings: Settings, **options: Any) -> AsyncIterator[Any]:
    """The application with its pool open, as under the server's lifespan."""
    litestar = build_litestar(settings, **options)
    site: Site = litestar.state.site
    await site.pool.open()
    try:
        yield with_headers(litestar, secure=settings.secure_cookies)
    finally:
        await site.pool.close()


@asynccontextmanager
async def new_browser(app: Any, email: str | None = None) -> AsyncIterator[Browser]:
    """A browser of its own, signed in as ``email`` when given."""
    browser = Browser(app)
    async with browser.client:
        if email is not None:
            answer = await browser.sign_in(email)
            assert answer.status_code == 303, answer.text
        yield browser
