"""Hashes of issued papers, which anybody who holds a paper may have compared before signing in."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, never_changed, owned_reference, walls
from tenants.database.tables import Kind

_VERBS = {Scope.PREFECTURE: "SI", Scope.IDENTITY: "S"}

MIGRATION = Migration(
    name="0025_issued_marks",
    after="0024_checked_papers",
    up=in_order(
        [
            """
            CREATE TABLE issued_mark (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              prefecture_id integer NOT NULL DEFAULT 1 CHECK (prefecture_id = 1),
              run_id bigint NOT NULL,
              mark_sha256 bytea NOT NULL CHECK (octet_length(mark_sha256) = 32),
              issued_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id)
            )
            """,
            owned_reference("issued_mark", "run_id", "run", tenant_column="prefecture_id"),
            # Looked for by hash alone: whoever asks has no tenant.
            "CREATE INDEX issued_mark_hash ON issued_mark (mark_sha256)",
        ],
        walls("issued_mark", Kind.TENANT, _VERBS),
        [
            never_changed("issued_mark"),
            """
            CREATE TABLE mark_withdrawal (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              run_id bigint NOT NULL,
              withdrawn_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT mark_withdrawal_once UNIQUE (tenant_id, run_id)
            )
            """,
            owned_reference("mark_withdrawal", "run_id", "run"),
            "CREATE INDEX mark_withdrawal_of_run ON mark_withdrawal (run_id)",
        ],
        walls("mark_withdrawal", Kind.TENANT, _VERBS),
        [
            never_changed("mark_withdrawal"),
        ],
    ),
    down=["DROP TABLE mark_withdrawal", "DROP TABLE issued_mark"],
)
