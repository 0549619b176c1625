"""Keeps what an approver overrode and why, and lets another person withdraw the newest approved run of a program."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, never_changed, owned_reference, walls
from tenants.database.tables import Kind

_KEPT = {Scope.PREFECTURE: "SI"}
_REASON = "reason text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 500)"
"""Half a page, as the form allows."""


MIGRATION = Migration(
    name="0022_run_decisions",
    after="0021_published_shares",
    up=in_order(
        [
            f"""
            CREATE TABLE run_override (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              run_id bigint NOT NULL,
              code text NOT NULL,
              message text NOT NULL,
              {_REASON},
              decided_by_id bigint NOT NULL,
              decided_by text NOT NULL,
              decided_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id)
            )
            """,
            owned_reference("run_override", "run_id", "run"),
            "CREATE INDEX run_override_of_run ON run_override (tenant_id, run_id)",
        ],
        walls("run_override", Kind.PREFECTURE, _KEPT),
        [
            never_changed("run_override"),
            f"""
            CREATE TABLE run_withdrawal (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              run_id bigint NOT NULL,
              {_REASON},
              withdrawn_by_id bigint NOT NULL,
              withdrawn_by text NOT NULL,
              withdrawn_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT run_withdrawal_once UNIQUE (tenant_id, run_id)
            )
            """,
            owned_reference("run_withdrawal", "run_id", "run"),
        ],
        walls("run_withdrawal", Kind.PREFECTURE, _KEPT),
        [
            never_changed("run_withdrawal"),
            # The operation says the same in words first; this holds also for whoever goes past it.
            """
            CREATE FUNCTION check_run_withdrawal() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE withdrawn run%ROWTYPE;
            BEGIN
              SELECT * INTO withdrawn FROM run WHERE tenant_id = NEW.tenant_id AND id = NEW.run_id;
              IF withdrawn.approved_by_id = NEW.withdrawn_by_id THEN
                RAISE EXCEPTION 'who approved a run does not withdraw it'
                  USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'run_withdrawal_by_another';
              END IF;
              IF withdrawn.state IS DISTINCT FROM 'approved' OR EXISTS (
                SELECT FROM run later
                 WHERE later.tenant_id = NEW.tenant_id AND later.program_id = withdrawn.program_id
                   AND later.state = 'approved' AND later.number > withdrawn.number
                   AND NOT EXISTS (SELECT FROM run_withdrawal gone
                                    WHERE gone.tenant_id = later.tenant_id AND gone.run_id = later.id)) THEN
                RAISE EXCEPTION 'only the newest approved run is withdrawn'
                  USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'run_withdrawal_of_newest';
              END IF;
              RETURN NEW;
            END $$
            """,
            "CREATE TRIGGER run_withdrawal_is_right BEFORE INSERT ON run_withdrawal "
            "FOR EACH ROW EXECUTE FUNCTION check_run_withdrawal()",
            f"""
            CREATE TABLE statement_withdrawal (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              prefecture_id integer NOT NULL DEFAULT 1 CHECK (prefecture_id = 1),
              statement_id bigint NOT NULL,
              {_REASON},
              withdrawn_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT statement_withdrawal_once UNIQUE (tenant_id, statement_id)
            )
            """,
            owned_reference("statement_withdrawal", "statement_id", "statement"),
        ],
        walls("statement_withdrawal", Kind.TENANT, {Scope.TOWN: "S", Scope.PREFECTURE: "SI"}),
        [never_changed("statement_withdrawal")],
    ),
    down=[
        "DROP TABLE statement_withdrawal",
        "DROP TABLE run_withdrawal",
        "DROP FUNCTION check_run_withdrawal()",
        "DROP TABLE run_override",
    ],
)
