"""Imports: batches that move only forward and lose no row, remembered columns; organisations nobody uses may go."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import condition, in_order, owned_reference, walls
from tenants.database.tables import Kind

_MOVES = (
    "('reading', 'matching'), ('reading', 'checked'), ('reading', 'refused'), ('reading', 'discarded'), "
    "('matching', 'checking'), ('matching', 'discarded'), "
    "('checking', 'matching'), ('checking', 'checked'), ('checking', 'discarded'), "
    "('checked', 'checking'), ('checked', 'applying'), ('checked', 'discarded'), "
    "('applying', 'applied'), ('applying', 'checked'), ('applied', 'undoing'), "
    "('undoing', 'undone'), ('undoing', 'applied')"
)
_OWN_ROWS = {Scope.TOWN: "SIU", Scope.PREFECTURE: "siu"}

MIGRATION = Migration(
    name="0017_imports",
    after="0016_files",
    up=in_order(
        [
            """
            CREATE TABLE import_batch (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              kind text NOT NULL,
              target text NOT NULL,
              title text NOT NULL,
              person_id bigint NOT NULL REFERENCES person (id),
              person_name text NOT NULL,
              state text NOT NULL DEFAULT 'reading' CONSTRAINT import_batch_state_is_known CHECK (state IN
                ('reading', 'matching', 'checking', 'checked', 'applying', 'applied', 'undoing', 'undone', 'refused',
                 'discarded')),
              message text NOT NULL DEFAULT '',
              file_name text NOT NULL CHECK (char_length(file_name) <= 200),
              format text NOT NULL DEFAULT '',
              encoding text NOT NULL DEFAULT '',
              sheet text NOT NULL DEFAULT '',
              remarks jsonb NOT NULL DEFAULT '[]',
              notes jsonb NOT NULL DEFAULT '[]',
              heading_number integer,
              mapping jsonb NOT NULL DEFAULT '{}',
              row_count integer NOT NULL DEFAULT 0,
              above_count integer NOT NULL DEFAULT 0,
              heading_count integer NOT NULL DEFAULT 0,
              new_count integer NOT NULL DEFAULT 0,
              change_count integer NOT NULL DEFAULT 0,
              same_count integer NOT NULL DEFAULT 0,
              skipped_count integer NOT NULL DEFAULT 0,
              wrong_count integer NOT NULL DEFAULT 0,
              checked_sha256 text NOT NULL DEFAULT '',
              source_file_id bigint NOT NULL,
              table_file_id bigint,
              preview_file_id bigint,
              returned_file_id bigint,
              applied_file_id bigint,
              job_id bigint,
              created_at timestamptz NOT NULL,
              applied_at timestamptz,
              undone_at timestamptz,
              version integer NOT NULL DEFAULT 1,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT import_batch_loses_nothing CHECK (
                state NOT IN ('checked', 'applying', 'applied', 'undoing', 'undone') OR row_count = above_count
                + heading_count + new_count + change_count + same_count + skipped_count + wrong_count)
            )
            """,
            *(
                owned_reference("import_batch", f"{name}_file_id", "stored_file")
                for name in ("source", "table", "preview", "returned", "applied")
            ),
            "CREATE INDEX import_batch_newest ON import_batch (tenant_id, created_at, id)",
            f"""
            CREATE FUNCTION check_import_move() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              IF NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (VALUES {_MOVES}) THEN
                RAISE EXCEPTION 'an import does not go from % to %', OLD.state, NEW.state
                  USING ERRCODE = 'check_violation', CONSTRAINT = 'import_batch_moves_on';
              END IF;
              RETURN NEW;
            END $$
            """,
            "CREATE TRIGGER import_batch_moves BEFORE UPDATE ON import_batch "
            "FOR EACH ROW EXECUTE FUNCTION check_import_move()",
        ],
        walls("import_batch", Kind.TENANT, _OWN_ROWS),
        [
            """
            CREATE TABLE import_mapping (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              kind text NOT NULL,
              heading_sha256 text NOT NULL,
              mapping jsonb NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT import_mapping_once UNIQUE (tenant_id, kind, heading_sha256)
            )
            """
        ],
        walls("import_mapping", Kind.TENANT, _OWN_ROWS),
        [
            # An organisation taken in by mistake may go while nothing names it: every reference to it is RESTRICT.
            "CREATE POLICY tenant_prefecture_delete ON tenant FOR DELETE TO yui_prefecture "
            f"USING ({condition(Kind.SHARED, Scope.PREFECTURE, 'D')})",
            "GRANT DELETE ON tenant TO yui_prefecture",
        ],
    ),
    down=[
        "REVOKE DELETE ON tenant FROM yui_prefecture",
        "DROP POLICY tenant_prefecture_delete ON tenant",
        "DROP TABLE import_mapping",
        "DROP TABLE import_batch",
        "DROP FUNCTION check_import_move()",
    ],
)
