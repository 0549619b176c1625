"""Keeps what was charged, received and reminded of per member and instalment; nothing of it is ever changed."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, never_changed, owned_reference, walls
from tenants.database.tables import Kind

_VERBS = {Scope.TOWN: "S", Scope.PREFECTURE: "SI"}
_OWNED = """
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              prefecture_id integer NOT NULL DEFAULT 1 CHECK (prefecture_id = 1),
"""
_ENTERED = """
              entered_by_id bigint NOT NULL,
              entered_by text NOT NULL,
              entered_at timestamptz NOT NULL,
"""


def _kept(table: str) -> list[str]:
    return [
        f"CREATE INDEX {table}_of_payment ON {table} (tenant_id, payment_id)",
        never_changed(table),
    ]


MIGRATION = Migration(
    name="0034_payments",
    after="0033_tax_returns",
    up=in_order(
        [
            f"""
            CREATE TABLE payment (
              {_OWNED}
              program_id bigint NOT NULL,
              title text NOT NULL,
              fiscal_year integer NOT NULL,
              number integer NOT NULL CHECK (number > 0),
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT payment_once UNIQUE (tenant_id, program_id, number)
            )
            """,
            owned_reference("payment", "program_id", "program", tenant_column="prefecture_id"),
            "CREATE INDEX payment_of_program ON payment (program_id)",
        ],
        walls("payment", Kind.TENANT, _VERBS),
        [
            f"""
            CREATE TABLE levy (
              {_OWNED}
              payment_id bigint NOT NULL,
              statement_id bigint,
              levied_on date NOT NULL,
              levy_number text NOT NULL CHECK (char_length(levy_number) <= 60),
              amount_yen yen NOT NULL CONSTRAINT levy_is_something CHECK (amount_yen <> 0),
              due_date date,
              {_ENTERED}
              PRIMARY KEY (tenant_id, id)
            )
            """,
            owned_reference("levy", "payment_id", "payment"),
            owned_reference("levy", "statement_id", "statement"),
            *_kept("levy"),
        ],
        walls("levy", Kind.TENANT, _VERBS),
        [
            f"""
            CREATE TABLE receipt (
              {_OWNED}
              program_id bigint NOT NULL,
              payment_id bigint NOT NULL,
              received_on date NOT NULL,
              amount_yen yen NOT NULL CONSTRAINT receipt_is_something CHECK (amount_yen <> 0),
              reference text NOT NULL CHECK (char_length(reference) <= 60),
              note text NOT NULL CHECK (char_length(note) <= 300),
              reverses_id bigint,
              {_ENTERED}
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT receipt_reversed_once UNIQUE (tenant_id, reverses_id)
            )
            """,
            owned_reference("receipt", "program_id", "program", tenant_column="prefecture_id"),
            owned_reference("receipt", "payment_id", "payment"),
            owned_reference("receipt", "reverses_id", "receipt"),
            "CREATE INDEX receipt_by_reference ON receipt (tenant_id, program_id, reference) WHERE reference <> ''",
            *_kept("receipt"),
            # A number of the accounting system names one sum that counts; a sum taken back frees its number again. The
            # operation holds the program's lock, so that nobody inserts beside it.
            """
            CREATE FUNCTION check_receipt_reference() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF NEW.reference <> '' AND EXISTS (
                SELECT FROM receipt r
                 WHERE r.tenant_id = NEW.tenant_id AND r.program_id = NEW.program_id AND r.reference = NEW.reference
                   AND NOT EXISTS (SELECT FROM receipt b WHERE b.tenant_id = r.tenant_id AND b.reverses_id = r.id)) THEN
                RAISE EXCEPTION 'this reference is there already'
                  USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'receipt_reference_once';
              END IF;
              RETURN NEW;
            END $$
            """,
            "CREATE TRIGGER receipt_reference_is_new BEFORE INSERT ON receipt "
            "FOR EACH ROW EXECUTE FUNCTION check_receipt_reference()",
        ],
        walls("receipt", Kind.TENANT, _VERBS),
        [
            f"""
            CREATE TABLE payment_reminder (
              {_OWNED}
              payment_id bigint NOT NULL,
              reminded_on date NOT NULL,
              amount_yen yen NOT NULL CHECK (amount_yen > 0),
              pay_by date NOT NULL CONSTRAINT reminder_leaves_time CHECK (pay_by > reminded_on),
              {_ENTERED}
              PRIMARY KEY (tenant_id, id)
            )
            """,
            owned_reference("payment_reminder", "payment_id", "payment"),
            *_kept("payment_reminder"),
        ],
        walls("payment_reminder", Kind.TENANT, _VERBS),
    ),
    down=[
        "DROP TABLE payment_reminder",
        "DROP TABLE receipt",
        "DROP FUNCTION check_receipt_reference()",
        "DROP TABLE levy",
        "DROP TABLE payment",
    ],
)
