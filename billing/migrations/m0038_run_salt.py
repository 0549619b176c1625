"""A run's salt: what the fingerprints on its papers are taken with, so that nobody can try out what they do not say."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, never_changed, owned_reference, walls
from tenants.database.tables import Kind

MIGRATION = Migration(
    name="0038_run_salt",
    after="0037_replaced_marks",
    up=in_order(
        [
            """
            CREATE TABLE run_salt (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              run_id bigint NOT NULL,
              salt bytea NOT NULL CHECK (octet_length(salt) = 32),
              PRIMARY KEY (tenant_id, id),
              UNIQUE (tenant_id, run_id)
            )
            """,
            owned_reference("run_salt", "run_id", "run"),
        ],
        walls("run_salt", Kind.PREFECTURE, {Scope.PREFECTURE: "SI"}),
        [never_changed("run_salt")],
    ),
    down=["DROP TABLE run_salt"],
)
