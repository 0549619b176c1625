"""Databases for tests: a clone of the migrated template per test."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg

_numbers = itertools.count(1)


@dataclass(frozen=True)
class ClonedDatabase:
    """Connection strings of one clone, per role."""

    name: str
    superuser: str
    owner: str
    application: str


@contextmanager
def clone_database(running: Any, template: str) -> Iterator[ClonedDatabase]:
    """Clones ``template`` and drops the clone afterwards, whoever is still connected."""
    name = f"clone_{next(_numbers)}"
    admin = running.addresses("postgres").superuser
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY OWNER yui_owner")
        connection.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
        connection.execute(f"GRANT CONNECT ON DATABASE {name} TO yui_app")
    addresses = running.addresses(name)
    try:
        yield ClonedDatabase(name, addresses.superuser, addresses.owner, addresses.application)
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def fingerprint(database: ClonedDatabase) -> dict[str, tuple[int, int]]:
    """Rows and a hash of every table but the sessions, whose last-seen time may move."""
    with psycopg.connect(database.superuser, autocommit=True) as connection:
        names = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace "
            "AND relname <> 'session' ORDER BY 1"
        ).fetchall()
        return {
            name: connection.execute(
                f"SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {name} t"
            ).fetchone()
            for (name,) in names
        }
