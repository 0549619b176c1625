"""Tables of disputes: each program's period, each statement's frozen last day, disputes and their threads."""

from piccolo.columns import BigInt, Boolean, Date, Integer, Text, Timestamptz

from tenants.database.tables import PrefectureTable, TenantTable


class DisputeRule(PrefectureTable, tablename="dispute_rule", prefecture="SIU"):
    """How many days after issue members of a program may open disputes."""

    program_id = BigInt()
    days = Integer()
    version = Integer()


class DisputePeriod(TenantTable, tablename="dispute_period", town="S", prefecture="SI"):
    """The last day on which a statement may be disputed, frozen when it is issued; never changed."""

    prefecture_id = Integer()
    statement_id = BigInt()
    last_day = Date()


class Dispute(TenantTable, tablename="dispute", town="SIU", prefecture="SU"):
    """A question or objection of a member; only its state, outcome and end change."""

    statement_id = BigInt()
    cost_id = Text()
    line_name = Text()
    kind = Text()
    state = Text()
    outcome = Text()
    opened_by_id = BigInt()
    opened_by = Text()
    opened_at = Timestamptz()
    closed_by = Text()
    closed_at = Timestamptz(null=True, default=None)


class DisputeMessage(TenantTable, tablename="dispute_message", town="SI", prefecture="SI"):
    """One comment of a thread; never changed."""

    dispute_id = BigInt()
    by_prefecture = Boolean()
    person_id = BigInt()
    person_name = Text()
    text = Text()
    file_id = BigInt(null=True, default=None)
    file_name = Text()
    written_at = Timestamptz()
