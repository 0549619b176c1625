"""The table of the letterhead: which file holds each part of it, now the mark alone."""

from piccolo.columns import BigInt, Integer, Text, Timestamptz

from tenants.database.tables import PrefectureTable


class LetterheadRow(PrefectureTable, tablename="letterhead", prefecture="SIU"):
    """What stands on the prefecture's paper; a part without a file is left out."""

    part = Text()
    file_id = BigInt(null=True, default=None)
    changed_at = Timestamptz()
    changed_by = Text()
    version = Integer()
