"""Large exports become files like any other: they count in the tenant's room and end with the others."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, walls
from tenants.database.tables import Kind

_READ = ("export_file", "audit_event", "stored_file", "job")
"""Tables whose rows the move touches; their walls stand before the owner too, so they open for this transaction."""

MIGRATION = Migration(
    name="0020_exports_are_files",
    after="0019_trail_by_role",
    up=in_order(
        [f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in _READ],
        [
            # The trail has said since the first export who made it, in which role, and its fingerprint.
            """
            INSERT INTO stored_file (tenant_id, storage_key, file_name, content_type, size_bytes, sha256, kind, person_id,
                                     person_name, role, created_at, expires_at)
            SELECT x.tenant_id, x.storage_key, x.file_name, x.content_type, x.size_bytes, said.sha256, 'export', x.person_id,
                   said.person_name, said.role, x.expires_at - interval '7 days', x.expires_at
              FROM export_file x CROSS JOIN LATERAL (
                SELECT a.after->>'sha256' AS sha256, a.person_name, a.role FROM audit_event a
                 WHERE a.tenant_id = x.tenant_id AND a.person_id = x.person_id AND a.action = 'export_list'
                   AND a.subject_id = x.list_name AND a.after->>'rows' = x.row_count::text
                 ORDER BY abs(extract(epoch FROM a.occurred_at - (x.expires_at - interval '7 days'))), a.id LIMIT 1) said
            """,
            """
            UPDATE job SET result_url = '/files/' || f.id, result_expires_at = x.expires_at
              FROM export_file x JOIN stored_file f ON f.tenant_id = x.tenant_id AND f.storage_key = x.storage_key
             WHERE job.tenant_id = x.tenant_id AND job.result_url = '/exports/' || x.id
            """,
        ],
        [f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in _READ],
        ["DROP TABLE export_file"],
    ),
    down=in_order(
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
        walls("export_file", Kind.TENANT, {Scope.TOWN: "SI", Scope.PREFECTURE: "si", Scope.JOBS: "SD"}),
    ),
)
