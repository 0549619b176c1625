"""Saved views of lists, files of large exports, and the trail as a long list: its indexes and its different words."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, walls
from tenants.database.tables import Kind

MIGRATION = Migration(
    name="0015_lists",
    after="0014_transfers_and_reviews",
    up=in_order(
        [
            """
            CREATE TABLE saved_view (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              person_id bigint NOT NULL REFERENCES person (id),
              list_name text NOT NULL,
              name text NOT NULL CONSTRAINT saved_view_has_a_name CHECK (char_length(name) BETWEEN 1 AND 60),
              query text NOT NULL CONSTRAINT saved_view_is_short CHECK (char_length(query) <= 2000),
              shared boolean NOT NULL DEFAULT false,
              created_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT saved_view_once UNIQUE (tenant_id, person_id, list_name, name)
            )
            """,
            "CREATE INDEX saved_view_of_list ON saved_view (tenant_id, list_name)",
        ],
        walls(
            "saved_view",
            Kind.TENANT,
            {Scope.TOWN: "SIUD", Scope.PREFECTURE: "siud", Scope.CONSULTANT: "SID", Scope.CREW: "SID"},
        ),
        [
            """
            CREATE TABLE export_file (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              person_id bigint NOT NULL REFERENCES person (id),
              list_name text NOT NULL,
              file_name text NOT NULL CHECK (file_name ~ '^[A-Za-z0-9._-]{1,100}$'),
              content_type text NOT NULL,
              storage_key text NOT NULL CONSTRAINT export_file_under_its_tenant
                CHECK (starts_with(storage_key, 'tenants/' || tenant_id || '/')),
              size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
              row_count bigint NOT NULL CHECK (row_count >= 0),
              expires_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id)
            )
            """,
            "CREATE INDEX export_file_expiry ON export_file (expires_at)",
        ],
        [
            "ALTER TABLE audit_event ADD COLUMN about_tenant_id integer REFERENCES tenant (id)",
            "CREATE INDEX audit_event_newest ON audit_event (tenant_id, occurred_at, id)",
            "CREATE INDEX audit_event_of_person ON audit_event (tenant_id, person_name, occurred_at, id)",
            "CREATE INDEX audit_event_of_subject ON audit_event (tenant_id, subject_label, occurred_at, id)",
            "CREATE INDEX audit_event_of_request ON audit_event (tenant_id, request_id)",
            "CREATE INDEX audit_event_of_action ON audit_event (tenant_id, action, occurred_at, id)",
            """
            CREATE TABLE audit_word (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              word text NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT audit_word_once UNIQUE (tenant_id, word)
            )
            """,
            """
            INSERT INTO audit_word (tenant_id, word)
            SELECT DISTINCT tenant_id, word FROM audit_event CROSS JOIN LATERAL (VALUES (person_name), (subject_label)) w (word)
             WHERE word <> '' AND octet_length(word) <= 2000
            """,
            """
            CREATE FUNCTION keep_audit_words() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              INSERT INTO audit_word (tenant_id, word)
              SELECT NEW.tenant_id, w.word FROM (VALUES (NEW.person_name), (NEW.subject_label)) w (word)
               WHERE w.word <> '' AND octet_length(w.word) <= 2000
              ON CONFLICT DO NOTHING;
              RETURN NULL;
            END $$
            """,
            "CREATE TRIGGER audit_event_keeps_words AFTER INSERT ON audit_event "
            "FOR EACH ROW EXECUTE FUNCTION keep_audit_words()",
        ],
        walls(
            "audit_word",
            Kind.TENANT,
            {
                Scope.TOWN: "SI",
                Scope.PREFECTURE: "sI",
                Scope.CONSULTANT: "I",
                Scope.CREW: "I",
                Scope.IDENTITY: "I",
            },
        ),
        walls("export_file", Kind.TENANT, {Scope.TOWN: "SI", Scope.PREFECTURE: "si", Scope.JOBS: "SD"}),
    ),
    down=[
        "DROP TRIGGER audit_event_keeps_words ON audit_event",
        "DROP FUNCTION keep_audit_words()",
        "DROP TABLE audit_word",
        "DROP INDEX audit_event_of_action",
        "DROP INDEX audit_event_of_request",
        "DROP INDEX audit_event_of_subject",
        "DROP INDEX audit_event_of_person",
        "DROP INDEX audit_event_newest",
        "ALTER TABLE audit_event DROP COLUMN about_tenant_id",
        "DROP TABLE export_file",
        "DROP TABLE saved_view",
    ],
)
