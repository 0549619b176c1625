"""Every floor's migrations as one chain."""

from collections.abc import Callable

import billing.migrations
import tenants.migrations
from tenants.database.migrating import migrate, revert

ALL = (*tenants.migrations.MIGRATIONS, *billing.migrations.MIGRATIONS)


def migrate_all(owner_conninfo: str, log: Callable[[str], None]) -> None:
    """Will bring the database to the newest structure, as the owner role."""
    migrate(owner_conninfo, ALL, log)


def revert_all(owner_conninfo: str, log: Callable[[str], None]) -> None:
    """Will take every step back; only tests and a decommissioned cell do this."""
    revert(owner_conninfo, ALL, log)
