"""The table of keys; the definition holds the key's part of the case document, bases by their id."""

from piccolo.columns import JSONB, BigInt, Integer, Text

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import PrefectureTable


class CostKey(PrefectureTable, tablename="cost_key"):
    """How costs are split."""

    program_id = BigInt()
    name = Text()
    definition = JSONB()
    version = Integer()


explain("cost_key_name_once", Complaint("duplicate-name", "同じ名前の按分方法がすでにあります。", "name"))
