"""Keys: indexes and unique constraints begin with the tenant; foreign keys cannot leave it."""

from dataclasses import dataclass

import psycopg

from tenants.database.lint.faults import Fault
from tenants.database.tables import DECLARED, Kind

_DIRECTORY = "tenant"
"""The list of organisations: its id is the tenant number, and its codes are unique in the whole cell."""
_TENANT_COLUMNS = ("tenant_id", "prefecture_id", "membership_tenant_id", "support_tenant_id")
"""Columns that hold the tenant of what a foreign key points to."""
_CASCADE, _SET_NULL, _SET_DEFAULT = "c", "n", "d"


@dataclass(frozen=True, slots=True)
class _Reference:
    table: str
    name: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    on_delete: str
    on_update: str


def key_faults(connection: psycopg.Connection) -> list[Fault]:
    """Unindexed tenants, unique constraints across tenants, foreign keys that could leave the tenant."""
    return [*_indexes(connection), *(fault for one in _references(connection) for fault in _reference_faults(one))]


def _indexes(connection: psycopg.Connection) -> list[Fault]:
    found: list[Fault] = []
    rows = connection.execute(
        """
        SELECT c.relname, x.relname, i.indisunique, i.indisvalid, i.indpred IS NULL,
               (SELECT attname FROM pg_attribute WHERE attrelid = i.indrelid AND attnum = i.indkey[0])
          FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
          JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public'
        """
    ).fetchall()
    for table, (_, declaration) in DECLARED.items():
        mine = [row for row in rows if row[0] == table]
        if declaration.kind is Kind.GROUND or not mine:
            continue
        if not any(valid and whole and first == "tenant_id" for _, _, _, valid, whole, first in mine):
            found.append(Fault("tenant-not-indexed", table, "no whole index begins with tenant_id"))
        if table != _DIRECTORY:
            found.extend(
                Fault("unique-across-tenants", table, index)
                for _, index, unique, _, _, first in mine
                if unique and first != "tenant_id"
            )
    bare = [name for name in DECLARED if not any(row[0] == name for row in rows)]
    found.extend(Fault("tenant-not-indexed", table, "it has no index at all") for table in bare)
    return found


def _references(connection: psycopg.Connection) -> list[_Reference]:
    rows = connection.execute(
        """
        SELECT f.conrelid::regclass::text, f.conname, f.confrelid::regclass::text, f.confdeltype, f.confupdtype,
               (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(f.conkey) WITH ORDINALITY k (num, place)
                  JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.num),
               (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(f.confkey) WITH ORDINALITY k (num, place)
                  JOIN pg_attribute a ON a.attrelid = f.confrelid AND a.attnum = k.num)
          FROM pg_constraint f WHERE f.contype = 'f'
        """
    ).fetchall()
    return [
        _Reference(table, name, tuple(columns), target, tuple(target_columns), on_delete, on_update)
        for table, name, target, on_delete, on_update, columns, target_columns in rows
    ]


def _reference_faults(one: _Reference) -> list[Fault]:
    """Foreign keys look past row-level security, so the pair of tenant columns must hold the row in its tenant."""
    subject = f"{one.table}.{one.name}"
    target_kind = DECLARED[one.target][1].kind if one.target in DECLARED else None
    changes = {one.on_delete, one.on_update} & {_CASCADE, _SET_NULL, _SET_DEFAULT}
    if one.target == _DIRECTORY or target_kind is Kind.GROUND:
        return [Fault("reference-cascades", subject, "deleting there would change tenants' rows")] if changes else []
    pairs = dict(zip(one.target_columns, one.columns, strict=True))
    if pairs.get("tenant_id") not in _TENANT_COLUMNS:
        return [Fault("reference-leaves-tenant", subject, f"({', '.join(one.columns)}) names no tenant")]
    if changes - {_CASCADE}:
        return [Fault("reference-cascades", subject, "it would clear the tenant column")]
    return []
