"""Tables of decisions: what was overridden with a reason, which approved runs were withdrawn."""

from piccolo.columns import BigInt, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import PrefectureTable


class RunOverride(PrefectureTable, tablename="run_override", prefecture="SI"):
    """One obstacle that stood when a run was approved all the same, and the approver's reason; never changed."""

    run_id = BigInt()
    code = Text()
    message = Text()
    reason = Text()
    decided_by_id = BigInt()
    decided_by = Text()
    decided_at = Timestamptz()


class RunWithdrawal(PrefectureTable, tablename="run_withdrawal", prefecture="SI"):
    """The withdrawal (取消し) of an approved run by somebody who did not approve it; never changed."""

    run_id = BigInt()
    reason = Text()
    withdrawn_by_id = BigInt()
    withdrawn_by = Text()
    withdrawn_at = Timestamptz()


explain(
    "run_withdrawal_once",
    Complaint("already-withdrawn", "この計算は、すでに取り消されています。画面を開き直してください。", conflict=True),
)
explain(
    "run_withdrawal_by_another",
    Complaint("approver-withdraws", "承認した人は取り消せません。別の担当者が取り消してください。", conflict=True),
)
explain(
    "run_withdrawal_of_newest",
    Complaint(
        "not-newest",
        "取り消せるのは、その事業でいちばん新しい承認済みの計算だけです。画面を開き直してください。",
        conflict=True,
    ),
)
