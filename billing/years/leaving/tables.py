"""The table of members that leave."""

from piccolo.columns import BigInt, Date, Integer, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import PrefectureTable


class MemberDeparture(PrefectureTable, tablename="member_departure", prefecture="SID"):
    """The last day on which one organisation takes part in a program, and why."""

    program_id = BigInt()
    member_id = Integer()
    left_on = Date()
    reason = Text()
    recorded_by = Text()
    recorded_at = Timestamptz()


explain(
    "member_departure_once",
    Complaint(
        "already-left", "この団体の退会はすでに記録されています。直すときは、いまの記録を取り消してください。", "member"
    ),
)
