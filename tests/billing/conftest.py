"""What tests of billing share: the finance officer's browser, a look behind the walls, storage and a worker."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tenants.context import Role
from tenants.storage import Storage
from tests.factories.browsers import Browser, new_browser
from tests.factories.workers import work_off
from tests.factories.worlds import World


@pytest.fixture
async def finance(app: Any, world: World) -> AsyncIterator[Browser]:
    """The prefecture finance officer's browser."""
    async with new_browser(app, world.people["280003", Role.PREFECTURE_FINANCE][1]) as one:
        yield one


@pytest.fixture
def work(world: World, storage: Storage) -> Callable[[], Awaitable[None]]:
    """Runs every queued job of the prefecture, also those that jobs ask for, as the worker would."""

    async def until_nothing_is_left() -> None:
        await work_off(world, storage)

    return until_nothing_is_left
