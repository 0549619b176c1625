"""Files get a kind, an owner and an end; tenants a limit of room; jobs can be cancelled and end; the letterhead."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, owned_reference, walls
from tenants.database.tables import Kind

_STATES = "'waiting', 'queued', 'running', 'done', 'failed', 'parked'"

MIGRATION = Migration(
    name="0016_files",
    after="0015_lists",
    up=in_order(
        [
            # Every file so far is a paper of the apportionment; a default needs no UPDATE, which would meet the walls.
            "ALTER TABLE stored_file ADD COLUMN kind text NOT NULL DEFAULT 'paper' CONSTRAINT stored_file_kind_is_a_word CHECK (kind ~ '^[a-z_]{1,40}$'), "
            "ADD COLUMN job_id bigint, ADD COLUMN person_id bigint, ADD COLUMN person_name text NOT NULL DEFAULT '', "
            "ADD COLUMN role text NOT NULL DEFAULT '', ADD COLUMN expires_at timestamptz, ADD COLUMN deleted_at timestamptz",
            "ALTER TABLE stored_file ALTER COLUMN kind DROP DEFAULT",
            "CREATE INDEX stored_file_room ON stored_file (tenant_id) INCLUDE (size_bytes) WHERE deleted_at IS NULL",
            "CREATE INDEX stored_file_expiry ON stored_file (expires_at) WHERE deleted_at IS NULL AND expires_at IS NOT NULL",
        ],
        [
            "CREATE POLICY stored_file_town_insert ON stored_file FOR INSERT TO yui_town WITH CHECK (tenant_id = (SELECT current_setting('app.tenant_id')::tenant_ref))",
            "CREATE POLICY stored_file_town_update ON stored_file FOR UPDATE TO yui_town USING (tenant_id = (SELECT current_setting('app.tenant_id')::tenant_ref)) "
            "WITH CHECK (tenant_id = (SELECT current_setting('app.tenant_id')::tenant_ref))",
            "CREATE POLICY stored_file_prefecture_update ON stored_file FOR UPDATE TO yui_prefecture USING (tenant_id = (SELECT current_setting('app.tenant_id')::tenant_ref)) "
            "WITH CHECK (tenant_id = (SELECT current_setting('app.tenant_id')::tenant_ref))",
            "CREATE POLICY stored_file_jobs_select ON stored_file FOR SELECT TO yui_jobs USING (true)",
            "GRANT INSERT, UPDATE ON stored_file TO yui_town",
            "GRANT UPDATE ON stored_file TO yui_prefecture",
            "GRANT SELECT ON stored_file TO yui_jobs",
        ],
        [
            "ALTER TABLE job DROP CONSTRAINT job_state_is_known",
            f"ALTER TABLE job ADD CONSTRAINT job_state_is_known CHECK (state IN ({_STATES}, 'cancelled'))",
            "ALTER TABLE job ADD COLUMN cancel_requested_at timestamptz, ADD COLUMN result_expires_at timestamptz",
            "CREATE INDEX job_parts ON job (tenant_id, parent_id) WHERE parent_id IS NOT NULL",
            "CREATE INDEX job_finished ON job (finished_at) WHERE finished_at IS NOT NULL",
            "CREATE POLICY job_jobs_delete ON job FOR DELETE TO yui_jobs USING (true)",
            "GRANT DELETE ON job TO yui_jobs",
        ],
        [
            """
            CREATE TABLE tenant_quota (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              resource text NOT NULL CONSTRAINT tenant_quota_is_of_files CHECK (resource = 'files'),
              quota_bytes bigint CONSTRAINT tenant_quota_is_sensible CHECK (quota_bytes BETWEEN 1048576 AND 10995116277760),
              version integer NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT tenant_quota_once UNIQUE (tenant_id, resource)
            )
            """
        ],
        walls("tenant_quota", Kind.TENANT, {Scope.TOWN: "S", Scope.PREFECTURE: "SIU"}),
        [
            """
            CREATE TABLE letterhead (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              part text NOT NULL CONSTRAINT letterhead_part_is_known CHECK (part = 'mark'),
              file_id bigint,
              changed_at timestamptz NOT NULL,
              changed_by text NOT NULL,
              version integer NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT letterhead_once UNIQUE (tenant_id, part)
            )
            """,
            owned_reference("letterhead", "file_id", "stored_file"),
        ],
        walls("letterhead", Kind.PREFECTURE, {Scope.PREFECTURE: "SIU"}),
    ),
    down=[
        "DROP TABLE letterhead",
        "DROP TABLE tenant_quota",
        "REVOKE DELETE ON job FROM yui_jobs",
        "DROP POLICY job_jobs_delete ON job",
        "DROP INDEX job_finished",
        "DROP INDEX job_parts",
        "ALTER TABLE job DROP COLUMN result_expires_at, DROP COLUMN cancel_requested_at",
        "ALTER TABLE job DROP CONSTRAINT job_state_is_known",
        f"ALTER TABLE job ADD CONSTRAINT job_state_is_known CHECK (state IN ({_STATES}))",
        "REVOKE SELECT ON stored_file FROM yui_jobs",
        "REVOKE UPDATE ON stored_file FROM yui_prefecture",
        "REVOKE INSERT, UPDATE ON stored_file FROM yui_town",
        "DROP POLICY stored_file_jobs_select ON stored_file",
        "DROP POLICY stored_file_prefecture_update ON stored_file",
        "DROP POLICY stored_file_town_update ON stored_file",
        "DROP POLICY stored_file_town_insert ON stored_file",
        "DROP INDEX stored_file_expiry",
        "DROP INDEX stored_file_room",
        "ALTER TABLE stored_file DROP COLUMN deleted_at, DROP COLUMN expires_at, DROP COLUMN role, DROP COLUMN person_name, "
        "DROP COLUMN person_id, DROP COLUMN job_id, DROP COLUMN kind",
    ],
)
