"""Notices a person finds after sign-in, mails on their way, and how often a person wants them."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, walls
from tenants.database.tables import Kind

MIGRATION = Migration(
    name="0011_mail",
    after="0010_sign_in",
    up=in_order(
        [
            """
            CREATE TABLE notice (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              person_id bigint NOT NULL REFERENCES person (id),
              template text NOT NULL,
              subject text NOT NULL CHECK (char_length(subject) BETWEEN 1 AND 120),
              body text NOT NULL,
              url text NOT NULL CONSTRAINT notice_leads_inside CHECK (url ~ '^/([^/\\\\]|$)'),
              awaits_digest boolean NOT NULL DEFAULT false,
              created_at timestamptz NOT NULL,
              read_at timestamptz,
              PRIMARY KEY (tenant_id, id)
            )
            """,
            "CREATE INDEX notice_of_person ON notice (tenant_id, person_id, id)",
            "CREATE INDEX notice_unread ON notice (person_id, tenant_id) WHERE read_at IS NULL",
            "CREATE INDEX notice_awaits_digest ON notice (tenant_id, person_id) WHERE awaits_digest",
        ],
        walls(
            "notice",
            Kind.TENANT,
            {
                Scope.TOWN: "SIU",
                Scope.PREFECTURE: "sIu",
                Scope.CONSULTANT: "SU",
                Scope.CREW: "SU",
                Scope.IDENTITY: "S",
                Scope.JOBS: "SU",
            },
        ),
        [
            """
            CREATE TABLE mail (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              person_id bigint REFERENCES person (id),
              address text NOT NULL,
              template text NOT NULL,
              subject text NOT NULL CHECK (char_length(subject) BETWEEN 1 AND 120),
              body text NOT NULL,
              url text NOT NULL,
              message_id text NOT NULL,
              state text NOT NULL DEFAULT 'waiting' CONSTRAINT mail_state_is_known
                CHECK (state IN ('waiting', 'claimed', 'handing_over', 'sent', 'failed', 'unknown')),
              attempts integer NOT NULL DEFAULT 0,
              due_at timestamptz NOT NULL,
              lease_until timestamptz,
              error_message text NOT NULL DEFAULT '',
              created_at timestamptz NOT NULL,
              sent_at timestamptz,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT mail_message_id_is_unique UNIQUE (tenant_id, message_id)
            )
            """,
            "CREATE INDEX mail_due ON mail (due_at) WHERE state IN ('waiting', 'claimed', 'handing_over')",
        ],
        walls(
            "mail",
            Kind.TENANT,
            {
                Scope.TOWN: "SIU",
                Scope.PREFECTURE: "sIu",
                Scope.CONSULTANT: "I",
                Scope.CREW: "I",
                Scope.JOBS: "SIU",
            },
        ),
        [
            """
            CREATE TABLE mail_preference (
              id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
              person_id bigint NOT NULL REFERENCES person (id) CONSTRAINT mail_preference_once UNIQUE,
              frequency text NOT NULL CONSTRAINT mail_frequency_is_known CHECK (frequency IN ('now', 'daily', 'never'))
            )
            """
        ],
        walls("mail_preference", Kind.GROUND, {Scope.IDENTITY: "SIU"}),
    ),
    down=["DROP TABLE mail_preference", "DROP TABLE mail", "DROP TABLE notice"],
)
