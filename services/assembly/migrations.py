"""Every floor's migrations as one chain."""

from collections.abc import Callable

import billing.migrations
import tenants.migrations
from tenants.database.lint.catalog import check_catalog
from tenants.database.migrating import migrate, revert

ALL = (*tenants.migrations.MIGRATIONS, *billing.migrations.MIGRATIONS)


def migrate_all(owner_conninfo: str, log: Callable[[str], None]) -> None:
    """Will bring the database to the newest structure, as the owner role, and look whether every wall stands.

    Raises CatalogError with every difference between the catalog and the tables declared in code.
    """
    from services.assembly.modules import load_tables

    migrate(owner_conninfo, ALL, log)
    load_tables()
    check_catalog(owner_conninfo)


def revert_all(owner_conninfo: str, log: Callable[[str], None]) -> None:
    """Will take every step back; only tests and a decommissioned cell do this."""
    revert(owner_conninfo, ALL, log)
