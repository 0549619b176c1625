"""The trail by role: a role that acted rarely or never is found without walking the whole trail."""

from tenants.database.migrating import Migration

MIGRATION = Migration(
    name="0019_trail_by_role",
    after="0018_trail_seals",
    up=["CREATE INDEX audit_event_of_role ON audit_event (tenant_id, role, occurred_at, id)"],
    down=["DROP INDEX audit_event_of_role"],
)
