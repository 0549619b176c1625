"""Jobs with their outbox and done-keys, answered requests (idempotency), stored files."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, owned_reference, walls
from tenants.database.tables import Kind

_OWN = {Scope.TOWN: "SIU", Scope.PREFECTURE: "siu"}
_OWN_OF_ALL = _OWN | {Scope.CONSULTANT: "SIU", Scope.CREW: "SIU"}

MIGRATION = Migration(
    name="0004_jobs_and_files",
    after="0003_audit",
    up=in_order(
        [
            """
            CREATE TABLE job (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              parent_id bigint,
              name text NOT NULL,
              title text NOT NULL,
              queue text NOT NULL CONSTRAINT job_queue_is_known CHECK (queue IN ('quick', 'slow', 'nightly')),
              arguments jsonb NOT NULL,
              state text NOT NULL CONSTRAINT job_state_is_known
                CHECK (state IN ('waiting', 'queued', 'running', 'done', 'failed', 'parked')),
              done_count integer NOT NULL DEFAULT 0,
              total_count integer NOT NULL DEFAULT 1 CHECK (total_count > 0),
              message text NOT NULL DEFAULT '',
              error_message text NOT NULL DEFAULT '',
              result_url text NOT NULL DEFAULT '',
              result_label text NOT NULL DEFAULT '',
              person_id bigint NOT NULL,
              person_name text NOT NULL,
              role text NOT NULL,
              request_id text NOT NULL,
              attempts integer NOT NULL DEFAULT 0,
              lease_until timestamptz,
              created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
              started_at timestamptz,
              finished_at timestamptz,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT job_counts_stay_within CHECK (done_count BETWEEN 0 AND total_count)
            )
            """,
            owned_reference("job", "parent_id", "job"),
            "CREATE INDEX job_unfinished ON job (lease_until) WHERE state = 'running'",
            "CREATE INDEX job_of_person ON job (tenant_id, person_id, id)",
        ],
        walls("job", Kind.TENANT, _OWN | {Scope.JOBS: "SU"}),
        [
            """
            CREATE TABLE outbox (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              job_id bigint NOT NULL,
              queue text NOT NULL,
              available_at timestamptz NOT NULL DEFAULT clock_timestamp(),
              sent_at timestamptz,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT outbox_once_per_job UNIQUE (tenant_id, job_id)
            )
            """,
            owned_reference("outbox", "job_id", "job", on_delete="CASCADE"),
            "CREATE INDEX outbox_due ON outbox (available_at)",
        ],
        walls("outbox", Kind.TENANT, {Scope.TOWN: "SI", Scope.PREFECTURE: "si", Scope.JOBS: "SIUD"}),
        [
            """
            CREATE TABLE done_key (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              key text NOT NULL,
              job_id bigint NOT NULL,
              done_at timestamptz NOT NULL DEFAULT clock_timestamp(),
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT done_key_once UNIQUE (tenant_id, key)
            )
            """,
            owned_reference("done_key", "job_id", "job"),
        ],
        walls("done_key", Kind.TENANT, {Scope.TOWN: "SI", Scope.PREFECTURE: "si"}),
        [
            """
            CREATE TABLE answered_request (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              person_id bigint NOT NULL,
              key text NOT NULL CHECK (char_length(key) BETWEEN 8 AND 80),
              request_sha256 text NOT NULL,
              status integer,
              location text NOT NULL DEFAULT '',
              content_type text NOT NULL DEFAULT '',
              body text NOT NULL DEFAULT '',
              answered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT answered_request_once UNIQUE (tenant_id, person_id, key)
            )
            """
        ],
        walls("answered_request", Kind.TENANT, _OWN_OF_ALL),
        [
            """
            CREATE TABLE stored_file (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              storage_key text NOT NULL,
              file_name text NOT NULL CONSTRAINT stored_file_name_is_ascii CHECK (file_name ~ '^[A-Za-z0-9._-]{1,100}$'),
              content_type text NOT NULL,
              size_bytes bigint NOT NULL CHECK (size_bytes >= 0),
              sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
              created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT stored_file_once UNIQUE (tenant_id, storage_key),
              CONSTRAINT stored_file_under_its_tenant CHECK (starts_with(storage_key, 'tenants/' || tenant_id || '/'))
            )
            """
        ],
        walls("stored_file", Kind.TENANT, {Scope.TOWN: "S", Scope.PREFECTURE: "SI"}),
    ),
    down=[
        "DROP TABLE stored_file",
        "DROP TABLE answered_request",
        "DROP TABLE done_key",
        "DROP TABLE outbox",
        "DROP TABLE job",
    ],
)
