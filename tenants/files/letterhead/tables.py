"""The table of the letterhead: one row, which file holds the present mark."""

from piccolo.columns import BigInt, Integer, Text, Timestamptz

from tenants.database.tables import PrefectureTable


class LetterheadRow(PrefectureTable, tablename="letterhead", prefecture="SIU"):
    """What stands on the prefecture's paper; without a file there is no mark."""

    mark_file_id = BigInt(null=True, default=None)
    changed_at = Timestamptz()
    changed_by = Text()
    version = Integer()
