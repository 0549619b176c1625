"""The table of programs' calendars."""

from piccolo.columns import Array, BigInt, Boolean, Date, Integer, Text

from tenants.database.tables import PrefectureTable


class ProgramCalendar(PrefectureTable, tablename="program_calendar", prefecture="SIU"):
    """The days and the rules of one program's year."""

    program_id = BigInt()
    estimate_by = Date(null=True, default=None)
    notice_by = Date(null=True, default=None)
    final_by = Date(null=True, default=None)
    true_up_by = Date(null=True, default=None)
    due_dates = Array(base_column=Date(null=True))
    settlement_due = Date(null=True, default=None)
    holiday_rule = Text()
    leaving_rule = Text()
    reason_required = Boolean()
    last_year_program_id = BigInt(null=True, default=None)
    version = Integer()
