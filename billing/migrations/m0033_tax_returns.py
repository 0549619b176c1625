"""Consumption-tax returns: the account of each member, what it is asked, what it reports, what is decided."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, never_changed, owned_reference, walls
from tenants.database.tables import Kind

_ASKED = {Scope.TOWN: "S", Scope.PREFECTURE: "SI"}

MIGRATION = Migration(
    name="0033_tax_returns",
    after="0032_years",
    up=in_order(
        [
            """
            CREATE TABLE tax_account (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              program_id bigint NOT NULL,
              member_id integer NOT NULL REFERENCES tenant (id),
              account text NOT NULL CHECK (account IN ('general', 'enterprise')),
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT tax_account_once UNIQUE (tenant_id, program_id, member_id)
            )
            """,
            owned_reference("tax_account", "program_id", "program"),
        ],
        walls("tax_account", Kind.PREFECTURE, {Scope.PREFECTURE: "SIU"}),
        [
            """
            CREATE TABLE tax_request (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              prefecture_id integer NOT NULL DEFAULT 1 CHECK (prefecture_id = 1),
              grant_id bigint NOT NULL,
              grant_name text NOT NULL,
              program_title text NOT NULL,
              fiscal_year integer NOT NULL,
              account text NOT NULL CHECK (account IN ('general', 'enterprise')),
              rate text NOT NULL,
              grant_yen yen NOT NULL CHECK (grant_yen >= 0),
              tax_yen yen NOT NULL CHECK (tax_yen >= 0),
              due_date date NOT NULL,
              requested_by text NOT NULL,
              requested_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id)
            )
            """,
            owned_reference("tax_request", "grant_id", "grant_line", tenant_column="prefecture_id"),
            "CREATE INDEX tax_request_of_grant ON tax_request (tenant_id, grant_id, id)",
        ],
        walls("tax_request", Kind.TENANT, _ASKED),
        [
            """
            CREATE TABLE tax_return (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              request_id bigint NOT NULL,
              method text NOT NULL CHECK (method IN ('none', 'all', 'ratio', 'entered')),
              tax_yen yen NOT NULL CHECK (tax_yen >= 0),
              ratio text NOT NULL CHECK (ratio ~ '^[0-9]{1,30}(/[0-9]{1,30})?$'),
              deductible_yen yen NOT NULL CHECK (deductible_yen BETWEEN 0 AND tax_yen),
              return_yen yen NOT NULL CHECK (return_yen BETWEEN 0 AND deductible_yen),
              note text NOT NULL DEFAULT '',
              reason text NOT NULL DEFAULT '',
              entered_by_id bigint NOT NULL,
              entered_by text NOT NULL,
              entered_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id)
            )
            """,
            owned_reference("tax_return", "request_id", "tax_request"),
            "CREATE INDEX tax_return_of_request ON tax_return (tenant_id, request_id, id)",
        ],
        walls("tax_return", Kind.TENANT, {Scope.TOWN: "SI", Scope.PREFECTURE: "SI"}),
        [
            """
            CREATE TABLE tax_return_decision (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              return_id bigint NOT NULL,
              accepted boolean NOT NULL,
              reason text NOT NULL DEFAULT '',
              entered_by_id bigint NOT NULL,
              decided_by_id bigint NOT NULL,
              decided_by text NOT NULL,
              decided_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT tax_return_decided_once UNIQUE (tenant_id, return_id),
              CONSTRAINT tax_return_has_two_people CHECK (decided_by_id <> entered_by_id),
              CONSTRAINT tax_return_sent_back_with_a_reason CHECK (accepted OR reason <> '')
            )
            """,
            owned_reference("tax_return_decision", "return_id", "tax_return"),
        ],
        walls("tax_return_decision", Kind.TENANT, _ASKED),
        [never_changed(table) for table in ("tax_request", "tax_return", "tax_return_decision")],
    ),
    down=[
        "DROP TABLE tax_return_decision",
        "DROP TABLE tax_return",
        "DROP TABLE tax_request",
        "DROP TABLE tax_account",
    ],
)
