"""The audit trail: append-only, for the application by its grants and for the owner by a trigger."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, walls
from tenants.database.tables import Kind

MIGRATION = Migration(
    name="0003_audit",
    after="0002_directory_and_access",
    up=in_order(
        [
            """
            CREATE TABLE audit_event (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
              acting_tenant_id integer NOT NULL REFERENCES tenant (id),
              person_id bigint,
              person_name text NOT NULL,
              role text NOT NULL,
              action text NOT NULL,
              subject text NOT NULL,
              subject_id text NOT NULL,
              subject_label text NOT NULL DEFAULT '',
              before jsonb,
              after jsonb,
              request_id text NOT NULL,
              address text NOT NULL,
              PRIMARY KEY (tenant_id, id)
            )
            """,
        ],
        walls(
            "audit_event",
            Kind.TENANT,
            {
                Scope.TOWN: "SI",
                Scope.PREFECTURE: "sI",
                Scope.CONSULTANT: "I",
                Scope.CREW: "I",
                Scope.IDENTITY: "I",
            },
        ),
        [
            """
            CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
            END $$
            """,
            "CREATE TRIGGER audit_event_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        ],
    ),
    down=["DROP TABLE audit_event", "DROP FUNCTION refuse_change()"],
)
