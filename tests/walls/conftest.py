"""What several walls share: an issued year, founded once, since its papers take longer than the attacks."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.assembly.embedded import start_storage
from tenants.database.pool import create_pool
from tests.factories.browsers import running_app, settings_for
from tests.factories.databases import clone_database
from tests.factories.workers import storage_settings
from tests.factories.worlds import World
from tests.walls.issued_year import IssuedCell, IssuedYear, found_issued_year


@pytest.fixture(scope="session")
async def issued_year(
    postgres: Any, world_template: tuple[str, World], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[IssuedYear]:
    """The year, in a storage of its own: what other tests leave below the same numbers is none of its papers."""
    running = start_storage(tmp_path_factory.mktemp("issued-year"))
    try:
        with clone_database(postgres, world_template[0]) as database:
            yield await found_issued_year(database, world_template[1], running)
    finally:
        running.stop()


@pytest.fixture
async def issued_cell(postgres: Any, issued_year: IssuedYear) -> AsyncIterator[IssuedCell]:
    """The product on that year's records: a clone of the database, the people, the application."""
    people, stored = issued_year.people, storage_settings(issued_year.bucket)
    with clone_database(postgres, issued_year.template) as database:
        pool = create_pool(database.application, 2)
        await pool.open()
        try:
            async with running_app(settings_for(database, **stored)) as app:
                world = World(pool, dict(people.tenants), dict(people.people))
                yield IssuedCell(app, world, database, issued_year)
        finally:
            await pool.close()
