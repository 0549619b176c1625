"""Sign-in in full: counted attempts, links that set a password, kept drafts, the second factor, resets by two people."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, walls
from tenants.database.tables import Kind

_ROLE_LIST = (
    "'liaison', 'prefecture_finance', 'prefecture_admin', 'town_staff', 'town_finance', 'town_admin', "
    "'consultant', 'field_crew'"
)

MIGRATION = Migration(
    name="0010_sign_in",
    after="0009_api",
    up=in_order(
        [
            "ALTER TABLE session ADD COLUMN factor_passed_at timestamptz",
            "ALTER TABLE session ADD COLUMN address text NOT NULL DEFAULT ''",
            "ALTER TABLE session ADD COLUMN device text NOT NULL DEFAULT '' CHECK (char_length(device) <= 200)",
            """
            CREATE TABLE attempt_count (
              id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
              kind text NOT NULL CONSTRAINT attempt_kind_is_known CHECK (kind IN ('password', 'second_factor', 'town')),
              subject_sha256 bytea NOT NULL,
              failure_count integer NOT NULL DEFAULT 0,
              refused_count integer NOT NULL DEFAULT 0,
              first_failed_at timestamptz NOT NULL,
              last_failed_at timestamptz NOT NULL,
              blocked_until timestamptz,
              CONSTRAINT attempt_count_once UNIQUE (kind, subject_sha256)
            )
            """,
            "CREATE INDEX attempt_count_age ON attempt_count (last_failed_at)",
        ],
        walls("attempt_count", Kind.GROUND, {Scope.IDENTITY: "SIUD"}),
        [
            """
            CREATE TABLE access_link (
              id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
              token_sha256 bytea NOT NULL CONSTRAINT access_link_token_is_unique UNIQUE,
              person_id bigint NOT NULL REFERENCES person (id),
              issuing_tenant_id integer NOT NULL REFERENCES tenant (id),
              issued_by_id bigint NOT NULL,
              purpose text NOT NULL CONSTRAINT access_link_purpose_is_known CHECK (purpose IN ('invitation', 'reset')),
              issued_at timestamptz NOT NULL,
              expires_at timestamptz NOT NULL,
              used_at timestamptz
            )
            """,
            "CREATE INDEX access_link_person ON access_link (person_id)",
        ],
        walls("access_link", Kind.GROUND, {Scope.IDENTITY: "SIUD"}),
        [
            """
            CREATE TABLE kept_draft (
              id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
              token_sha256 bytea NOT NULL CONSTRAINT kept_draft_token_is_unique UNIQUE,
              person_id bigint NOT NULL REFERENCES person (id),
              membership_id bigint NOT NULL,
              page_path text NOT NULL,
              ciphertext bytea NOT NULL CONSTRAINT kept_draft_is_bounded CHECK (octet_length(ciphertext) <= 200000),
              expires_at timestamptz NOT NULL
            )
            """,
            "CREATE INDEX kept_draft_person ON kept_draft (person_id)",
        ],
        walls("kept_draft", Kind.GROUND, {Scope.IDENTITY: "SID"}),
        [
            """
            CREATE TABLE second_factor (
              id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
              person_id bigint NOT NULL CONSTRAINT second_factor_once UNIQUE REFERENCES person (id),
              sealed_secret bytea NOT NULL,
              started_at timestamptz NOT NULL,
              confirmed_at timestamptz,
              last_step bigint NOT NULL DEFAULT 0
            )
            """
        ],
        walls("second_factor", Kind.GROUND, {Scope.IDENTITY: "SIUD"}),
        [
            """
            CREATE TABLE recovery_code (
              id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
              person_id bigint NOT NULL REFERENCES person (id),
              code_digest bytea NOT NULL,
              used_at timestamptz,
              CONSTRAINT recovery_code_once UNIQUE (person_id, code_digest)
            )
            """
        ],
        walls("recovery_code", Kind.GROUND, {Scope.IDENTITY: "SIUD"}),
        [
            f"""
            CREATE TABLE factor_policy (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              role text NOT NULL CONSTRAINT factor_policy_role_is_known CHECK (role IN ({_ROLE_LIST})),
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT factor_policy_once UNIQUE (tenant_id, role)
            )
            """
        ],
        walls("factor_policy", Kind.TENANT, {Scope.TOWN: "SID", Scope.PREFECTURE: "sid", Scope.IDENTITY: "S"}),
        [
            """
            CREATE TABLE access_reset (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              person_id bigint NOT NULL REFERENCES person (id),
              person_name text NOT NULL,
              what text NOT NULL CONSTRAINT access_reset_what_is_known CHECK (what IN ('password', 'second_factor')),
              reason text NOT NULL CONSTRAINT access_reset_has_a_reason CHECK (char_length(reason) BETWEEN 1 AND 400),
              needs_prefecture boolean NOT NULL,
              asked_by_id bigint NOT NULL,
              asked_by_name text NOT NULL,
              asked_at timestamptz NOT NULL,
              state text NOT NULL DEFAULT 'asked'
                CONSTRAINT access_reset_state_is_known CHECK (state IN ('asked', 'done', 'declined')),
              decided_by_id bigint,
              decided_by_name text NOT NULL DEFAULT '',
              decided_at timestamptz,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT access_reset_by_two_people
                CHECK (state <> 'done' OR (decided_by_id <> asked_by_id AND decided_by_id <> person_id)),
              CONSTRAINT access_reset_decided CHECK ((state = 'asked') = (decided_by_id IS NULL))
            )
            """,
            "CREATE UNIQUE INDEX access_reset_one_at_a_time ON access_reset (tenant_id, person_id, what) "
            "WHERE state = 'asked'",
        ],
        walls("access_reset", Kind.TENANT, {Scope.TOWN: "SIU", Scope.PREFECTURE: "SIU"}),
    ),
    down=[
        "DROP TABLE access_reset",
        "DROP TABLE factor_policy",
        "DROP TABLE recovery_code",
        "DROP TABLE second_factor",
        "DROP TABLE kept_draft",
        "DROP TABLE access_link",
        "DROP TABLE attempt_count",
        "ALTER TABLE session DROP COLUMN device",
        "ALTER TABLE session DROP COLUMN address",
        "ALTER TABLE session DROP COLUMN factor_passed_at",
    ],
)
