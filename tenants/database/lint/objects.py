"""Which things exist at all: tables, views, functions, rules, triggers, domains, default privileges."""

import psycopg

from tenants.database.lint.faults import Fault
from tenants.database.tables import DECLARED

UNDECLARED = frozenset({"migration"})
"""The owner's own book of applied migrations: no role of the product may read it (the roles' lint sees to that)."""
_KINDS = {"v": "view", "m": "materialised view", "f": "foreign table", "p": "partitioned table", "r": "table"}
_MINE = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"
_DOMAINS = {"tenant_ref": "tenant_ref_is_positive", "yen": "yen_is_whole"}


def object_faults(connection: psycopg.Connection) -> list[Fault]:
    """Undeclared and missing tables; what row-level security does not hold for."""
    return [
        *_tables(connection),
        *_functions(connection),
        *_rules_and_triggers(connection),
        *_domains(connection),
        *_default_privileges(connection),
    ]


def _tables(connection: psycopg.Connection) -> list[Fault]:
    found: list[Fault] = []
    present: set[str] = set()
    rows = connection.execute(
        f"SELECT n.nspname, c.relname, c.relkind, c.reloptions, c.relispartition, c.relpersistence "  # noqa: S608
        f"FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        f"WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_MINE}"
    ).fetchall()
    for schema, name, kind, options, is_partition, persistence in rows:
        where = name if schema == "public" else f"{schema}.{name}"
        if kind in {"m", "f"}:
            found.append(Fault("no-such-kind", where, f"a {_KINDS[kind]} has no row-level security"))
        elif kind == "v":
            if not {"security_invoker=true", "security_invoker=on", "security_invoker=1"} & set(options or []):
                found.append(Fault("view-without-invoker", where, "it would read as its owner"))
        elif is_partition and where not in DECLARED:
            found.append(Fault("partition-leaf", where, "reached directly, the parent's policies do not hold"))
        elif where not in DECLARED and where not in UNDECLARED:
            found.append(Fault("undeclared-table", where, f"a {_KINDS[kind]} that no class declares"))
        if kind in {"r", "p"} and persistence != "p":
            found.append(Fault("table-not-durable", where, "unlogged or temporary: a crash would empty it"))
        present.add(where)
    return [*found, *(Fault("missing-table", name, "declared in code") for name in DECLARED if name not in present)]


def _functions(connection: psycopg.Connection) -> list[Fault]:
    found: list[Fault] = []
    rows = connection.execute(
        f"SELECT p.oid::regprocedure::text, p.prosecdef, EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, "  # noqa: S608
        f"acldefault('f', p.proowner))) a WHERE a.grantee <> p.proowner), l.lanname "
        f"FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang "
        f"WHERE {_MINE}"
    ).fetchall()
    for name, is_definer, is_granted, language in rows:
        if is_definer:
            found.append(Fault("definer-function", name, "it would run with its owner's rights"))
        if is_granted:
            found.append(Fault("function-granted", name, "EXECUTE for others than its owner"))
        if language not in {"sql", "plpgsql"}:
            found.append(Fault("function-language", name, language))
    return found


def _rules_and_triggers(connection: psycopg.Connection) -> list[Fault]:
    found = [
        Fault("rewrite-rule", table, rule)
        for table, rule in connection.execute(
            f"SELECT c.relname, r.rulename FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class "  # noqa: S608
            f"JOIN pg_namespace n ON n.oid = c.relnamespace WHERE r.rulename <> '_RETURN' AND {_MINE}"
        ).fetchall()
    ]
    sleeping = connection.execute(
        f"SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "  # noqa: S608
        f"JOIN pg_namespace n ON n.oid = c.relnamespace WHERE t.tgenabled <> 'O' AND {_MINE}"
    ).fetchall()
    found.extend(Fault("trigger-asleep", table, trigger) for table, trigger in sleeping)
    unchecked = connection.execute(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE NOT convalidated AND conrelid <> 0"
    ).fetchall()
    found.extend(Fault("constraint-not-validated", table, constraint) for table, constraint in unchecked)
    return found


def _domains(connection: psycopg.Connection) -> list[Fault]:
    kept = connection.execute(
        "SELECT t.typname, c.conname FROM pg_constraint c JOIN pg_type t ON t.oid = c.contypid WHERE c.convalidated"
    ).fetchall()
    return [
        Fault("domain-check-missing", domain, constraint)
        for domain, constraint in _DOMAINS.items()
        if (domain, constraint) not in kept
    ]


def _default_privileges(connection: psycopg.Connection) -> list[Fault]:
    """Only the taking back of EXECUTE may stand there: a forgotten grant must mean "permission denied"."""
    rows = connection.execute(
        "SELECT d.defaclrole::regrole::text, d.defaclobjtype, coalesce(a.grantee::regrole::text, '') "
        "FROM pg_default_acl d, aclexplode(d.defaclacl) a WHERE a.grantee <> d.defaclrole"
    ).fetchall()
    return [Fault("default-privilege", role, f"type {kind} for {grantee}") for role, kind, grantee in rows]
