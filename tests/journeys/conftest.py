"""What the journeys share: the running demonstration, headless Chromium and fresh browsers for people."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright

from tests.journeys.burden import changed, look, notified, objected
from tests.journeys.demonstration import Demonstration, running_demonstration
from tests.journeys.people import Visitor, visit
from tests.journeys.pictures import picture

__all__ = ["changed", "look", "notified", "objected"]  # fixtures: pytest finds them by their names here

CHROMIUM = "CHROMIUM"
"""Names the browser where it is not found under one of its usual names."""
NAMES = ("chromium", "chromium-browser", "google-chrome")
# Root may not use the sandbox in a container, there is no graphics card, and nothing is to be fetched beside the pages.
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
# The browser's own words, of a file field, are in the pictures: Japanese, where its translations are installed.
LANGUAGE = {"LANGUAGE": "ja"}

Visit = Callable[..., AbstractAsyncContextManager[Visitor]]
Picture = Callable[..., Awaitable[None]]


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every journey bears the marker, and one process walks them all, so that the product starts once."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.journey)
            item.add_marker(pytest.mark.xdist_group("journey"))


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium stands; without it the journeys are skipped, and fail where everything must be checked."""
    found = os.environ.get(CHROMIUM) or next(filter(None, map(shutil.which, NAMES)), None)
    if found:
        return found
    reason = f"Chromium is missing: apt-get install chromium, or name it with {CHROMIUM}=…"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def demonstration(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """The whole product with its sample data; asked for after the browser, so that nothing starts in vain."""
    with running_demonstration(tmp_path_factory.mktemp("journeys") / "data") as running:
        yield running


@pytest.fixture(scope="session")
async def chrome(chromium: str) -> AsyncIterator[Browser]:
    """One Chromium for all; people get browser contexts of their own."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium, args=ARGUMENTS, env={**os.environ, **LANGUAGE}
        )
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def visitor(chrome: Browser, demonstration: Demonstration) -> Visit:
    """Opens a fresh browser: ``async with visitor() as one``; options are those of a browser context."""
    return partial(visit, chrome, demonstration, {})


@pytest.fixture(scope="session")
def take(tmp_path_factory: pytest.TempPathFactory) -> Picture:
    """Takes a picture for the manual: ``await take(one.page, "run-page")``."""
    folder = tmp_path_factory.mktemp("pictures")

    async def taken(page: Any, name: str, **options: Any) -> None:
        await picture(page, folder, name, **options)

    return taken
