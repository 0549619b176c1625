"""What tests of imports share: a real storage, an application on it, and a kind of import made of plain rows."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import psycopg
import pytest

from services.assembly.embedded import start_storage
from tenants.storage import Storage
from tests.factories.browsers import running_app, settings_for
from tests.factories.databases import ClonedDatabase
from tests.factories.workers import storage_of, storage_settings
from tests.factories.worlds import World


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A running storage on a folder."""
    running = start_storage(tmp_path_factory.mktemp("bucket"))
    yield running
    running.stop()


@pytest.fixture
def storage(bucket: Any) -> Storage:
    """The product's own client of it."""
    return storage_of(bucket)


@pytest.fixture
async def importing_app(database: ClonedDatabase, world: World, bucket: Any) -> AsyncIterator[Any]:
    """The application with a storage."""
    async with running_app(settings_for(database, **storage_settings(bucket))) as running:
        yield running


@pytest.fixture
def behind(database: ClonedDatabase) -> Iterator[psycopg.Connection]:
    """A connection that sees behind the walls."""
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        yield connection
