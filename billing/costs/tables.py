"""The table of costs."""

from piccolo.columns import JSONB, BigInt, Boolean, Integer, Numeric, Text

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import PrefectureTable


class Cost(PrefectureTable, tablename="cost"):
    """One amount in yen, tax included, and who bears it."""

    program_id = BigInt()
    name = Text()
    amount_yen = Numeric()
    revenue_yen = Numeric()
    tax_rate = Text()
    eligible = Boolean()
    charge_kind = Text()
    key_id = BigInt(null=True, default=None)
    member_id = Integer(null=True, default=None)
    tariff = JSONB(null=True, default=None)
    source = Text()
    reference = Text()
    posted_sha256 = Text(null=True, default=None)
    version = Integer()


explain(
    "cost_net_is_not_negative",
    Complaint("negative-net", "特定財源が経費を上回っています。特定財源は経費の額までにしてください。", "revenue_yen"),
)
explain("cost_posted_once", Complaint("already-posted", "この経費はすでに計上されています。", conflict=True))
