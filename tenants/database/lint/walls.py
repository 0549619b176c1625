"""Row-level security, policies and grants: exactly what the declaration says, in the server's own spelling."""

from collections.abc import Mapping
from functools import partial

import psycopg

from tenants.context import PREFECTURE_TENANT_ID
from tenants.database.lint.faults import Fault
from tenants.database.policies import VERBS, condition
from tenants.database.tables import DECLARED, Declaration, Kind

Spelling = Mapping[str, str]
"""A condition of ours → the same as the server writes it back."""
_SCRATCH = "lint_scratch"


def wall_faults(connection: psycopg.Connection) -> list[Fault]:
    """Missing force, missing, additional or other policies, missing or additional grants."""
    spelling = _spell(connection)
    found: list[Fault] = []
    for table, (_, declaration) in DECLARED.items():
        row = connection.execute(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = to_regclass(%s)", (f"public.{table}",)
        ).fetchone()
        if row is None:
            continue  # the missing table is said elsewhere
        if not row[0]:
            found.append(Fault("rls-off", table))
        if not row[1]:
            found.append(Fault("rls-not-forced", table, "its owner would see every tenant"))
        found.extend(_policies(connection, table, declaration, spelling))
        found.extend(_prefecture_check(connection, table, declaration))
    return [*found, *_grants(connection)]


def _spell(connection: psycopg.Connection) -> Spelling:
    """Asks the server how it writes our conditions, on a table that is taken back."""
    ours = {
        condition(declaration.kind, scope, verb)
        for _, declaration in DECLARED.values()
        for scope, verbs in declaration.verbs.items()
        for verb in verbs
    }
    spelt: dict[str, str] = {}
    with connection.transaction(force_rollback=True):
        connection.execute(f"CREATE TABLE public.{_SCRATCH} (tenant_id integer)")
        for rows in sorted(ours):
            connection.execute(f"CREATE POLICY spelling ON public.{_SCRATCH} USING ({rows})")
            answer = connection.execute(
                f"SELECT pg_get_expr(polqual, polrelid) FROM pg_policy WHERE polrelid = 'public.{_SCRATCH}'::regclass"  # noqa: S608
            ).fetchone()
            spelt[rows] = str(answer[0]) if answer else ""
            connection.execute(f"DROP POLICY spelling ON public.{_SCRATCH}")
    return spelt


Policy = tuple[bool, tuple[str, ...], str | None, str | None]
"""Permissive, roles, USING, WITH CHECK."""


def _promised(declaration: Declaration, spelling: Spelling) -> dict[tuple[str, str], Policy]:
    """Role and verb → the one policy there must be."""
    promised: dict[tuple[str, str], Policy] = {}
    for scope, verbs in declaration.verbs.items():
        for verb in verbs:
            rows = spelling[condition(declaration.kind, scope, verb)]
            using = None if verb.upper() == "I" else rows
            check = rows if verb.upper() in "IU" else None
            promised[scope.value, VERBS[verb.upper()]] = (True, (scope.value,), using, check)
    return promised


def _policies(connection: psycopg.Connection, table: str, declaration: Declaration, spelling: Spelling) -> list[Fault]:
    promised = _promised(declaration, spelling)
    found: list[Fault] = []
    rows = connection.execute(
        "SELECT policyname, permissive = 'PERMISSIVE', roles::text[], cmd, qual, with_check FROM pg_policies "
        "WHERE schemaname = 'public' AND tablename = %s",
        (table,),
    ).fetchall()
    met: set[tuple[str, str]] = set()
    for name, permissive, roles, command, using, check in rows:
        key = (roles[0] if len(roles) == 1 else "", command)
        if key not in promised or key in met:
            found.append(Fault("policy-undeclared", f"{table}.{name}", f"{command} for {', '.join(roles)}"))
            continue
        met.add(key)
        if (permissive, tuple(roles), using, check) != promised[key]:
            found.append(Fault("policy-differs", f"{table}.{name}", f"USING {using} WITH CHECK {check}"))
    found.extend(Fault("policy-missing", table, f"{verb} for {role}") for role, verb in promised.keys() - met)
    return found


def _prefecture_check(connection: psycopg.Connection, table: str, declaration: Declaration) -> list[Fault]:
    if declaration.kind not in {Kind.SHARED, Kind.PREFECTURE}:
        return []
    row = connection.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = to_regclass(%s) AND conname = %s",
        (f"public.{table}", f"{table}_is_the_prefectures"),
    ).fetchone()
    if row is not None and row[0] == f"CHECK ((tenant_id = {PREFECTURE_TENANT_ID}))":
        return []
    return [Fault("prefecture-check-missing", table, "a town's row could be written here")]


def _grants(connection: psycopg.Connection) -> list[Fault]:
    """Grants on tables, columns and sequences: the declared verbs, without grant option, and nothing besides."""
    promised = {
        (table, scope.value, VERBS[verb.upper()])
        for table, (_, declaration) in DECLARED.items()
        for scope, verbs in declaration.verbs.items()
        for verb in verbs
    }
    given = set()
    found: list[Fault] = []
    undeclared = partial(Fault, "grant-undeclared")
    rows = connection.execute(
        """
        SELECT c.relname, coalesce(nullif(a.grantee, 0)::regrole::text, 'PUBLIC'), a.privilege_type, a.is_grantable,
               c.relkind::text
          FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a
         WHERE a.grantee <> c.relowner AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        UNION ALL
        SELECT c.relname || '.' || t.attname, coalesce(nullif(a.grantee, 0)::regrole::text, 'PUBLIC'), a.privilege_type,
               a.is_grantable, 'column'
          FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace,
               aclexplode(t.attacl) a
         WHERE a.grantee <> c.relowner AND n.nspname NOT IN ('pg_catalog', 'information_schema')
        """
    ).fetchall()
    for subject, grantee, privilege, may_grant, kind in rows:
        if kind == "S":
            found.append(Fault("sequence-granted", subject, f"{privilege} to {grantee}"))
        elif may_grant or (subject, grantee, privilege) not in promised:
            found.append(undeclared(subject, f"{privilege} to {grantee}" + (" WITH GRANT OPTION" if may_grant else "")))
        given.add((subject, grantee, privilege))
    present = {
        name for (name,) in connection.execute("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')").fetchall()
    }
    found.extend(
        Fault("grant-missing", table, f"{privilege} to {role}")
        for table, role, privilege in promised - given
        if table in present
    )
    return found
