"""Transfers of people in one batch (人事異動), and the yearly review of accounts (棚卸し)."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, owned_reference, walls
from tenants.database.tables import Kind

MIGRATION = Migration(
    name="0014_transfers_and_reviews",
    after="0013_support",
    up=in_order(
        [
            """
            CREATE TABLE transfer (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              title text NOT NULL CONSTRAINT transfer_has_a_title CHECK (char_length(title) BETWEEN 1 AND 60),
              effective_on date NOT NULL,
              state text NOT NULL DEFAULT 'checked' CONSTRAINT transfer_state_is_known
                CHECK (state IN ('checked', 'applying', 'applied', 'undone', 'discarded')),
              content_sha256 text NOT NULL,
              line_count integer NOT NULL,
              new_count integer NOT NULL,
              change_count integer NOT NULL,
              end_count integer NOT NULL,
              same_count integer NOT NULL,
              wrong_count integer NOT NULL,
              fault text NOT NULL DEFAULT '',
              made_by_id bigint NOT NULL,
              made_by_name text NOT NULL,
              made_at timestamptz NOT NULL,
              applied_by_id bigint,
              applied_by_name text NOT NULL DEFAULT '',
              applied_by_role text NOT NULL DEFAULT '',
              applied_at timestamptz,
              handed_over_at timestamptz,
              undone_by_name text NOT NULL DEFAULT '',
              undone_at timestamptz,
              undone_reason text NOT NULL DEFAULT '',
              job_id bigint,
              version integer NOT NULL DEFAULT 1,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT transfer_undone_with_a_reason CHECK ((undone_at IS NULL) = (undone_reason = ''))
            )
            """
        ],
        walls("transfer", Kind.TENANT, {Scope.TOWN: "SIU", Scope.PREFECTURE: "siu", Scope.JOBS: "S"}),
        [
            """
            CREATE TABLE transfer_line (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              transfer_id bigint NOT NULL,
              number integer NOT NULL,
              email text NOT NULL,
              name text NOT NULL,
              kind text NOT NULL CONSTRAINT transfer_line_kind_is_known
                CHECK (kind IN ('new', 'change', 'end', 'same', 'wrong')),
              cells jsonb NOT NULL,
              faults jsonb NOT NULL,
              difference text NOT NULL,
              person_id bigint REFERENCES person (id),
              successor_id bigint REFERENCES person (id),
              done jsonb,
              handed_over jsonb,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT transfer_line_once UNIQUE (tenant_id, transfer_id, number)
            )
            """,
            owned_reference("transfer_line", "transfer_id", "transfer"),
        ],
        walls("transfer_line", Kind.TENANT, {Scope.TOWN: "SIUD", Scope.PREFECTURE: "siud"}),
        [
            """
            CREATE TABLE review (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              title text NOT NULL CONSTRAINT review_has_a_title CHECK (char_length(title) BETWEEN 1 AND 60),
              as_of date NOT NULL,
              deadline date NOT NULL,
              state text NOT NULL DEFAULT 'open'
                CONSTRAINT review_state_is_known CHECK (state IN ('open', 'closing', 'closed')),
              opened_by_id bigint NOT NULL,
              opened_by_name text NOT NULL,
              opened_by_role text NOT NULL,
              opened_at timestamptz NOT NULL,
              swept_at timestamptz,
              closed_by_id bigint,
              closed_by_name text NOT NULL DEFAULT '',
              closed_at timestamptz,
              content_sha256 text NOT NULL DEFAULT '',
              paper_key text NOT NULL DEFAULT '',
              paper_sha256 text NOT NULL DEFAULT '',
              paper_bytes integer NOT NULL DEFAULT 0,
              job_id bigint,
              version integer NOT NULL DEFAULT 1,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT review_deadline_is_later CHECK (deadline >= as_of),
              CONSTRAINT review_is_closed_by_somebody CHECK ((state = 'open') = (closed_by_id IS NULL))
            )
            """,
            "CREATE UNIQUE INDEX review_one_open ON review (tenant_id) WHERE state IN ('open', 'closing')",
        ],
        walls("review", Kind.TENANT, {Scope.TOWN: "SIU", Scope.PREFECTURE: "siu", Scope.JOBS: "S"}),
        [
            """
            CREATE TABLE review_line (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              review_id bigint NOT NULL,
              membership_id bigint NOT NULL,
              person_id bigint NOT NULL REFERENCES person (id),
              person_name text NOT NULL,
              email text NOT NULL,
              role text NOT NULL,
              valid_from date NOT NULL,
              valid_to date,
              last_sign_in_at timestamptz,
              second_factor boolean NOT NULL,
              decision text NOT NULL DEFAULT 'open' CONSTRAINT review_line_decision_is_known
                CHECK (decision IN ('open', 'keep', 'change', 'remove', 'suspended')),
              new_role text NOT NULL DEFAULT '',
              note text NOT NULL DEFAULT '' CONSTRAINT review_line_note_is_short CHECK (char_length(note) <= 200),
              decided_by_id bigint,
              decided_by_name text NOT NULL DEFAULT '',
              decided_at timestamptz,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT review_line_once UNIQUE (tenant_id, review_id, membership_id),
              CONSTRAINT review_line_is_decided CHECK ((decision = 'open') = (decided_at IS NULL))
            )
            """,
            owned_reference("review_line", "review_id", "review"),
            owned_reference("review_line", "membership_id", "membership"),
        ],
        walls("review_line", Kind.TENANT, {Scope.TOWN: "SIU", Scope.PREFECTURE: "siu"}),
    ),
    down=["DROP TABLE review_line", "DROP TABLE review", "DROP TABLE transfer_line", "DROP TABLE transfer"],
)
