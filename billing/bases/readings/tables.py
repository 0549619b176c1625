"""The table of readings: what a service measured of a member; rows are added and never changed."""

from piccolo.columns import Date, Integer, Text, Timestamptz

from tenants.database.tables import PrefectureTable


class Reading(PrefectureTable, tablename="reading", prefecture="SI"):
    """One measured quantity of one member, exact, once for each source and reference."""

    source = Text()
    reference = Text()
    member_id = Integer()
    quantity = Text()
    unit = Text()
    value = Text()
    as_of = Date()
    body_sha256 = Text()
    posted_by = Text()
    posted_at = Timestamptz()
