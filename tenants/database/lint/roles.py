"""Roles: no powers, no inheritance, nothing owned; and who may use the schema and the database."""

import psycopg

from tenants.context import Scope
from tenants.database.lint.faults import Fault

_LOGIN = "yui_app"
_SCOPES = frozenset(scope.value for scope in Scope)
_POWERS = {
    "rolsuper": "SUPERUSER",
    "rolbypassrls": "BYPASSRLS",
    "rolinherit": "INHERIT",
    "rolcreaterole": "CREATEROLE",
    "rolcreatedb": "CREATEDB",
    "rolreplication": "REPLICATION",
}
_OWNER_POWERS = frozenset({"rolsuper", "rolbypassrls"})
_OWNER = "yui_owner"


def role_faults(connection: psycopg.Connection) -> list[Fault]:
    """Powers, memberships, ownership and schema grants that the declarations do not know."""
    return [*_powers(connection), *_memberships(connection), *_owned(connection), *_usage(connection)]


def _powers(connection: psycopg.Connection) -> list[Fault]:
    found: list[Fault] = []
    names = sorted(_POWERS)
    rows = connection.execute(
        f"SELECT rolname, rolcanlogin, {', '.join(names)} FROM pg_roles WHERE rolname = ANY(%s)",  # noqa: S608
        ([*_SCOPES, _LOGIN, _OWNER],),
    ).fetchall()
    for role, may_login, *flags in rows:
        for name, held in zip(names, flags, strict=True):
            if held and (role != _OWNER or name in _OWNER_POWERS):
                found.append(Fault("role-power", role, _POWERS[name]))
        if may_login and role in _SCOPES:
            found.append(Fault("role-power", role, "LOGIN"))
    present = {row[0] for row in rows}
    return [*found, *(Fault("role-missing", role) for role in (_SCOPES | {_LOGIN}) - present)]


def _memberships(connection: psycopg.Connection) -> list[Fault]:
    """The login role may step into each scope role and inherits none; scope roles are members of nothing."""
    rows = connection.execute(
        "SELECT m.roleid::regrole::text, m.member::regrole::text, m.admin_option, m.inherit_option, m.set_option "
        "FROM pg_auth_members m WHERE m.member::regrole::text = ANY(%s)",
        ([*_SCOPES, _LOGIN],),
    ).fetchall()
    found: list[Fault] = []
    stepping: set[str] = set()
    for role, member, admin, inherit, may_set in rows:
        if member != _LOGIN or role not in _SCOPES:
            found.append(Fault("role-membership", member, f"member of {role}"))
        elif admin or inherit:
            found.append(Fault("role-membership", member, f"{role} WITH {'ADMIN' if admin else 'INHERIT'}"))
        elif may_set:
            stepping.add(role)
    found.extend(Fault("role-membership", _LOGIN, f"cannot step into {role}") for role in _SCOPES - stepping)
    return found


def _owned(connection: psycopg.Connection) -> list[Fault]:
    rows = connection.execute(
        """
        SELECT pg_get_userbyid(owner), what FROM (
          SELECT relowner AS owner, 'relation ' || relname AS what FROM pg_class
          UNION ALL SELECT proowner, 'function ' || proname FROM pg_proc
          UNION ALL SELECT nspowner, 'schema ' || nspname FROM pg_namespace
          UNION ALL SELECT typowner, 'type ' || typname FROM pg_type
          UNION ALL SELECT datdba, 'database ' || datname FROM pg_database
        ) owned WHERE pg_get_userbyid(owner)::text = ANY(%s)
        """,
        ([*_SCOPES, _LOGIN],),
    ).fetchall()
    return [Fault("role-owns", role, what) for role, what in rows]


def _usage(connection: psycopg.Connection) -> list[Fault]:
    """Scope roles may use the schema and nobody else of ours; nobody but the owner may create in it."""
    found: list[Fault] = []
    rows = connection.execute(
        """
        SELECT n.nspname, coalesce(nullif(a.grantee, 0)::regrole::text, 'PUBLIC'), a.privilege_type
          FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
         WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
           AND a.grantee <> n.nspowner
        """
    ).fetchall()
    for schema, grantee, privilege in rows:
        if grantee == _OWNER:
            continue
        if schema != "public" or privilege != "USAGE" or grantee not in _SCOPES:
            found.append(Fault("schema-granted", schema, f"{privilege} to {grantee}"))
    using = {grantee for schema, grantee, privilege in rows if schema == "public" and privilege == "USAGE"}
    found.extend(Fault("schema-not-granted", "public", f"USAGE to {role}") for role in _SCOPES - using)
    for role, privilege in ((role, word) for role in (*sorted(_SCOPES), _LOGIN) for word in ("CREATE", "TEMPORARY")):
        row = connection.execute(
            "SELECT has_database_privilege(%s, current_database(), %s)", (role, privilege)
        ).fetchone()
        if row is not None and row[0]:
            found.append(Fault("database-granted", role, f"{privilege}, perhaps through PUBLIC"))
    return found
