"""Payment notices: that they were issued and with what, each member's paper, the prefecture's papers around them."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, never_changed, owned_reference, walls
from tenants.database.tables import Kind

_KEPT = {Scope.PREFECTURE: "SI"}


MIGRATION = Migration(
    name="0031_notices",
    after="0030_disputes",
    up=in_order(
        [
            """
            CREATE TABLE notice_issue (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              program_id bigint NOT NULL,
              run_id bigint NOT NULL,
              previous_run_id bigint,
              setting jsonb NOT NULL,
              job_id bigint NOT NULL,
              issued_by_id bigint NOT NULL,
              issued_by text NOT NULL,
              issued_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT notice_issue_once UNIQUE (tenant_id, run_id)
            )
            """,
            owned_reference("notice_issue", "program_id", "program"),
            owned_reference("notice_issue", "run_id", "run"),
            owned_reference("notice_issue", "previous_run_id", "run"),
            owned_reference("notice_issue", "job_id", "job"),
            "CREATE INDEX notice_issue_of_program ON notice_issue (tenant_id, program_id)",
        ],
        walls("notice_issue", Kind.PREFECTURE, _KEPT),
        [
            never_changed("notice_issue"),
            """
            CREATE TABLE notice_paper (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              prefecture_id integer NOT NULL DEFAULT 1 CHECK (prefecture_id = 1),
              run_id bigint NOT NULL,
              statement_id bigint NOT NULL,
              content jsonb NOT NULL,
              file_id bigint NOT NULL,
              issued_at timestamptz NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT notice_paper_once UNIQUE (tenant_id, statement_id)
            )
            """,
            owned_reference("notice_paper", "run_id", "run", tenant_column="prefecture_id"),
            owned_reference("notice_paper", "statement_id", "statement"),
            owned_reference("notice_paper", "file_id", "stored_file"),
            "CREATE INDEX notice_paper_of_run ON notice_paper (run_id)",
        ],
        walls("notice_paper", Kind.TENANT, {Scope.TOWN: "S", Scope.PREFECTURE: "SI"}),
        [
            never_changed("notice_paper"),
            """
            CREATE TABLE collection_paper (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              run_id bigint NOT NULL,
              kind text NOT NULL CHECK (kind IN ('archive', 'difference_xlsx', 'difference_pdf')),
              file_id bigint NOT NULL,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT collection_paper_once UNIQUE (tenant_id, run_id, kind)
            )
            """,
            owned_reference("collection_paper", "run_id", "run"),
            owned_reference("collection_paper", "file_id", "stored_file"),
        ],
        walls("collection_paper", Kind.PREFECTURE, _KEPT),
        [never_changed("collection_paper")],
    ),
    down=["DROP TABLE collection_paper", "DROP TABLE notice_paper", "DROP TABLE notice_issue"],
)
