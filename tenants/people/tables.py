"""The table of invitations."""

from piccolo.columns import Array, BigInt, Date, Integer, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import TenantTable


class Invitation(TenantTable, tablename="invitation", town="SIU", prefecture="siu", identity="SIU"):
    """An address that may join the organisation in some roles once the person accepts."""

    email = Text()
    name = Text()
    roles = Array(base_column=Text())
    valid_from = Date()
    valid_to = Date(null=True, default=None)
    state = Text(default="open")
    code_handle = Text()
    issued_at = Timestamptz()
    expires_at = Timestamptz()
    inviting_tenant_id = Integer()
    invited_by_id = BigInt()
    invited_by_name = Text()
    reason = Text(default="")
    person_id = BigInt(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)


explain(
    "invitation_open_once",
    Complaint("invited-already", "このメールアドレスには、まだ受けられていない招待があります。", "email"),
)
explain("invitation_has_a_name", Complaint("name-length", "氏名は1文字から60文字で入力してください。", "name"))
explain("invitation_period_is_forward", Complaint("bad-period", "終了日は開始日より後にしてください。", "valid_to"))
explain("membership_period_is_forward", Complaint("bad-period", "終了日は開始日より後にしてください。", "valid_to"))
explain(
    "membership_pause_is_forward", Complaint("bad-pause", "休止の終わりは始まりより後にしてください。", "paused_to")
)
