"""Support accesses of the prefecture to a town's records, and the trail's lines by people from outside."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, owned_reference, walls
from tenants.database.tables import Kind

MIGRATION = Migration(
    name="0013_support",
    after="0012_people",
    up=in_order(
        [
            """
            CREATE TABLE support_access (
              tenant_id integer NOT NULL REFERENCES tenant (id) CONSTRAINT support_is_for_towns CHECK (tenant_id <> 1),
              id bigint GENERATED ALWAYS AS IDENTITY,
              person_id bigint NOT NULL REFERENCES person (id),
              person_name text NOT NULL,
              role text NOT NULL CONSTRAINT support_role_is_a_towns CHECK (role IN ('town_admin', 'town_finance', 'town_staff')),
              reason text NOT NULL CONSTRAINT support_has_a_reason CHECK (char_length(reason) BETWEEN 10 AND 500),
              opened_at timestamptz NOT NULL,
              ends_at timestamptz NOT NULL,
              closed_at timestamptz,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT support_ends_within_half_an_hour
                CHECK (ends_at > opened_at AND ends_at <= opened_at + interval '30 minutes')
            )
            """
        ],
        walls("support_access", Kind.TENANT, {Scope.TOWN: "S", Scope.PREFECTURE: "SI", Scope.IDENTITY: "SU"}),
        [
            "ALTER TABLE session ADD COLUMN support_tenant_id integer",
            "ALTER TABLE session ADD COLUMN support_access_id bigint",
            owned_reference("session", "support_access_id", "support_access", tenant_column="support_tenant_id"),
            "CREATE INDEX audit_event_by_outsiders ON audit_event (tenant_id, id) "
            "WHERE acting_tenant_id <> tenant_id OR role IN ('consultant', 'field_crew')",
        ],
    ),
    down=[
        "DROP INDEX audit_event_by_outsiders",
        "ALTER TABLE session DROP COLUMN support_access_id",
        "ALTER TABLE session DROP COLUMN support_tenant_id",
        "DROP TABLE support_access",
    ],
)
