"""Administering people: a membership held back for a while or stopped, invitations, when somebody last signed in."""

from tenants.context import Scope
from tenants.database.migrating import Migration
from tenants.database.policies import in_order, walls
from tenants.database.tables import Kind

_ROLES = (
    "ARRAY['liaison', 'prefecture_finance', 'prefecture_admin', 'town_staff', 'town_finance', 'town_admin', "
    "'consultant', 'field_crew']::text[]"
)

MIGRATION = Migration(
    name="0012_people",
    after="0011_mail",
    up=in_order(
        [
            "ALTER TABLE membership ADD COLUMN suspended_at timestamptz",
            "ALTER TABLE membership ADD COLUMN suspended_reason text NOT NULL DEFAULT '' "
            "CONSTRAINT membership_suspension_has_a_reason CHECK ((suspended_at IS NULL) = (suspended_reason = '') AND char_length(suspended_reason) <= 400)",
            "ALTER TABLE membership ADD COLUMN paused_from date",
            "ALTER TABLE membership ADD COLUMN paused_to date",
            "ALTER TABLE membership ADD COLUMN version integer NOT NULL DEFAULT 1",
            "ALTER TABLE membership ADD CONSTRAINT membership_pause_is_forward "
            "CHECK (paused_to IS NULL OR (paused_from IS NOT NULL AND paused_to >= paused_from))",
            # A planned membership that is called off never began: it ends the day before its first.
            "ALTER TABLE membership DROP CONSTRAINT membership_period_is_forward",
            "ALTER TABLE membership ADD CONSTRAINT membership_period_is_forward CHECK (valid_to IS NULL OR valid_to >= valid_from - 1)",
            f"""
            CREATE TABLE invitation (
              tenant_id integer NOT NULL REFERENCES tenant (id),
              id bigint GENERATED ALWAYS AS IDENTITY,
              email text NOT NULL CONSTRAINT invitation_email_is_lower_case CHECK (email = lower(email)),
              name text NOT NULL CONSTRAINT invitation_has_a_name CHECK (char_length(name) BETWEEN 1 AND 60),
              roles text[] NOT NULL CONSTRAINT invitation_roles_are_known
                CHECK (cardinality(roles) BETWEEN 1 AND 5 AND roles <@ {_ROLES}),
              valid_from date NOT NULL,
              valid_to date,
              state text NOT NULL DEFAULT 'open'
                CONSTRAINT invitation_state_is_known CHECK (state IN ('open', 'accepted', 'withdrawn')),
              code_handle text NOT NULL CONSTRAINT invitation_code_is_long CHECK (char_length(code_handle) = 10),
              issued_at timestamptz NOT NULL,
              expires_at timestamptz NOT NULL,
              inviting_tenant_id integer NOT NULL REFERENCES tenant (id),
              invited_by_id bigint NOT NULL,
              invited_by_name text NOT NULL,
              reason text NOT NULL DEFAULT '',
              person_id bigint REFERENCES person (id),
              ended_at timestamptz,
              PRIMARY KEY (tenant_id, id),
              CONSTRAINT invitation_period_is_forward CHECK (valid_to IS NULL OR valid_to >= valid_from),
              CONSTRAINT invitation_ends_once CHECK ((state = 'open') = (ended_at IS NULL)),
              CONSTRAINT invitation_is_accepted_by_somebody CHECK ((state = 'accepted') = (person_id IS NOT NULL)),
              CONSTRAINT invitation_prefecture_roles_stay_there CHECK
                (CASE WHEN tenant_id = 1 THEN roles <@ ARRAY['liaison', 'prefecture_finance', 'prefecture_admin']::text[]
                 ELSE NOT roles && ARRAY['liaison', 'prefecture_finance', 'prefecture_admin']::text[] END),
              CONSTRAINT invitation_outsiders_end CHECK
                (valid_to IS NOT NULL OR NOT roles && ARRAY['consultant', 'field_crew']::text[])
            )
            """,
            "CREATE UNIQUE INDEX invitation_open_once ON invitation (tenant_id, email) WHERE state = 'open'",
            "CREATE INDEX invitation_code ON invitation (code_handle)",
        ],
        # The prefecture cannot even see a town's invitations; it appoints a town's first administrator as identity.
        walls(
            "invitation",
            Kind.TENANT,
            {Scope.TOWN: "SIU", Scope.PREFECTURE: "siu", Scope.IDENTITY: "SIU"},
        ),
        [
            "CREATE INDEX audit_event_sign_in ON audit_event (tenant_id, person_id, occurred_at) "
            "WHERE action IN ('sign_in', 'act_as')"
        ],
    ),
    down=[
        "DROP INDEX audit_event_sign_in",
        "DROP TABLE invitation",
        "ALTER TABLE membership DROP CONSTRAINT membership_period_is_forward",
        "ALTER TABLE membership ADD CONSTRAINT membership_period_is_forward CHECK (valid_to IS NULL OR valid_to >= valid_from)",
        "ALTER TABLE membership DROP COLUMN version",
        "ALTER TABLE membership DROP COLUMN paused_to",
        "ALTER TABLE membership DROP COLUMN paused_from",
        "ALTER TABLE membership DROP COLUMN suspended_reason",
        "ALTER TABLE membership DROP COLUMN suspended_at",
    ],
)
