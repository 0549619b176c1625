"""The table of lists: saved views."""

from piccolo.columns import BigInt, Boolean, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import TenantTable


class SavedView(
    TenantTable, tablename="saved_view", town="SIUD", prefecture="siud", consultant="SID", crew="SID", audited=False
):
    """Conditions of a list a person kept under a name; shared ones are seen by everybody in the organisation."""

    person_id = BigInt()
    list_name = Text()
    name = Text()
    query = Text()
    shared = Boolean(default=False)
    opens_first = Boolean(default=False)
    created_at = Timestamptz()


explain(
    "saved_view_once",
    Complaint("view-name-taken", "同じ名前の条件がすでにあります。別の名前にしてください。", "view_name"),
)
explain(
    "saved_view_has_a_name", Complaint("view-name-length", "名前を1文字から60文字で入力してください。", "view_name")
)
explain("saved_view_is_short", Complaint("view-too-long", "条件が長すぎるため、保存できません。", "view_name"))
