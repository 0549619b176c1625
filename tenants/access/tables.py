"""Tables of access: people, memberships, sessions."""

from piccolo.columns import BigInt, Bytea, Date, Integer, Text, Timestamptz

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
    """One person's role in one tenant, from a date, perhaps until a date."""

    person_id = BigInt()
    role = Text()
    valid_from = Date()
    valid_to = Date(null=True, default=None)


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


explain("person_email_is_unique", Complaint("email-taken", "このメールアドレスはすでに使われています。", "email"))
explain("membership_once", Complaint("role-taken", "この人はすでに同じ役割を持っています。", "role"))
