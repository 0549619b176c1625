"""The table of grants; their order is the order of calculation."""

from piccolo.columns import Array, BigInt, Integer, Numeric, Text

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import PrefectureTable


class GrantLine(PrefectureTable, tablename="grant_line"):
    """Rate, cap, rounding, level and eligible costs (None: every cost marked as eligible)."""

    program_id = BigInt()
    position = Integer()
    name = Text()
    funder = Text()
    rate = Text()
    cap_yen = Numeric(null=True, default=None)
    member_cap_yen = Numeric(null=True, default=None)
    cost_ids = Array(base_column=BigInt(), null=True, default=None)
    tax = Text()
    level = Text()
    rounding_unit_yen = Numeric()
    rounding_mode = Text()
    version = Integer()


explain(
    "grant_line_position_once",
    Complaint(
        "position-taken",
        "同時に別の交付金が同じ順番に登録されました。もう一度お試しください。",
        conflict=True,
    ),
)
