"""The life of a grant: its period and deadlines, its steps that nobody can edit, confirmations and papers."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, never_changed, owned_reference, walls
from tenants.database.tables import Kind

_KEPT = {Scope.PREFECTURE: "SI"}

MIGRATION = Migration(
    name="0026_grant_steps",
    after="0025_issued_marks",
    up=in_order(
        [
            """
            CREATE TABLE grant_procedure (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              grant_id bigint NOT NULL,
              period_from date,
              period_to date,
              application_due date,
              report_days integer CHECK (report_days BETWEEN 0 AND 365),
              report_date date,
              version integer NOT NULL DEFAULT 1,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT grant_procedure_once UNIQUE (tenant_id, grant_id),
              CONSTRAINT grant_procedure_period CHECK (period_from <= period_to)
            )
            """,
            owned_reference("grant_procedure", "grant_id", "grant_line"),
        ],
        walls("grant_procedure", Kind.PREFECTURE, {Scope.PREFECTURE: "SIU"}),
        [
            """
            CREATE TABLE grant_step (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              grant_id bigint NOT NULL,
              kind text NOT NULL CHECK (kind IN ('apply', 'decide', 'apply_change', 'decide_change', 'advance',
                'report', 'settle', 'final_payment', 'repay', 'repay_tax')),
              step_date date NOT NULL,
              document_number text NOT NULL DEFAULT '' CHECK (char_length(document_number) <= 60),
              amount_yen yen NOT NULL CHECK (amount_yen >= 0),
              note text NOT NULL DEFAULT '',
              replaces_id bigint,
              withdrawn boolean NOT NULL DEFAULT false,
              reason text NOT NULL DEFAULT '',
              prepared_by_id bigint NOT NULL,
              prepared_by text NOT NULL,
              prepared_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT grant_step_replaced_once UNIQUE (tenant_id, replaces_id),
              CONSTRAINT grant_step_correction_has_a_reason
                CHECK ((replaces_id IS NULL) = (reason = '') AND (replaces_id IS NOT NULL OR NOT withdrawn))
            )
            """,
            owned_reference("grant_step", "grant_id", "grant_line"),
            owned_reference("grant_step", "replaces_id", "grant_step"),
            "CREATE INDEX grant_step_of_grant ON grant_step (tenant_id, grant_id)",
        ],
        walls("grant_step", Kind.PREFECTURE, _KEPT),
        [
            """
            CREATE TABLE grant_step_confirmation (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              step_id bigint NOT NULL,
              prepared_by_id bigint NOT NULL,
              confirmed_by_id bigint NOT NULL,
              confirmed_by text NOT NULL,
              confirmed_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT grant_step_confirmed_once UNIQUE (tenant_id, step_id),
              CONSTRAINT grant_step_has_two_people CHECK (confirmed_by_id <> prepared_by_id)
            )
            """,
            owned_reference("grant_step_confirmation", "step_id", "grant_step"),
        ],
        walls("grant_step_confirmation", Kind.PREFECTURE, _KEPT),
        [
            """
            CREATE TABLE grant_step_file (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              step_id bigint NOT NULL,
              file_id bigint NOT NULL,
              name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
              added_by text NOT NULL,
              added_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT grant_step_file_once UNIQUE (tenant_id, step_id, file_id)
            )
            """,
            owned_reference("grant_step_file", "step_id", "grant_step"),
            owned_reference("grant_step_file", "file_id", "stored_file"),
        ],
        walls("grant_step_file", Kind.PREFECTURE, _KEPT),
        [never_changed(table) for table in ("grant_step", "grant_step_confirmation", "grant_step_file")],
    ),
    down=[
        "DROP TABLE grant_step_file",
        "DROP TABLE grant_step_confirmation",
        "DROP TABLE grant_step",
        "DROP TABLE grant_procedure",
    ],
)
