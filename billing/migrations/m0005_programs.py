"""Programs, members, bases, keys, costs, grants: what the prefecture's finance officer sets up."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, owned_reference, walls
from tenants.database.tables import Kind

_EDITED = {Scope.PREFECTURE: "SIUD"}
_FRACTION = r"^[0-9]{1,30}(\.[0-9]{1,30}|/[0-9]{1,30})?$"
"""How exact numbers are kept: whole, decimal or fraction, never binary."""

MIGRATION = Migration(
    name="0005_programs",
    after="0004_jobs_and_files",
    up=in_order(
        [
            """
            CREATE TABLE program (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              fiscal_year integer NOT NULL CONSTRAINT program_year_is_plausible CHECK (fiscal_year BETWEEN 2000 AND 2199),
              title text NOT NULL CONSTRAINT program_has_a_title CHECK (char_length(title) BETWEEN 1 AND 100),
              description text NOT NULL DEFAULT '',
              rounding_stage text NOT NULL DEFAULT 'cost' CHECK (rounding_stage IN ('cost', 'total')),
              rounding_unit_yen yen NOT NULL DEFAULT 1 CHECK (rounding_unit_yen > 0),
              rounding_remainder text NOT NULL DEFAULT 'largest_remainder' CHECK (rounding_remainder IN
                ('largest_remainder', 'smallest_up', 'largest_share', 'named', 'prefecture', 'undistributed')),
              rounding_named_id integer REFERENCES tenant (id),
              national_ceiling text NOT NULL DEFAULT '1/2',
              invoice_unit_yen yen NOT NULL DEFAULT 1 CHECK (invoice_unit_yen > 0),
              invoice_mode text NOT NULL DEFAULT 'floor' CHECK (invoice_mode IN ('floor', 'half_up', 'ceil')),
              instalment_count integer NOT NULL DEFAULT 1 CHECK (instalment_count BETWEEN 1 AND 12),
              instalment_unit_yen yen NOT NULL DEFAULT 1 CHECK (instalment_unit_yen > 0),
              due_date date,
              version integer NOT NULL DEFAULT 1,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT program_title_once UNIQUE (tenant_id, fiscal_year, title),
              CONSTRAINT program_names_who_takes_the_remainder
                CHECK ((rounding_remainder = 'named') = (rounding_named_id IS NOT NULL))
            )
            """
        ],
        walls("program", Kind.PREFECTURE, _EDITED),
        [
            f"""
            CREATE TABLE program_member (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              program_id bigint NOT NULL,
              member_id integer NOT NULL REFERENCES tenant (id),
              months integer NOT NULL DEFAULT 12 CONSTRAINT program_member_months CHECK (months BETWEEN 0 AND 12),
              factor text NOT NULL DEFAULT '1' CHECK (factor ~ '{_FRACTION}'),
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT program_member_once UNIQUE (tenant_id, program_id, member_id),
              CONSTRAINT program_member_is_no_prefecture CHECK (member_id <> 1)
            )
            """,
            owned_reference("program_member", "program_id", "program"),
        ],
        walls("program_member", Kind.PREFECTURE, _EDITED),
        [
            """
            CREATE TABLE basis (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              program_id bigint NOT NULL,
              name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 60),
              unit text NOT NULL CHECK (char_length(unit) BETWEEN 1 AND 20),
              as_of date NOT NULL,
              source text NOT NULL CHECK (char_length(source) BETWEEN 1 AND 200),
              version integer NOT NULL DEFAULT 1,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT basis_name_once UNIQUE (tenant_id, program_id, name)
            )
            """,
            owned_reference("basis", "program_id", "program"),
        ],
        walls("basis", Kind.PREFECTURE, _EDITED),
        [
            f"""
            CREATE TABLE basis_value (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              basis_id bigint NOT NULL,
              member_id integer NOT NULL REFERENCES tenant (id),
              value text NOT NULL CONSTRAINT basis_value_is_exact CHECK (value ~ '{_FRACTION}'),
              entered_by text NOT NULL,
              entered_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT basis_value_once UNIQUE (tenant_id, basis_id, member_id)
            )
            """,
            owned_reference("basis_value", "basis_id", "basis", on_delete="CASCADE"),
        ],
        walls("basis_value", Kind.PREFECTURE, _EDITED),
        [
            """
            CREATE TABLE cost_key (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              program_id bigint NOT NULL,
              name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 60),
              definition jsonb NOT NULL,
              version integer NOT NULL DEFAULT 1,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT cost_key_name_once UNIQUE (tenant_id, program_id, name)
            )
            """,
            owned_reference("cost_key", "program_id", "program"),
        ],
        walls("cost_key", Kind.PREFECTURE, _EDITED),
        [
            f"""
            CREATE TABLE cost (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              program_id bigint NOT NULL,
              name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
              amount_yen yen NOT NULL CHECK (amount_yen >= 0),
              revenue_yen yen NOT NULL DEFAULT 0 CHECK (revenue_yen >= 0),
              tax_rate text NOT NULL DEFAULT '10/100' CHECK (tax_rate ~ '{_FRACTION}'),
              eligible boolean NOT NULL DEFAULT false,
              charge_kind text NOT NULL CHECK (charge_kind IN ('key', 'member', 'prefecture')),
              key_id bigint,
              member_id integer REFERENCES tenant (id),
              source text NOT NULL DEFAULT 'page',
              reference text NOT NULL,
              version integer NOT NULL DEFAULT 1,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT cost_posted_once UNIQUE (tenant_id, program_id, source, reference),
              CONSTRAINT cost_net_is_not_negative CHECK (revenue_yen <= amount_yen),
              CONSTRAINT cost_has_one_bearer CHECK ((charge_kind = 'key') = (key_id IS NOT NULL)
                AND (charge_kind = 'member') = (member_id IS NOT NULL))
            )
            """,
            owned_reference("cost", "program_id", "program"),
            owned_reference("cost", "key_id", "cost_key"),
        ],
        walls("cost", Kind.PREFECTURE, _EDITED),
        [
            f"""
            CREATE TABLE grant_line (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              program_id bigint NOT NULL,
              position integer NOT NULL CHECK (position > 0),
              name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
              funder text NOT NULL CHECK (funder IN ('national', 'prefecture', 'other')),
              rate text NOT NULL CHECK (rate ~ '{_FRACTION}'),
              cap_yen yen CHECK (cap_yen >= 0),
              member_cap_yen yen CHECK (member_cap_yen >= 0),
              cost_ids bigint[],
              tax text NOT NULL CHECK (tax IN ('included', 'excluded')),
              level text NOT NULL CHECK (level IN ('program', 'cost', 'member')),
              rounding_unit_yen yen NOT NULL DEFAULT 1 CHECK (rounding_unit_yen > 0),
              rounding_mode text NOT NULL DEFAULT 'floor' CHECK (rounding_mode IN ('floor', 'half_up', 'ceil')),
              version integer NOT NULL DEFAULT 1,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT grant_line_position_once UNIQUE (tenant_id, program_id, position)
            )
            """,
            owned_reference("grant_line", "program_id", "program"),
        ],
        walls("grant_line", Kind.PREFECTURE, _EDITED),
    ),
    down=[
        "DROP TABLE grant_line",
        "DROP TABLE cost",
        "DROP TABLE cost_key",
        "DROP TABLE basis_value",
        "DROP TABLE basis",
        "DROP TABLE program_member",
        "DROP TABLE program",
    ],
)
