"""One seal for each day of a trail, the trail by the organisation it concerns, and a view that opens first."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, walls
from tenants.database.tables import Kind

MIGRATION = Migration(
    name="0018_trail_seals",
    after="0017_imports",
    up=in_order(
        [
            """
            CREATE TABLE audit_seal (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              day date NOT NULL,
              form integer NOT NULL CHECK (form > 0),
              event_count bigint NOT NULL CHECK (event_count > 0),
              events_sha256 text NOT NULL CHECK (events_sha256 ~ '^[0-9a-f]{64}$'),
              previous_sha256 text NOT NULL CHECK (previous_sha256 ~ '^([0-9a-f]{64})?$'),
              sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
              sealed_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT audit_seal_once_a_day UNIQUE (tenant_id, day)
            )
            """,
            "CREATE TRIGGER audit_seal_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seal "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        ],
        walls("audit_seal", Kind.TENANT, {Scope.TOWN: "SI", Scope.PREFECTURE: "si"}),
        [
            "CREATE INDEX audit_event_about ON audit_event (tenant_id, about_tenant_id, occurred_at, id) "
            "WHERE about_tenant_id IS NOT NULL",
            "ALTER TABLE saved_view ADD COLUMN opens_first boolean NOT NULL DEFAULT false",
            "CREATE UNIQUE INDEX saved_view_opens_first ON saved_view (tenant_id, person_id, list_name) "
            "WHERE opens_first",
        ],
    ),
    down=[
        "DROP INDEX saved_view_opens_first",
        "ALTER TABLE saved_view DROP COLUMN opens_first",
        "DROP INDEX audit_event_about",
        "DROP TABLE audit_seal",
    ],
)
