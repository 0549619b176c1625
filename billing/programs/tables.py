"""Tables of programs and their members."""

from piccolo.columns import BigInt, Boolean, Date, Integer, Numeric, Text

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import PrefectureTable


class Program(PrefectureTable, tablename="program"):
    """What is bought together in one fiscal year, with the rules of its calculation."""

    fiscal_year = Integer()
    title = Text()
    description = Text()
    rounding_stage = Text()
    rounding_unit_yen = Numeric()
    rounding_remainder = Text()
    rounding_named_id = Integer(null=True, default=None)
    national_ceiling = Text()
    invoice_unit_yen = Numeric()
    invoice_mode = Text()
    instalment_count = Integer()
    instalment_unit_yen = Numeric()
    due_date = Date(null=True, default=None)
    shares_published = Boolean()
    version = Integer()


class ProgramMember(PrefectureTable, tablename="program_member"):
    """One organisation that takes part, with its months and weight."""

    program_id = BigInt()
    member_id = Integer()
    months = Integer()
    factor = Text()


explain(
    "program_title_once",
    Complaint("duplicate-title", "同じ年度に同じ名前の事業がすでにあります。", "title"),
)
explain("program_member_once", Complaint("duplicate-code", "この団体はすでに構成団体です。", "members"))
