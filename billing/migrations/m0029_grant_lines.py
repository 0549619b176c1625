"""Cost lines of a grant: dates, papers, eligible yen; and the reasons given for what the guards find."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, never_changed, owned_reference, walls
from tenants.database.tables import Kind

_EDITED = {Scope.PREFECTURE: "SIU"}

MIGRATION = Migration(
    name="0029_grant_lines",
    after="0028_basis_register",
    up=in_order(
        [
            """
            CREATE TABLE cost_dates (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              cost_id bigint NOT NULL,
              contract_date date,
              delivery_date date,
              payment_date date,
              version integer NOT NULL DEFAULT 1,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT cost_dates_once UNIQUE (tenant_id, cost_id)
            )
            """,
            owned_reference("cost_dates", "cost_id", "cost", on_delete="CASCADE"),
        ],
        walls("cost_dates", Kind.PREFECTURE, _EDITED),
        [
            """
            CREATE TABLE cost_evidence (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              cost_id bigint NOT NULL,
              kind text NOT NULL CHECK (kind IN ('contract', 'delivery', 'payment', 'other')),
              file_id bigint NOT NULL,
              name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
              added_by text NOT NULL,
              added_at timestamptz NOT NULL,
              removed_by text NOT NULL DEFAULT '',
              removed_at timestamptz,
              removal_reason text NOT NULL DEFAULT '',
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT cost_evidence_removed_with_a_reason CHECK ((removed_at IS NULL) = (removal_reason = ''))
            )
            """,
            owned_reference("cost_evidence", "cost_id", "cost"),
            owned_reference("cost_evidence", "file_id", "stored_file"),
            "CREATE INDEX cost_evidence_of_cost ON cost_evidence (tenant_id, cost_id)",
        ],
        walls("cost_evidence", Kind.PREFECTURE, _EDITED),
        [
            """
            CREATE TABLE grant_eligibility (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              grant_id bigint NOT NULL,
              cost_id bigint NOT NULL,
              eligible_yen yen NOT NULL CHECK (eligible_yen >= 0),
              ineligible_yen yen NOT NULL CHECK (ineligible_yen >= 0),
              reason text NOT NULL DEFAULT '',
              version integer NOT NULL DEFAULT 1,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT grant_eligibility_once UNIQUE (tenant_id, grant_id, cost_id),
              CONSTRAINT grant_eligibility_has_a_reason CHECK (ineligible_yen = 0 OR reason <> '')
            )
            """,
            owned_reference("grant_eligibility", "grant_id", "grant_line"),
            owned_reference("grant_eligibility", "cost_id", "cost", on_delete="CASCADE"),
        ],
        walls("grant_eligibility", Kind.PREFECTURE, _EDITED),
        [
            """
            CREATE TABLE grant_guard_override (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              grant_id bigint NOT NULL,
              code text NOT NULL CHECK (code ~ '^[a-z-]{1,40}$'),
              message text NOT NULL CHECK (message <> ''),
              reason text NOT NULL CHECK (reason <> ''),
              overridden_by_id bigint NOT NULL,
              overridden_by text NOT NULL,
              overridden_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id)
            )
            """,
            owned_reference("grant_guard_override", "grant_id", "grant_line"),
            "CREATE INDEX grant_guard_override_of_grant ON grant_guard_override (tenant_id, grant_id)",
        ],
        walls("grant_guard_override", Kind.PREFECTURE, {Scope.PREFECTURE: "SI"}),
        [
            never_changed("grant_guard_override"),
            """
            CREATE TABLE grant_route (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              grant_id bigint NOT NULL,
              national_part text NOT NULL CHECK (national_part ~ '^[0-9]{1,30}(/[0-9]{1,30})?$'),
              version integer NOT NULL DEFAULT 1,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT grant_route_once UNIQUE (tenant_id, grant_id)
            )
            """,
            owned_reference("grant_route", "grant_id", "grant_line"),
        ],
        walls("grant_route", Kind.PREFECTURE, _EDITED),
    ),
    down=[
        "DROP TABLE grant_route",
        "DROP TABLE grant_guard_override",
        "DROP TABLE grant_eligibility",
        "DROP TABLE cost_evidence",
        "DROP TABLE cost_dates",
    ],
)
