"""Lets the nightly sweep take away answers and done-keys that nobody can ask for any more."""

from tenants.database.migrating import Migration

_SWEPT = ("answered_request", "done_key")

MIGRATION = Migration(
    name="0007_expiry",
    after="0006_runs",
    up=[
        statement
        for table in _SWEPT
        for statement in (
            f"CREATE POLICY {table}_jobs_select ON {table} FOR SELECT TO yui_jobs USING (true)",
            f"CREATE POLICY {table}_jobs_delete ON {table} FOR DELETE TO yui_jobs USING (true)",
            f"GRANT SELECT, DELETE ON {table} TO yui_jobs",
        )
    ],
    down=[
        statement
        for table in reversed(_SWEPT)
        for statement in (
            f"REVOKE SELECT, DELETE ON {table} FROM yui_jobs",
            f"DROP POLICY {table}_jobs_delete ON {table}",
            f"DROP POLICY {table}_jobs_select ON {table}",
        )
    ],
)
