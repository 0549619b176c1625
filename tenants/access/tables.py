"""Tables of access: people, memberships, sessions, counted attempts, links, kept drafts, resets."""

from piccolo.columns import BigInt, Boolean, Bytea, Date, Integer, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import GroundTable, TenantTable


class Person(GroundTable, tablename="person", identity="SIU", audited=True):
    """A human being who can sign in; belongs to no tenant."""

    email = Text()
    name = Text()
    password_hash = Text(secret=True)
    created_at = Timestamptz()
    disabled_at = Timestamptz(null=True, default=None)


class Membership(TenantTable, tablename="membership", town="S", prefecture="s", identity="SIU"):
    """One person's role in one tenant, from a date, perhaps until a date; it may rest, and may be stopped."""

    person_id = BigInt()
    role = Text()
    valid_from = Date()
    valid_to = Date(null=True, default=None)
    paused_from = Date(null=True, default=None)
    paused_to = Date(null=True, default=None)
    suspended_at = Timestamptz(null=True, default=None)
    suspended_reason = Text(default="")
    version = Integer(default=1)


class Session(GroundTable, tablename="session", identity="SIUD"):
    """One signed-in browser; only the sha256 of its token is stored."""

    token_sha256 = Bytea()
    csrf_token = Text(secret=True)
    person_id = BigInt()
    membership_tenant_id = Integer()
    membership_id = BigInt()
    created_at = Timestamptz()
    last_seen_at = Timestamptz()
    expires_at = Timestamptz()
    factor_passed_at = Timestamptz(null=True, default=None)
    address = Text(default="")
    device = Text(default="")
    support_tenant_id = Integer(null=True, default=None)
    support_access_id = BigInt(null=True, default=None)


class AttemptCount(GroundTable, tablename="attempt_count", identity="SIUD"):
    """Failed attempts of one account or one town; the subject is a sha256, so unknown accounts count alike."""

    kind = Text()
    subject_sha256 = Bytea()
    failure_count = Integer()
    refused_count = Integer()
    first_failed_at = Timestamptz()
    last_failed_at = Timestamptz()
    blocked_until = Timestamptz(null=True, default=None)


class AccessLink(GroundTable, tablename="access_link", identity="SIUD"):
    """A single-use link with which a person sets the password; only the sha256 of its token is stored."""

    token_sha256 = Bytea()
    person_id = BigInt()
    issuing_tenant_id = Integer()
    issued_by_id = BigInt()
    purpose = Text()
    issued_at = Timestamptz()
    expires_at = Timestamptz()
    used_at = Timestamptz(null=True, default=None)


class KeptDraft(GroundTable, tablename="kept_draft", identity="SID"):
    """What a person typed when the session had ended, sealed with a key only that browser holds."""

    token_sha256 = Bytea()
    person_id = BigInt()
    membership_id = BigInt()
    page_path = Text()
    ciphertext = Bytea(secret=True)
    expires_at = Timestamptz()


class AccessReset(TenantTable, tablename="access_reset", town="SIU", prefecture="SIU"):
    """One administrator asks to reset a password or second factor, another confirms."""

    person_id = BigInt()
    person_name = Text()
    what = Text()
    reason = Text()
    needs_prefecture = Boolean()
    asked_by_id = BigInt()
    asked_by_name = Text()
    asked_at = Timestamptz()
    state = Text(default="asked")
    decided_by_id = BigInt(null=True, default=None)
    decided_by_name = Text(default="")
    decided_at = Timestamptz(null=True, default=None)


explain("person_email_is_unique", Complaint("email-taken", "このメールアドレスはすでに使われています。", "email"))
explain("membership_once", Complaint("role-taken", "この人はすでに同じ役割を持っています。", "role"))
explain(
    "access_reset_one_at_a_time",
    Complaint("reset-asked-already", "この人の同じ申請が、すでに確認を待っています。", conflict=True),
)
explain(
    "access_reset_by_two_people",
    Complaint("same-person", "申請した人と本人は確認できません。別の管理者が確認してください。", conflict=True),
)
