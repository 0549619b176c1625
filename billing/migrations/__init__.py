"""Migrations of the billing floor, in order."""

from tenants.database.migrating import Migration

MIGRATIONS: tuple[Migration, ...] = ()
