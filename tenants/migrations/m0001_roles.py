"""Database roles, one per audience, and the domains that make wrong values fail loudly.

The login role ``yui_app`` exists already (the operator or the embedded server creates it); it owns nothing and
inherits nothing, and may only step into one of these roles inside a transaction.
"""

from tenants.database.migrating import Migration

_ROLES = ("yui_town", "yui_prefecture", "yui_consultant", "yui_crew", "yui_identity", "yui_jobs")

_CREATE_ROLE = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
    CREATE ROLE {role} NOLOGIN NOINHERIT NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid JOIN pg_roles u ON u.oid = m.member
                 WHERE r.rolname = '{role}' AND u.rolname = 'yui_app') THEN
    GRANT {role} TO yui_app WITH INHERIT FALSE, SET TRUE;
  END IF;
END $$
"""

MIGRATION = Migration(
    name="0001_roles",
    after=None,
    up=[
        *(_CREATE_ROLE.format(role=role) for role in _ROLES),
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {', '.join(_ROLES)}",
        "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        "REVOKE ALL ON migration FROM PUBLIC",
        # The cast of the tenant setting: not a positive integer, no query (docs/adr/0002).
        "CREATE DOMAIN tenant_ref AS integer CONSTRAINT tenant_ref_is_positive CHECK (VALUE > 0)",
        # numeric, not bigint: a bigint column would round 1.5 to 2 without a word; whole, not NaN, exact in xlsx (2^53).
        "CREATE DOMAIN yen AS numeric CONSTRAINT yen_is_whole "
        "CHECK (VALUE = trunc(VALUE) AND VALUE BETWEEN -9007199254740991 AND 9007199254740991)",
    ],
    # Roles belong to the cluster and may serve another database: they stay.
    down=[
        "DROP DOMAIN yen",
        "DROP DOMAIN tenant_ref",
        "ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC",
        f"REVOKE USAGE ON SCHEMA public FROM {', '.join(_ROLES)}",
    ],
)
