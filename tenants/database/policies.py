"""The SQL of the walls: forced row-level security, one strict policy per scope and verb, exact grants.

The tenant setting is cast to the domain ``tenant_ref`` (a positive integer) without ``missing_ok``: when it is
unset, empty, negative or text, PostgreSQL raises instead of showing an empty page. The sub-select is evaluated
once per query. No policy tests membership: other audiences are other roles.
"""

from collections.abc import Iterable

from tenants.context import PREFECTURE_TENANT_ID, Scope
from tenants.database.tables import Declaration, Kind

CURRENT_TENANT = "(SELECT current_setting('app.tenant_id')::tenant_ref)"
"""The tenant of this transaction, evaluated once; raises when it is not a positive integer."""

VERBS = {"S": "SELECT", "I": "INSERT", "U": "UPDATE", "D": "DELETE"}


def condition(kind: Kind, scope: Scope, verb: str) -> str:
    """The row condition of one policy (used in USING and WITH CHECK alike)."""
    if scope in {Scope.IDENTITY, Scope.JOBS}:
        # Before a tenant is known there is nothing to compare with; these roles hold grants on few tables only.
        return "true"
    if kind is Kind.TENANT and (scope is not Scope.PREFECTURE or verb.islower()):
        return f"tenant_id = {CURRENT_TENANT}"
    if kind is Kind.TENANT:
        return f"{CURRENT_TENANT} = {PREFECTURE_TENANT_ID}"
    if kind is Kind.SHARED and verb == "S":
        return f"{CURRENT_TENANT} > 0"
    return f"tenant_id = {CURRENT_TENANT} AND {CURRENT_TENANT} = {PREFECTURE_TENANT_ID}"


def walls(table: str, kind: Kind, verbs: dict[Scope, str]) -> list[str]:
    """Statements that enclose ``table``: force row-level security, add its policies, grant its verbs and no more."""
    statements = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"REVOKE ALL ON {table} FROM PUBLIC",
    ]
    for scope, letters in verbs.items():
        statements.extend(_policy(table, kind, scope, verb) for verb in letters)
        granted = ", ".join(VERBS[verb.upper()] for verb in letters)
        statements.append(f"GRANT {granted} ON {table} TO {scope}")
    if kind in {Kind.SHARED, Kind.PREFECTURE}:
        statements.append(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_is_the_prefectures CHECK (tenant_id = {PREFECTURE_TENANT_ID})"
        )
    return statements


def declared_walls(table: str, declaration: Declaration) -> list[str]:
    """The same from a table's declaration."""
    return walls(table, declaration.kind, declaration.verbs)


def _policy(table: str, kind: Kind, scope: Scope, verb: str) -> str:
    rows = condition(kind, scope, verb)
    clause = {
        "S": f"USING ({rows})",
        "I": f"WITH CHECK ({rows})",
        "U": f"USING ({rows}) WITH CHECK ({rows})",
        "D": f"USING ({rows})",
    }[verb.upper()]
    word = VERBS[verb.upper()]
    name = f"{table}_{scope.name.lower()}_{word.lower()}"
    return f"CREATE POLICY {name} ON {table} FOR {word} TO {scope} {clause}"


def owned_reference(
    table: str, column: str, target: str, *, on_delete: str = "RESTRICT", tenant_column: str = "tenant_id"
) -> str:
    """A foreign key that cannot leave the tenant: foreign keys bypass row-level security, so it is composite."""
    return (
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_fkey FOREIGN KEY ({tenant_column}, {column}) "
        f"REFERENCES {target} (tenant_id, id) ON DELETE {on_delete}"
    )


def never_changed(table: str) -> str:
    """The trigger of a table whose rows are only added: nothing changes or goes, not even for the table's owner."""
    return (
        f"CREATE TRIGGER {table}_is_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def in_order(*groups: Iterable[str]) -> list[str]:
    """Joins statement lists."""
    return [statement for group in groups for statement in group]
