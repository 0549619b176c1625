"""Probes every table and view as every role with every verb in every context; the list comes from the catalog."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import psycopg
from psycopg import errors

from tenants.context import PREFECTURE_TENANT_ID, Scope
from tests.walls.expectation import APPLICATION, DENIED, OWNER, RAISED, WALLED, Outcome, Probe, expected

ROLES = (*(scope.value for scope in Scope), APPLICATION, OWNER)
VERBS = ("SELECT", "COPY TO", "INSERT own", "INSERT other", "UPDATE", "UPDATE tenant", "DELETE", "TRUNCATE")
_BAD = {"none": None, "empty": "", "minus": "-1", "text": "kobe"}
_LITERALS = {
    "text": "'row-{n}'",
    "int4": "{n}",
    "int8": "{n}",
    "numeric": "{n}",
    "bool": "true",
    "bytea": "'\\x{n:08x}'",
    "date": "'2026-04-01'::date + {n} % 3000",
    "timestamptz": "'2026-04-01 09:00+09'",
    "jsonb": "'{{}}'",
    "_int8": "'{{}}'",
    "_text": "'{{}}'",
    "_date": "'{{}}'",
}
"""A value of every column type; ``n`` differs from row to row, so that unique constraints are met."""

_IMPOSSIBLE = (
    errors.UndefinedTable,  # without USAGE on the schema a role cannot even see the name
    errors.WrongObjectType,  # a view takes no TRUNCATE
    errors.ObjectNotInPrerequisiteState,  # a grouped view takes no write
    errors.FeatureNotSupported,
)


@dataclass
class Table:
    """One table or view with what is needed to write a row of it."""

    name: str
    columns: dict[str, str] = field(default_factory=dict)
    """Columns a row must or may give, with their base type; identity columns are left to the server."""

    @property
    def has_tenant(self) -> bool:
        return "tenant_id" in self.columns

    def insert(self, tenant_id: int, number: int) -> str:
        """The statement that writes one row of the tenant."""
        values = [
            str(tenant_id) if name == "tenant_id" else _LITERALS[kind].format(n=number)
            for name, kind in self.columns.items()
        ]
        return f"INSERT INTO {self.name} ({', '.join(self.columns)}) VALUES ({', '.join(values)})"


@dataclass
class Survey:
    """How many probes were made, and which ended otherwise than promised."""

    probes: int = 0
    leaks: list[str] = field(default_factory=list)


def tables_of(connection: psycopg.Connection) -> list[Table]:
    """Every table, partition, view and materialised view outside the system schemas."""
    rows = connection.execute(
        """
        SELECT c.oid::regclass::text, a.attname, coalesce(b.typname, t.typname)
          FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
          LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attidentity = ''
          LEFT JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = t.typbasetype
         WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND s.nspname NOT IN ('pg_catalog', 'information_schema')
           AND s.nspname NOT LIKE 'pg_toast%'
         ORDER BY c.relname, a.attnum
        """
    ).fetchall()
    found: dict[str, Table] = {}
    for name, column, kind in rows:
        found.setdefault(name, Table(name)).columns[column] = kind
    return list(found.values())


def plant_rows(connection: psycopg.Connection, tables: list[Table], towns: tuple[int, int]) -> None:
    """Rows of the prefecture and of two towns in every table, as superuser.

    Foreign keys and triggers sleep (replica mode) and table checks are dropped first: a wall must hold by its policy
    alone, also where a check would have kept the row out.
    """
    connection.execute("SET session_replication_role = replica")
    for table, constraint in connection.execute(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0 "
        "AND connamespace = 'public'::regnamespace"
    ).fetchall():
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
    number = 1_000_000
    for table in tables:
        # Different counts per tenant: whoever reaches a foreign row also reaches a wrong number of rows.
        for tenant_id, count in ((PREFECTURE_TENANT_ID, 1), (towns[0], 2), (towns[1], 3)):
            for _ in range(count):
                number += 1
                connection.execute(table.insert(tenant_id, number))


def survey(connection: psycopg.Connection, tables: list[Table], towns: tuple[int, int]) -> Survey:
    """Runs every probe in a savepoint of the open transaction, and compares with the declaration."""
    result = Survey()
    truth = {table.name: _tenants(connection, table) for table in tables}
    for context in ("none", "empty", "minus", "text", "own", "other"):  # "none" first: once set, it is never unset
        for role in ROLES:
            tenant_id = _tenant_of(role, context, towns)
            value = _BAD[context] if context in _BAD else str(tenant_id)
            connection.execute("SAVEPOINT whole")
            if value is not None:
                connection.execute("SELECT set_config('app.tenant_id', %s, true)", (value,))
            connection.execute(f"SET LOCAL ROLE {role}")
            for table in tables:
                for probe, statement, new in _probes(table, role, context, tenant_id, towns):
                    promised = expected(probe, truth[table.name], new)
                    found = _attempt(connection, statement, truth[table.name], new)
                    result.probes += 1
                    if not _agree(promised, found, probe):
                        result.leaks.append(f"{probe}: promised {promised}, found {found}")
            connection.execute("ROLLBACK TO SAVEPOINT whole")
    return result


def _tenant_of(role: str, context: str, towns: tuple[int, int]) -> int | None:
    own, other = (PREFECTURE_TENANT_ID, towns[0]) if role == Scope.PREFECTURE.value else towns
    return {"own": own, "other": other}.get(context)


def _probes(
    table: Table, role: str, context: str, tenant_id: int | None, towns: tuple[int, int]
) -> Iterator[tuple[Probe, str, int]]:
    own = tenant_id or towns[0]
    other = towns[1] if own != towns[1] else towns[0]
    first = next(iter(table.columns))
    held = "tenant_id" if table.has_tenant else first
    statements = {
        "SELECT": (f"SELECT {'tenant_id' if table.has_tenant else '0'} FROM {table.name}", own),
        "COPY TO": (f"COPY {table.name} TO STDOUT", own),
        "INSERT own": (table.insert(own, 1), own),
        "INSERT other": (table.insert(other, 2), other),
        "UPDATE": (f"UPDATE {table.name} SET {held} = {held}", own),
        "UPDATE tenant": (f"UPDATE {table.name} SET tenant_id = {other} WHERE tenant_id <> {other}", other),
        "DELETE": (f"DELETE FROM {table.name}", own),
        "TRUNCATE": (f"TRUNCATE {table.name} CASCADE", own),
    }
    for verb in VERBS:
        statement, new = statements[verb]
        if not table.has_tenant:
            if verb in {"INSERT other", "UPDATE tenant"}:
                continue  # a table of no tenant: there is no other tenant's row to write
            new = 0
        yield Probe(table.name, role, verb, context, tenant_id), statement, new


def _attempt(connection: psycopg.Connection, statement: str, stored: tuple[int, ...], new: int) -> Outcome | int:
    """What the statement reached: an outcome, or the number of rows where their tenants cannot be seen."""
    connection.execute("SAVEPOINT probe")
    try:
        if statement.startswith("COPY"):
            with connection.cursor() as cursor, cursor.copy(statement) as copy:
                return sum(1 for _ in copy.rows())
        cursor = connection.execute(statement)
        if statement.startswith("SELECT"):
            return tuple(sorted(row[0] for row in cursor.fetchall()))
        if statement.startswith("TRUNCATE"):
            return stored
        return (new,) if statement.startswith("INSERT") else cursor.rowcount
    except (
        errors.UndefinedTable,
        errors.WrongObjectType,
        errors.FeatureNotSupported,
        errors.ObjectNotInPrerequisiteState,
    ):
        return DENIED  # no USAGE on the schema hides the very name; a view takes no TRUNCATE, a stored view no write
    except errors.InsufficientPrivilege as error:
        return WALLED if "row-level security" in str(error) else DENIED
    except (errors.UndefinedObject, errors.InvalidTextRepresentation, errors.CheckViolation):
        return RAISED
    finally:
        connection.execute("ROLLBACK TO SAVEPOINT probe")


def _agree(promised: Outcome, found: Outcome | int, probe: Probe) -> bool:
    if isinstance(found, int):
        return isinstance(promised, tuple) and len(promised) == found
    if probe.verb == "TRUNCATE" and promised == RAISED:
        return found == DENIED
    return promised == found


def _tenants(connection: psycopg.Connection, table: Table) -> tuple[int, ...]:
    column = "tenant_id" if table.has_tenant else "0"
    return tuple(sorted(row[0] for row in connection.execute(f"SELECT {column} FROM {table.name}").fetchall()))
