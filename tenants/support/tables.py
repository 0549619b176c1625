"""The table of support accesses; it belongs to the town that is looked into."""

from piccolo.columns import BigInt, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import TenantTable


class SupportAccess(TenantTable, tablename="support_access", town="S", prefecture="SI", identity="SU"):
    """Who of the prefecture looks into a town's records, as which role, why, and until when."""

    person_id = BigInt()
    person_name = Text()
    role = Text()
    reason = Text()
    opened_at = Timestamptz()
    ends_at = Timestamptz()
    closed_at = Timestamptz(null=True, default=None)


explain(
    "support_has_a_reason",
    Complaint("reason-length", "理由を10文字から500文字で入力してください。市町の管理者にも見えます。", "reason"),
)
