"""Runs, their papers, and every member's statement: frozen cases and results that nobody can edit."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, owned_reference, walls
from tenants.database.tables import Kind

MIGRATION = Migration(
    name="0006_runs",
    after="0005_programs",
    up=in_order(
        [
            """
            CREATE TABLE run (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              program_id bigint NOT NULL,
              number integer NOT NULL CHECK (number > 0),
              stage text NOT NULL CHECK (stage IN ('estimate', 'notice', 'final', 'true_up')),
              state text NOT NULL CHECK (state IN ('computing', 'computed', 'submitted', 'approved', 'refused')),
              fiscal_year integer NOT NULL,
              title text NOT NULL,
              due_date date,
              case_json text NOT NULL,
              case_sha256 text NOT NULL CHECK (case_sha256 ~ '^[0-9a-f]{64}$'),
              result_json text,
              result_sha256 text CHECK (result_sha256 ~ '^[0-9a-f]{64}$'),
              problems jsonb,
              return_reason text NOT NULL DEFAULT '',
              document_number text NOT NULL,
              compute_job_id bigint,
              issue_job_id bigint,
              prepared_by_id bigint NOT NULL,
              prepared_by text NOT NULL,
              prepared_at timestamptz NOT NULL,
              submitted_by_id bigint,
              submitted_by text NOT NULL DEFAULT '',
              submitted_at timestamptz,
              approved_by_id bigint,
              approved_by text NOT NULL DEFAULT '',
              approved_at timestamptz,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT run_number_once UNIQUE (tenant_id, program_id, number),
              CONSTRAINT run_result_when_computed
                CHECK (state IN ('computing', 'refused') OR (result_json IS NOT NULL AND result_sha256 IS NOT NULL)),
              CONSTRAINT run_approved_by_somebody CHECK ((state = 'approved') = (approved_by_id IS NOT NULL)),
              CONSTRAINT run_has_two_people
                CHECK (approved_by_id IS NULL OR (approved_by_id <> prepared_by_id AND approved_by_id <> submitted_by_id))
            )
            """,
            owned_reference("run", "program_id", "program"),
            owned_reference("run", "compute_job_id", "job"),
            owned_reference("run", "issue_job_id", "job"),
        ],
        walls("run", Kind.PREFECTURE, {Scope.PREFECTURE: "SIU"}),
        [
            # A run is computed from its frozen case and never edited; after approval nothing of it changes,
            # for nobody, not even the owner of the table.
            """
            CREATE FUNCTION keep_run_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF TG_OP <> 'UPDATE' THEN
                RAISE EXCEPTION 'a run is never deleted' USING ERRCODE = 'integrity_constraint_violation';
              END IF;
              IF OLD.state = 'approved' OR NEW.case_json IS DISTINCT FROM OLD.case_json
                 OR NEW.case_sha256 IS DISTINCT FROM OLD.case_sha256 OR NEW.tenant_id <> OLD.tenant_id
                 OR NEW.program_id <> OLD.program_id OR NEW.number <> OLD.number
                 OR NEW.fiscal_year <> OLD.fiscal_year OR NEW.title <> OLD.title OR NEW.stage <> OLD.stage
                 OR NEW.document_number <> OLD.document_number OR NEW.prepared_by_id <> OLD.prepared_by_id
                 OR (OLD.result_json IS NOT NULL AND (NEW.result_json IS DISTINCT FROM OLD.result_json
                     OR NEW.result_sha256 IS DISTINCT FROM OLD.result_sha256)) THEN
                RAISE EXCEPTION 'a run is frozen' USING ERRCODE = 'integrity_constraint_violation';
              END IF;
              RETURN NEW;
            END $$
            """,
            "CREATE TRIGGER run_is_frozen BEFORE UPDATE OR DELETE ON run FOR EACH ROW EXECUTE FUNCTION keep_run_frozen()",
            "CREATE TRIGGER run_is_kept BEFORE TRUNCATE ON run FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
            """
            CREATE TABLE run_paper (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              run_id bigint NOT NULL,
              kind text NOT NULL CHECK (kind IN ('summary', 'archive')),
              file_id bigint NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT run_paper_once UNIQUE (tenant_id, run_id, kind)
            )
            """,
            owned_reference("run_paper", "run_id", "run"),
            owned_reference("run_paper", "file_id", "stored_file"),
        ],
        walls("run_paper", Kind.PREFECTURE, {Scope.PREFECTURE: "SI"}),
        [
            """
            CREATE TABLE statement (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              prefecture_id integer NOT NULL DEFAULT 1 CHECK (prefecture_id = 1),
              run_id bigint NOT NULL,
              fiscal_year integer NOT NULL,
              title text NOT NULL,
              stage text NOT NULL,
              run_number integer NOT NULL,
              document_number text NOT NULL,
              due_date date,
              invoice_yen yen NOT NULL,
              difference_yen yen NOT NULL,
              content jsonb NOT NULL,
              xlsx_file_id bigint NOT NULL,
              pdf_file_id bigint NOT NULL,
              issued_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT statement_once UNIQUE (tenant_id, run_id)
            )
            """,
            owned_reference("statement", "run_id", "run", tenant_column="prefecture_id"),
            owned_reference("statement", "xlsx_file_id", "stored_file"),
            owned_reference("statement", "pdf_file_id", "stored_file"),
            "CREATE INDEX statement_of_run ON statement (run_id)",
        ],
        walls("statement", Kind.TENANT, {Scope.TOWN: "S", Scope.PREFECTURE: "SI"}),
        [
            "CREATE TRIGGER statement_is_issued BEFORE UPDATE OR DELETE OR TRUNCATE ON statement "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        ],
    ),
    down=[
        "DROP TABLE statement",
        "DROP TABLE run_paper",
        "DROP TABLE run",
        "DROP FUNCTION keep_run_frozen()",
    ],
)
