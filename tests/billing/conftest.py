"""What tests of billing share: the finance officer's browser, a look behind the walls, storage and a worker."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from services.assembly.embedded import start_storage
from tenants.context import Role
from tenants.storage import Storage
from tests.factories.browsers import Browser, new_browser, running_app, settings_for
from tests.factories.databases import ClonedDatabase
from tests.factories.workers import storage_of, storage_settings, work_off
from tests.factories.worlds import World


@pytest.fixture
async def finance(app: Any, world: World) -> AsyncIterator[Browser]:
    """The prefecture finance officer's browser."""
    async with new_browser(app, world.people["280003", Role.PREFECTURE_FINANCE][1]) as one:
        yield one


@pytest.fixture
def behind(database: ClonedDatabase) -> Iterator[psycopg.Connection]:
    """A connection no wall stands before, to look at and plant rows."""
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A real S3 endpoint on a folder."""
    running = start_storage(Path(tmp_path_factory.mktemp("storage")))
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def storage(bucket: Any) -> Storage:
    """The product's own client of that endpoint."""
    return storage_of(bucket)


@pytest.fixture
async def stored_app(database: ClonedDatabase, world: World, bucket: Any) -> AsyncIterator[Any]:
    """The application with that storage."""
    async with running_app(settings_for(database, **storage_settings(bucket))) as running:
        yield running


@pytest.fixture
def work(world: World, storage: Storage) -> Callable[[], Awaitable[None]]:
    """Runs every queued job of the prefecture, also those that jobs ask for, as the worker would."""

    async def until_nothing_is_left() -> None:
        await work_off(world, storage)

    return until_nothing_is_left
