"""Tables of a grant's procedure: its period and deadlines, its steps, who confirmed them, and their papers."""

from piccolo.columns import BigInt, Boolean, Date, Integer, Numeric, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import PrefectureTable


class GrantProcedure(PrefectureTable, tablename="grant_procedure", prefecture="SIU"):
    """The project's period and the deadlines of one grant."""

    grant_id = BigInt()
    period_from = Date(null=True, default=None)
    period_to = Date(null=True, default=None)
    application_due = Date(null=True, default=None)
    report_days = Integer(null=True, default=None)
    report_date = Date(null=True, default=None)
    version = Integer()


class GrantStep(PrefectureTable, tablename="grant_step", prefecture="SI"):
    """One step as it was recorded; a correction is another row that replaces it."""

    grant_id = BigInt()
    kind = Text()
    step_date = Date()
    document_number = Text()
    amount_yen = Numeric()
    note = Text()
    replaces_id = BigInt(null=True, default=None)
    withdrawn = Boolean()
    reason = Text()
    prepared_by_id = BigInt()
    prepared_by = Text()
    prepared_at = Timestamptz()


class GrantStepConfirmation(PrefectureTable, tablename="grant_step_confirmation", prefecture="SI"):
    """Another officer's word that a step is right."""

    step_id = BigInt()
    prepared_by_id = BigInt()
    confirmed_by_id = BigInt()
    confirmed_by = Text()
    confirmed_at = Timestamptz()


class GrantStepFile(PrefectureTable, tablename="grant_step_file", prefecture="SI"):
    """A paper kept with a step, under the name it was sent with."""

    step_id = BigInt()
    file_id = BigInt()
    name = Text()
    added_by = Text()
    added_at = Timestamptz()


explain(
    "grant_step_grant_id_fkey",
    Complaint("grant-has-steps", "手続きの記録がある交付金は削除できません。", conflict=True),
)
explain(
    "grant_procedure_grant_id_fkey",
    Complaint("grant-has-steps", "手続きの期限などが登録されている交付金は削除できません。", conflict=True),
)
explain(
    "grant_step_replaced_once",
    Complaint("changed-meanwhile", "この記録は同時に訂正されました。画面を開き直してください。", conflict=True),
)
explain(
    "grant_step_confirmed_once",
    Complaint("changed-meanwhile", "この記録は同時に確認されました。画面を開き直してください。", conflict=True),
)
explain(
    "grant_step_has_two_people",
    Complaint("same-person", "記録した人は確認できません。別の担当者が内容を確かめてください。", conflict=True),
)
