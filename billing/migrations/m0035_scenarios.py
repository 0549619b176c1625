"""試算: what-if copies of a case; nothing refers to them, so that none can ever be issued."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, owned_reference, walls
from tenants.database.tables import Kind

MIGRATION = Migration(
    name="0035_scenarios",
    after="0034_payments",
    up=in_order(
        [
            """
            CREATE TABLE scenario (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              program_id bigint NOT NULL,
              name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
              note text NOT NULL DEFAULT '' CHECK (char_length(note) <= 1000),
              based_on text NOT NULL,
              based_on_run_id bigint,
              base_json text NOT NULL,
              case_json text NOT NULL,
              result_json text,
              problems jsonb,
              burden_yen yen,
              created_by text NOT NULL,
              created_at timestamptz NOT NULL,
              adopted_by text NOT NULL DEFAULT '',
              adopted_at timestamptz,
              version integer NOT NULL DEFAULT 1,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT scenario_name_once UNIQUE (tenant_id, program_id, name),
              CONSTRAINT scenario_has_one_answer
                CHECK ((result_json IS NULL) = (problems IS NOT NULL) AND (result_json IS NULL) = (burden_yen IS NULL))
            )
            """,
            owned_reference("scenario", "program_id", "program"),
            owned_reference("scenario", "based_on_run_id", "run"),
            "CREATE INDEX scenario_of_run ON scenario (tenant_id, based_on_run_id)",
        ],
        walls("scenario", Kind.PREFECTURE, {Scope.PREFECTURE: "SIUD"}),
    ),
    down=["DROP TABLE scenario"],
)
