"""What all tests share: a PostgreSQL per test process, a migrated template, a clone per test, people, a browser."""

import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from services.assembly.embedded import start_postgres, start_storage
from services.assembly.migrations import migrate_all
from services.assembly.modules import load_jobs, load_tables
from tenants.database.pool import create_pool
from tenants.database.transaction import Pool
from tenants.storage import Storage
from tests.factories.browsers import Browser, new_browser, running_app, settings_for
from tests.factories.databases import ClonedDatabase, clone_database
from tests.factories.workers import storage_of, storage_settings
from tests.factories.worlds import World, found_world

TEMPLATE = "yui"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """An embedded PostgreSQL 18, its product database migrated once as the owner role."""
    with tempfile.TemporaryDirectory(prefix="yui-test-") as folder:
        running = start_postgres(Path(folder), durable=False)
        try:
            migrate_all(running.addresses().owner, lambda _: None)
            load_tables()
            load_jobs()
            yield running
        finally:
            running.stop()


@pytest.fixture(scope="session")
async def world_template(postgres: Any) -> AsyncIterator[tuple[str, World]]:
    """A database with the small cell founded once through the product's own operations, to clone from."""
    with clone_database(postgres, TEMPLATE) as cloned:
        opened = create_pool(cloned.application, 2)
        await opened.open()
        try:
            founded = await found_world(opened)
        finally:
            await opened.close()
        yield cloned.name, founded


@pytest.fixture
def database(postgres: Any, world_template: tuple[str, World]) -> Iterator[ClonedDatabase]:
    """A fresh clone with the small cell in it."""
    with clone_database(postgres, world_template[0]) as cloned:
        yield cloned


@pytest.fixture
def empty_database(postgres: Any) -> Iterator[ClonedDatabase]:
    """A fresh clone of the migrated database; empty but for its structure."""
    with clone_database(postgres, TEMPLATE) as cloned:
        yield cloned


@pytest.fixture
async def pool(database: ClonedDatabase) -> AsyncIterator[Pool]:
    """The application's own pool on the clone, as the application role."""
    opened = create_pool(database.application, 6)
    await opened.open()
    try:
        yield opened
    finally:
        await opened.close()


@pytest.fixture
def world(pool: Pool, world_template: tuple[str, World]) -> World:
    """A small cell: the prefecture, three towns, one union, and people in every role."""
    founded = world_template[1]
    return World(pool, dict(founded.tenants), dict(founded.people))


@pytest.fixture
def owner(database: ClonedDatabase) -> Iterator[psycopg.Connection]:
    """A connection as the owner role, to look behind the walls."""
    with psycopg.connect(database.owner, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def bucket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A real S3 endpoint on a folder; what tests leave there lies below their organisations' numbers."""
    running = start_storage(tmp_path_factory.mktemp("storage"))
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
def behind(database: ClonedDatabase) -> Iterator[psycopg.Connection]:
    """A connection no wall stands before, to look at and plant rows."""
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        yield connection


@pytest.fixture
async def app(database: ClonedDatabase, world: World) -> AsyncIterator[Any]:
    """The application on the clone, with the small cell."""
    async with running_app(settings_for(database)) as running:
        yield running


@pytest.fixture
async def browser(app: Any) -> AsyncIterator[Browser]:
    """A browser nobody has signed in with."""
    async with new_browser(app) as one:
        yield one
