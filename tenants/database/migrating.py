"""Migrations: one transaction each (table, policy and grants together), one advisory lock, one head.

A small runner of our own: Piccolo's runs raw SQL before its table operations, so table and policy would land in
two steps with the bookkeeping outside (docs/adr/0002).
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psycopg

from tenants.database.policies import in_order

_ADVISORY_LOCK = 0x597569
"""The word "Yui" as a number: two deployers wait for each other instead of colliding."""
LOCK_TIMEOUT = "5s"
"""A migration that cannot get its lock gives up instead of queueing every request behind it."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: ``name`` is ``0001_ground``; ``after`` names the step it follows (None for the first)."""

    name: str
    after: str | None
    up: Sequence[str]
    down: Sequence[str]

    @property
    def fingerprint(self) -> str:
        """sha256 over the statements, so that an edited migration is noticed."""
        text = "\n;\n".join(in_order(self.up, self.down))
        return hashlib.sha256(text.encode()).hexdigest()


class MigrationError(RuntimeError):
    """The chain is broken, or what is applied does not match it."""


def in_chain(migrations: Sequence[Migration]) -> list[Migration]:
    """The migrations in order; raises MigrationError unless they form one chain with one head."""
    by_parent: dict[str | None, Migration] = {}
    for migration in migrations:
        if migration.after in by_parent:
            raise MigrationError(
                f"{migration.name} and {by_parent[migration.after].name} both follow {migration.after}"
            )
        by_parent[migration.after] = migration
    chain: list[Migration] = []
    name: str | None = None
    while name in by_parent:
        chain.append(by_parent[name])
        name = chain[-1].name
    if len(chain) != len(migrations):
        raise MigrationError("a migration follows a step that does not exist")
    return chain


def migrate(owner_conninfo: str, migrations: Sequence[Migration], log: Callable[[str], None]) -> None:
    """Applies what is missing, as the owner role. Raises MigrationError when an applied step was edited."""
    chain = in_chain(migrations)
    with psycopg.connect(owner_conninfo, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_ADVISORY_LOCK,))
        try:
            applied = _applied(connection)
            _check_applied(chain, applied)
            for migration in chain[len(applied) :]:
                _apply(connection, migration)
                log(f"移行 {migration.name} を適用しました")
        finally:
            connection.execute("SELECT pg_advisory_unlock(%s)", (_ADVISORY_LOCK,))


def revert(
    owner_conninfo: str,
    migrations: Sequence[Migration],
    log: Callable[[str], None],
    *,
    down_to: str | None = None,
) -> None:
    """Takes back applied steps, newest first, until ``down_to`` is the head (None: all)."""
    chain = in_chain(migrations)
    with psycopg.connect(owner_conninfo, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_ADVISORY_LOCK,))
        try:
            applied = _applied(connection)
            _check_applied(chain, applied)
            for migration in reversed(chain[: len(applied)]):
                if migration.name == down_to:
                    break
                with connection.transaction():
                    connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
                    for statement in migration.down:
                        connection.execute(statement)
                    connection.execute("DELETE FROM migration WHERE name = %s", (migration.name,))
                log(f"移行 {migration.name} を取り消しました")
        finally:
            connection.execute("SELECT pg_advisory_unlock(%s)", (_ADVISORY_LOCK,))


def _applied(connection: psycopg.Connection) -> list[tuple[str, str]]:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS migration (position int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, "
        "name text NOT NULL UNIQUE, fingerprint text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    rows = connection.execute("SELECT name, fingerprint FROM migration ORDER BY position").fetchall()
    return [(str(name), str(fingerprint)) for name, fingerprint in rows]


def _check_applied(chain: Sequence[Migration], applied: Sequence[tuple[str, str]]) -> None:
    if len(applied) > len(chain):
        raise MigrationError("the database is newer than this program")
    for migration, (name, fingerprint) in zip(chain, applied, strict=False):
        if migration.name != name:
            raise MigrationError(f"the database has {name} where the program expects {migration.name}")
        if migration.fingerprint != fingerprint:
            raise MigrationError(f"the migration {name} was edited after it was applied")


def _apply(connection: psycopg.Connection, migration: Migration) -> None:
    with connection.transaction():
        connection.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
        for statement in migration.up:
            connection.execute(statement)
        connection.execute(
            "INSERT INTO migration (name, fingerprint) VALUES (%s, %s)",
            (migration.name, migration.fingerprint),
        )
