"""The year of a burden: a program's calendar, what a run continues, and members that leave."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, never_changed, owned_reference, walls
from tenants.database.tables import Kind

MIGRATION = Migration(
    name="0032_years",
    after="0031_notices",
    up=in_order(
        [
            """
            CREATE TABLE program_calendar (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              program_id bigint NOT NULL,
              estimate_by date,
              notice_by date,
              final_by date,
              true_up_by date,
              due_dates date[] NOT NULL CHECK (cardinality(due_dates) BETWEEN 1 AND 12),
              settlement_due date,
              holiday_rule text NOT NULL CHECK (holiday_rule IN ('after', 'before', 'as_is')),
              leaving_rule text NOT NULL CHECK (leaving_rule IN ('full_year', 'renormalise')),
              reason_required boolean NOT NULL,
              last_year_program_id bigint,
              version integer NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT program_calendar_once UNIQUE (tenant_id, program_id),
              CONSTRAINT program_calendar_is_in_order CHECK (
                coalesce(estimate_by, '-infinity') <= coalesce(notice_by, final_by, true_up_by, 'infinity')
                AND coalesce(notice_by, '-infinity') <= coalesce(final_by, true_up_by, 'infinity')
                AND coalesce(final_by, '-infinity') <= coalesce(true_up_by, 'infinity'))
            )
            """,
            owned_reference("program_calendar", "program_id", "program"),
            owned_reference("program_calendar", "last_year_program_id", "program"),
        ],
        walls("program_calendar", Kind.PREFECTURE, {Scope.PREFECTURE: "SIU"}),
        [
            """
            CREATE TABLE run_year (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              run_id bigint NOT NULL,
              previous_run_id bigint,
              reason text NOT NULL CHECK (char_length(reason) <= 500),
              notified jsonb NOT NULL,
              due_dates date[] NOT NULL,
              settlement_due date,
              last_year_run_id bigint,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT run_year_once UNIQUE (tenant_id, run_id),
              CONSTRAINT run_year_continues_another CHECK (previous_run_id <> run_id AND last_year_run_id <> run_id)
            )
            """,
            owned_reference("run_year", "run_id", "run"),
            owned_reference("run_year", "previous_run_id", "run"),
            owned_reference("run_year", "last_year_run_id", "run"),
        ],
        walls("run_year", Kind.PREFECTURE, {Scope.PREFECTURE: "SI"}),
        [
            # What a run continues is part of what was decided, like its case.
            never_changed("run_year"),
            """
            CREATE TABLE member_departure (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              program_id bigint NOT NULL,
              member_id integer NOT NULL REFERENCES tenant (id),
              left_on date NOT NULL,
              reason text NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 500),
              recorded_by text NOT NULL,
              recorded_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT member_departure_once UNIQUE (tenant_id, program_id, member_id)
            )
            """,
            owned_reference("member_departure", "program_id", "program"),
        ],
        walls("member_departure", Kind.PREFECTURE, {Scope.PREFECTURE: "SID"}),
    ),
    down=["DROP TABLE member_departure", "DROP TABLE run_year", "DROP TABLE program_calendar"],
)
