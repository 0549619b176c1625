"""Lets members ask about and object to their statements until a day that is frozen with the statement."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, never_changed, owned_reference, walls
from tenants.database.tables import Kind

MIGRATION = Migration(
    name="0030_disputes",
    after="0029_grant_lines",
    up=in_order(
        [
            """
            CREATE TABLE dispute_rule (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              program_id bigint NOT NULL,
              days integer NOT NULL CHECK (days BETWEEN 1 AND 90),
              version integer NOT NULL DEFAULT 1,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT dispute_rule_once UNIQUE (tenant_id, program_id)
            )
            """,
            owned_reference("dispute_rule", "program_id", "program"),
        ],
        walls("dispute_rule", Kind.PREFECTURE, {Scope.PREFECTURE: "SIU"}),
        [
            """
            CREATE TABLE dispute_period (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              prefecture_id integer NOT NULL DEFAULT 1 CHECK (prefecture_id = 1),
              statement_id bigint NOT NULL,
              last_day date NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT dispute_period_once UNIQUE (tenant_id, statement_id)
            )
            """,
            owned_reference("dispute_period", "statement_id", "statement"),
        ],
        walls("dispute_period", Kind.TENANT, {Scope.TOWN: "S", Scope.PREFECTURE: "SI"}),
        [
            never_changed("dispute_period"),
            """
            CREATE TABLE dispute (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              statement_id bigint NOT NULL,
              cost_id text NOT NULL DEFAULT '',
              line_name text NOT NULL DEFAULT '',
              kind text NOT NULL CHECK (kind IN ('inquiry', 'objection')),
              state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'answered', 'closed')),
              outcome text NOT NULL DEFAULT '' CHECK (outcome IN ('', 'unchanged', 'next_run', 'accepted')),
              opened_by_id bigint NOT NULL,
              opened_by text NOT NULL,
              opened_at timestamptz NOT NULL,
              closed_by text NOT NULL DEFAULT '',
              closed_at timestamptz,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT dispute_ends_with_an_outcome CHECK ((state = 'closed') = (outcome <> '')
                AND (state = 'closed') = (closed_at IS NOT NULL))
            )
            """,
            owned_reference("dispute", "statement_id", "statement"),
            "CREATE INDEX dispute_of_statement ON dispute (tenant_id, statement_id)",
        ],
        walls("dispute", Kind.TENANT, {Scope.TOWN: "SIU", Scope.PREFECTURE: "SU"}),
        [
            """
            CREATE FUNCTION keep_dispute() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF TG_OP <> 'UPDATE' OR OLD.state = 'closed' OR NEW.tenant_id <> OLD.tenant_id
                 OR NEW.statement_id <> OLD.statement_id OR NEW.cost_id <> OLD.cost_id
                 OR NEW.line_name <> OLD.line_name OR NEW.kind <> OLD.kind
                 OR NEW.opened_by_id <> OLD.opened_by_id OR NEW.opened_by <> OLD.opened_by
                 OR NEW.opened_at <> OLD.opened_at THEN
                RAISE EXCEPTION 'a dispute is kept as it was opened, and nothing follows its end'
                  USING ERRCODE = 'integrity_constraint_violation';
              END IF;
              RETURN NEW;
            END $$
            """,
            "CREATE TRIGGER dispute_is_kept BEFORE UPDATE OR DELETE ON dispute "
            "FOR EACH ROW EXECUTE FUNCTION keep_dispute()",
            """
            CREATE TABLE dispute_message (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              dispute_id bigint NOT NULL,
              by_prefecture boolean NOT NULL,
              person_id bigint NOT NULL,
              person_name text NOT NULL,
              text text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 2000),
              file_id bigint,
              file_name text NOT NULL DEFAULT '',
              written_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id)
            )
            """,
            owned_reference("dispute_message", "dispute_id", "dispute"),
            owned_reference("dispute_message", "file_id", "stored_file"),
            "CREATE INDEX dispute_message_of_dispute ON dispute_message (tenant_id, dispute_id)",
        ],
        walls("dispute_message", Kind.TENANT, {Scope.TOWN: "SI", Scope.PREFECTURE: "SI"}),
        [never_changed("dispute_message")],
    ),
    down=[
        "DROP TABLE dispute_message",
        "DROP TABLE dispute",
        "DROP FUNCTION keep_dispute()",
        "DROP TABLE dispute_period",
        "DROP TABLE dispute_rule",
    ],
)
