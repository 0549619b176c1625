"""Hashes of issued papers that a later notice replaced, because the day they name counts no more."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, never_changed, owned_reference, walls
from tenants.database.tables import Kind

MIGRATION = Migration(
    name="0037_replaced_marks",
    after="0036_moved_days",
    up=in_order(
        [
            """
            CREATE TABLE mark_replacement (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              prefecture_id integer NOT NULL DEFAULT 1 CHECK (prefecture_id = 1),
              run_id bigint NOT NULL,
              mark_sha256 bytea NOT NULL CHECK (octet_length(mark_sha256) = 32),
              replaced_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id)
            )
            """,
            owned_reference("mark_replacement", "run_id", "run", tenant_column="prefecture_id"),
            # Looked for by hash alone: whoever asks has no tenant.
            "CREATE INDEX mark_replacement_hash ON mark_replacement (mark_sha256)",
        ],
        walls("mark_replacement", Kind.TENANT, {Scope.PREFECTURE: "SI", Scope.IDENTITY: "S"}),
        [never_changed("mark_replacement")],
    ),
    down=["DROP TABLE mark_replacement"],
)
