"""The basis register: who entered and who checked a value, reasons, evidence, readings, and what a run froze of it."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, never_changed, owned_reference, walls
from tenants.database.tables import Kind

_FRACTION = r"^[0-9]{1,40}(/[0-9]{1,40})?$"
_ADDED = {Scope.PREFECTURE: "SI"}

MIGRATION = Migration(
    name="0028_basis_register",
    after="0027_tariffs",
    up=in_order(
        [
            f"""
            CREATE TABLE reading (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              source text NOT NULL CHECK (char_length(source) BETWEEN 1 AND 60),
              reference text NOT NULL CHECK (char_length(reference) BETWEEN 1 AND 140),
              member_id integer NOT NULL REFERENCES tenant (id),
              quantity text NOT NULL CHECK (char_length(quantity) BETWEEN 1 AND 60),
              unit text NOT NULL CHECK (char_length(unit) BETWEEN 1 AND 20),
              value text NOT NULL CONSTRAINT reading_is_exact CHECK (value ~ '{_FRACTION}'),
              as_of date NOT NULL,
              body_sha256 text NOT NULL CHECK (body_sha256 ~ '^[0-9a-f]{{64}}$'),
              posted_by text NOT NULL,
              posted_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT reading_posted_once UNIQUE (tenant_id, source, reference)
            )
            """,
            "CREATE INDEX reading_of_quantity ON reading (tenant_id, unit, quantity, as_of, member_id, id)",
        ],
        walls("reading", Kind.PREFECTURE, _ADDED),
        [
            never_changed("reading"),
            # Values entered before this step know the name of who entered them and no number: 0 is nobody's.
            "ALTER TABLE basis_value ADD COLUMN entered_by_id bigint NOT NULL DEFAULT 0",
            "ALTER TABLE basis_value ADD COLUMN note text NOT NULL DEFAULT '' CHECK (char_length(note) <= 200)",
            "ALTER TABLE basis_value ADD COLUMN as_of date",
            "ALTER TABLE basis_value ADD COLUMN reading_id bigint",
            "ALTER TABLE basis_value ADD CONSTRAINT basis_value_with_person UNIQUE (tenant_id, id, entered_by_id)",
            owned_reference("basis_value", "reading_id", "reading"),
            # The check stands on the row of the value, which goes when the value changes: then it falls away.
            # It repeats who entered the value, held to the truth by the reference, so that two people are certain.
            """
            CREATE TABLE basis_check (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              basis_value_id bigint NOT NULL,
              entered_by_id bigint NOT NULL,
              checked_by_id bigint NOT NULL,
              checked_by text NOT NULL,
              checked_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT basis_check_once UNIQUE (tenant_id, basis_value_id),
              CONSTRAINT basis_check_by_another CHECK (checked_by_id <> entered_by_id),
              CONSTRAINT basis_check_value_fkey FOREIGN KEY (tenant_id, basis_value_id, entered_by_id)
                REFERENCES basis_value (tenant_id, id, entered_by_id) ON DELETE CASCADE
            )
            """,
        ],
        walls("basis_check", Kind.PREFECTURE, {Scope.PREFECTURE: "SID"}),
        [
            """
            CREATE TABLE basis_reason (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              basis_value_id bigint NOT NULL,
              reason text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 300),
              given_by_id bigint NOT NULL,
              given_by text NOT NULL,
              given_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT basis_reason_once UNIQUE (tenant_id, basis_value_id)
            )
            """,
            owned_reference("basis_reason", "basis_value_id", "basis_value", on_delete="CASCADE"),
        ],
        walls("basis_reason", Kind.PREFECTURE, {Scope.PREFECTURE: "SID"}),
        [
            """
            CREATE TABLE basis_evidence (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              basis_id bigint NOT NULL,
              file_id bigint NOT NULL,
              title text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 100),
              added_by text NOT NULL,
              added_at timestamptz NOT NULL,
              removed_by text,
              removed_at timestamptz,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT basis_evidence_removed_by_somebody CHECK ((removed_at IS NULL) = (removed_by IS NULL))
            )
            """,
            owned_reference("basis_evidence", "basis_id", "basis", on_delete="CASCADE"),
            owned_reference("basis_evidence", "file_id", "stored_file"),
            "CREATE INDEX basis_evidence_of_basis ON basis_evidence (tenant_id, basis_id)",
        ],
        walls("basis_evidence", Kind.PREFECTURE, {Scope.PREFECTURE: "SIU"}),
        [
            """
            CREATE TABLE basis_previous (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              basis_id bigint NOT NULL,
              previous_program_id bigint,
              previous_basis text,
              chosen_by text NOT NULL,
              chosen_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT basis_previous_once UNIQUE (tenant_id, basis_id),
              CONSTRAINT basis_previous_is_whole CHECK ((previous_program_id IS NULL) = (previous_basis IS NULL))
            )
            """,
            owned_reference("basis_previous", "basis_id", "basis", on_delete="CASCADE"),
            owned_reference("basis_previous", "previous_program_id", "program"),
        ],
        walls("basis_previous", Kind.PREFECTURE, {Scope.PREFECTURE: "SIU"}),
        [
            f"""
            CREATE TABLE register_rule (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              program_id bigint NOT NULL,
              threshold text NOT NULL CHECK (threshold ~ '{_FRACTION}'),
              version integer NOT NULL DEFAULT 1,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT register_rule_once UNIQUE (tenant_id, program_id)
            )
            """,
            owned_reference("register_rule", "program_id", "program"),
        ],
        walls("register_rule", Kind.PREFECTURE, {Scope.PREFECTURE: "SIU"}),
        [
            """
            CREATE TABLE run_source (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              run_id bigint NOT NULL,
              sources jsonb NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT run_source_once UNIQUE (tenant_id, run_id)
            )
            """,
            owned_reference("run_source", "run_id", "run"),
        ],
        walls("run_source", Kind.PREFECTURE, _ADDED),
        [
            "CREATE TRIGGER run_source_is_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON run_source "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        ],
    ),
    down=[
        "DROP TABLE run_source",
        "DROP TABLE register_rule",
        "DROP TABLE basis_previous",
        "DROP TABLE basis_evidence",
        "DROP TABLE basis_reason",
        "DROP TABLE basis_check",
        "ALTER TABLE basis_value DROP CONSTRAINT basis_value_with_person, DROP COLUMN reading_id, DROP COLUMN as_of, "
        "DROP COLUMN note, DROP COLUMN entered_by_id",
        "DROP TABLE reading",
    ],
)
