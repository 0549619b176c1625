"""Tables of consumption-tax returns: each member's account, what it is asked, what it reports, what is decided."""

from piccolo.columns import BigInt, Boolean, Date, Integer, Numeric, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import PrefectureTable, TenantTable


class TaxAccount(PrefectureTable, tablename="tax_account", prefecture="SIU"):
    """In which account a member of a program keeps what the program does for it."""

    program_id = BigInt()
    member_id = Integer()
    account = Text()


class TaxRequest(TenantTable, tablename="tax_request", town="S", prefecture="SI"):
    """What a member is asked to report, with everything it needs to know; a newer one takes its place."""

    prefecture_id = Integer()
    grant_id = BigInt()
    grant_name = Text()
    program_title = Text()
    fiscal_year = Integer()
    account = Text()
    rate = Text()
    grant_yen = Numeric()
    tax_yen = Numeric()
    due_date = Date()
    requested_by = Text()
    requested_at = Timestamptz()


class TaxReturn(TenantTable, tablename="tax_return", town="SI", prefecture="SI"):
    """One report; a correction is another row with its reason."""

    request_id = BigInt()
    method = Text()
    tax_yen = Numeric()
    ratio = Text()
    deductible_yen = Numeric()
    return_yen = Numeric()
    note = Text()
    reason = Text()
    entered_by_id = BigInt()
    entered_by = Text()
    entered_at = Timestamptz()


class TaxReturnDecision(TenantTable, tablename="tax_return_decision", town="S", prefecture="SI"):
    """The prefecture's word on a report: accepted, or sent back with a reason; by another than who entered it."""

    return_id = BigInt()
    accepted = Boolean()
    reason = Text()
    entered_by_id = BigInt()
    decided_by_id = BigInt()
    decided_by = Text()
    decided_at = Timestamptz()


explain(
    "tax_request_grant_id_fkey",
    Complaint("grant-has-steps", "消費税の報告を依頼した交付金は削除できません。", conflict=True),
)
explain(
    "tax_return_decided_once",
    Complaint("changed-meanwhile", "この報告は同時に確認されました。画面を開き直してください。", conflict=True),
)
explain(
    "tax_return_has_two_people",
    Complaint("same-person", "入力した人は確認できません。別の担当者が確かめてください。", conflict=True),
)
