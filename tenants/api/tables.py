"""The table of personal tokens; only the sha256 of a token is kept."""

from piccolo.columns import Array, BigInt, Bytea, Integer, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import GroundTable


class ApiToken(GroundTable, tablename="api_token", identity="SIU", jobs="SD"):
    """A key with which a person's program acts through one membership, for some verbs, until a day."""

    token_sha256 = Bytea()
    hint = Text()
    name = Text()
    person_id = BigInt()
    membership_tenant_id = Integer()
    membership_id = BigInt()
    verbs = Array(base_column=Text())
    created_at = Timestamptz()
    expires_at = Timestamptz()
    last_used_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
    revoked_by = Text()


explain(
    "api_token_has_a_name",
    Complaint("name-length", "トークンの名前は1文字から60文字で入力してください。", "name"),
)
explain(
    "api_token_ends",
    Complaint("bad-period", "有効期間は1日から365日までで入力してください。", "days"),
)
