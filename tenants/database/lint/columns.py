"""Table classes against the catalog: names, types, whether a value may be missing."""

import psycopg
from piccolo.columns import (
    JSONB,
    Array,
    BigInt,
    BigSerial,
    Boolean,
    Bytea,
    Column,
    Date,
    Integer,
    Numeric,
    Text,
    Timestamptz,
)

from tenants.database.lint.faults import Fault
from tenants.database.tables import DECLARED

_TYPES: dict[type[Column], frozenset[str]] = {
    Text: frozenset({"text"}),
    BigSerial: frozenset({"bigint", "integer"}),  # the number of an organisation is an integer, every other id a bigint
    BigInt: frozenset({"bigint"}),
    Integer: frozenset({"integer"}),
    Numeric: frozenset({"yen"}),  # plain numeric would take NaN and fractions
    Boolean: frozenset({"boolean"}),
    Date: frozenset({"date"}),
    Timestamptz: frozenset({"timestamp with time zone"}),
    JSONB: frozenset({"jsonb"}),
    Bytea: frozenset({"bytea"}),
}


def column_faults(connection: psycopg.Connection) -> list[Fault]:
    """Columns that only one side knows, of another type, or missing where the other side needs a value."""
    found: list[Fault] = []
    for table, (cls, _) in DECLARED.items():
        stored = {
            name: (kind, not_null)
            for name, kind, not_null in connection.execute(
                "SELECT attname, format_type(atttypid, NULL), attnotnull FROM pg_attribute "
                "WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped",
                (f"public.{table}",),
            ).fetchall()
        }
        if not stored:
            continue  # the table itself is missing, and said to be
        declared = {column._meta.name: column for column in cls._meta.columns}  # noqa: SLF001  (Piccolo's way in)
        found.extend(Fault("column-undeclared", f"{table}.{name}") for name in stored.keys() - declared.keys())
        found.extend(Fault("column-missing", f"{table}.{name}") for name in declared.keys() - stored.keys())
        for name in stored.keys() & declared.keys():
            kind, not_null = stored[name]
            if kind not in _allowed(declared[name]):
                wanted = " or ".join(sorted(_allowed(declared[name])))
                found.append(Fault("column-type", f"{table}.{name}", f"{kind} instead of {wanted}"))
            if not_null == bool(declared[name]._meta.null):  # noqa: SLF001
                detail = "NOT NULL in the catalog only" if not_null else "may be missing in the catalog only"
                found.append(Fault("column-null", f"{table}.{name}", detail))
    return found


def _allowed(column: Column) -> frozenset[str]:
    if isinstance(column, Array):
        return frozenset(f"{kind}[]" for kind in _allowed(column.base_column))
    return _TYPES.get(type(column), frozenset())
