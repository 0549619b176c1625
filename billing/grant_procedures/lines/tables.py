"""Tables of cost lines: dates and papers of a cost, and what of it a grant takes."""

from piccolo.columns import BigInt, Date, Integer, Numeric, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import PrefectureTable


class CostDates(PrefectureTable, tablename="cost_dates", prefecture="SIU"):
    """When a cost was contracted, accepted and paid."""

    cost_id = BigInt()
    contract_date = Date(null=True, default=None)
    delivery_date = Date(null=True, default=None)
    payment_date = Date(null=True, default=None)
    version = Integer()


class CostPaper(PrefectureTable, tablename="cost_evidence", prefecture="SIU"):
    """A paper of a cost; one that was added by mistake is marked as removed, with who and why."""

    cost_id = BigInt()
    kind = Text()
    file_id = BigInt()
    name = Text()
    added_by = Text()
    added_at = Timestamptz()
    removed_by = Text()
    removed_at = Timestamptz(null=True, default=None)
    removal_reason = Text()


class GrantEligibility(PrefectureTable, tablename="grant_eligibility", prefecture="SIU"):
    """What of a cost one grant takes, and why not the rest."""

    grant_id = BigInt()
    cost_id = BigInt()
    eligible_yen = Numeric()
    ineligible_yen = Numeric()
    reason = Text()
    version = Integer()


explain(
    "cost_evidence_cost_id_fkey",
    Complaint("cost-has-evidence", "証拠書類がある経費は削除できません。", conflict=True),
)
explain(
    "grant_eligibility_grant_id_fkey",
    Complaint("grant-has-steps", "経費ごとの対象額が登録されている交付金は削除できません。", conflict=True),
)
