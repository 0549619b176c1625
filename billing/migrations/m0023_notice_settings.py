"""What a program's 納入通知書 says beside the amounts: 歳入科目, 納入場所, 事由, 宛名, 所管, 税区分, 発行者."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, owned_reference, walls
from tenants.database.tables import Kind

_ITEMS = ("account", "kan", "kou", "moku", "setsu", "issuer", "department", "officer", "manager_title")
_ITEM_COLUMNS = ",\n".join(
    f"{name} text NOT NULL DEFAULT '' CHECK (char_length({name}) <= 60)" for name in (*_ITEMS, "registration_account")
)

MIGRATION = Migration(
    name="0023_notice_settings",
    after="0022_run_decisions",
    up=in_order(
        [
            f"""
            CREATE TABLE notice_setting (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              program_id bigint NOT NULL,
              {_ITEM_COLUMNS},
              place text NOT NULL DEFAULT '' CHECK (char_length(place) <= 200),
              cause text NOT NULL DEFAULT '' CHECK (char_length(cause) <= 300),
              phone text NOT NULL DEFAULT '' CHECK (char_length(phone) <= 30),
              addressee text NOT NULL DEFAULT 'head' CHECK (addressee IN ('head', 'manager')),
              tax_category text NOT NULL DEFAULT 'outside' CHECK (tax_category IN ('outside', 'exempt', 'taxed')),
              registration_number text NOT NULL DEFAULT '' CHECK (registration_number ~ '^(T[0-9]{{13}})?$'),
              stages text[] NOT NULL
                CHECK (stages <@ ARRAY['estimate', 'notice', 'final', 'true_up']),
              version integer NOT NULL DEFAULT 1,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT notice_setting_once UNIQUE (tenant_id, program_id),
              CONSTRAINT notice_setting_registers_only_taxed
                CHECK (tax_category = 'taxed' OR (registration_number = '' AND registration_account = ''))
            )
            """,
            owned_reference("notice_setting", "program_id", "program"),
        ],
        walls("notice_setting", Kind.PREFECTURE, {Scope.PREFECTURE: "SIU"}),
    ),
    down=["DROP TABLE notice_setting"],
)
