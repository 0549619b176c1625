"""Tables of bases and their values per member."""

from piccolo.columns import BigInt, Date, Integer, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import PrefectureTable


class Basis(PrefectureTable, tablename="basis"):
    """A measured quantity with unit, as-of date and source."""

    program_id = BigInt()
    name = Text()
    unit = Text()
    as_of = Date()
    source = Text()
    version = Integer()


class BasisValue(PrefectureTable, tablename="basis_value"):
    """One member's value, exact, with who entered it and when, and where it differs from the basis: its own source."""

    basis_id = BigInt()
    member_id = Integer()
    value = Text()
    entered_by_id = BigInt()
    entered_by = Text()
    entered_at = Timestamptz()
    note = Text()
    as_of = Date(null=True, default=None)
    reading_id = BigInt(null=True, default=None)


explain("basis_name_once", Complaint("duplicate-name", "同じ名前の按分基準がすでにあります。", "name"))
