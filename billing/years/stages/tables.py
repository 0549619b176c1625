"""The table of what a run continues."""

from piccolo.columns import JSONB, Array, BigInt, Date, Text

from tenants.database.tables import PrefectureTable


class RunYear(PrefectureTable, tablename="run_year", prefecture="SI"):
    """Kept with a run when it starts: the run before it, the reason, what was notified, due dates; never changed."""

    run_id = BigInt()
    previous_run_id = BigInt(null=True, default=None)
    reason = Text()
    notified = JSONB()
    due_dates = Array(base_column=Date(null=True))
    settlement_due = Date(null=True, default=None)
    last_year_run_id = BigInt(null=True, default=None)
