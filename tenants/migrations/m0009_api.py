"""Personal tokens; which token an act came through; the version an answer carried."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, owned_reference, walls
from tenants.database.tables import Kind

MIGRATION = Migration(
    name="0009_api",
    after="0008_posted_costs",
    up=in_order(
        [
            """
            CREATE TABLE api_token (
              id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
              token_sha256 bytea NOT NULL CONSTRAINT api_token_is_unique UNIQUE,
              hint text NOT NULL,
              name text NOT NULL CONSTRAINT api_token_has_a_name CHECK (char_length(name) BETWEEN 1 AND 60),
              person_id bigint NOT NULL REFERENCES person (id),
              membership_tenant_id integer NOT NULL,
              membership_id bigint NOT NULL,
              verbs text[] NOT NULL,
              created_at timestamptz NOT NULL,
              expires_at timestamptz NOT NULL,
              last_used_at timestamptz,
              revoked_at timestamptz,
              revoked_by text NOT NULL DEFAULT '',
              CONSTRAINT api_token_ends CHECK
                (expires_at > created_at AND expires_at <= created_at + interval '366 days')
            )
            """,
            "CREATE INDEX api_token_person ON api_token (person_id)",
            "CREATE INDEX api_token_membership ON api_token (membership_tenant_id, membership_id)",
            owned_reference(
                "api_token",
                "membership_id",
                "membership",
                on_delete="CASCADE",
                tenant_column="membership_tenant_id",
            ),
        ],
        walls("api_token", Kind.GROUND, {Scope.IDENTITY: "SIU", Scope.JOBS: "SD"}),
        [
            "ALTER TABLE audit_event ADD COLUMN via text NOT NULL DEFAULT ''",
            "ALTER TABLE answered_request ADD COLUMN etag text NOT NULL DEFAULT ''",
        ],
    ),
    down=[
        "ALTER TABLE answered_request DROP COLUMN etag",
        "ALTER TABLE audit_event DROP COLUMN via",
        "DROP TABLE api_token",
    ],
)
