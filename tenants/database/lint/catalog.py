"""The whole comparison, in one read of the catalog; any login may run it, the owner does after migrating."""

import psycopg

from tenants.database.lint.columns import column_faults
from tenants.database.lint.faults import CatalogError, Fault
from tenants.database.lint.keys import key_faults
from tenants.database.lint.objects import object_faults
from tenants.database.lint.roles import role_faults
from tenants.database.lint.walls import wall_faults
from tenants.database.tables import DECLARED


def faults(connection: psycopg.Connection) -> list[Fault]:
    """Every difference between the catalog and the tables declared in code, in a stable order.

    Needs every table class to be imported, and a role that may create a table (taken back at once): the policies'
    conditions are compared in the server's own spelling.
    """
    if not DECLARED:
        raise RuntimeError("no table is declared: import the table classes first")
    found: list[Fault] = []
    with connection.transaction(force_rollback=True):
        for part in (object_faults, column_faults, wall_faults, key_faults, role_faults):
            found.extend(part(connection))
    return sorted(set(found))


def check_catalog(owner_conninfo: str) -> None:
    """Raises CatalogError with every fault."""
    with psycopg.connect(owner_conninfo, autocommit=True) as connection:
        found = faults(connection)
    if found:
        raise CatalogError(found)
