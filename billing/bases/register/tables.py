"""Tables of the register: checks, reasons, evidence, last year's basis, the threshold, and what a run froze."""

from piccolo.columns import JSONB, BigInt, Integer, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import PrefectureTable


class BasisCheck(PrefectureTable, tablename="basis_check", prefecture="SID"):
    """That a second person compared exactly this value with its source; goes with the value."""

    basis_value_id = BigInt()
    entered_by_id = BigInt()
    checked_by_id = BigInt()
    checked_by = Text()
    checked_at = Timestamptz()


class BasisReason(PrefectureTable, tablename="basis_reason", prefecture="SID"):
    """Why exactly this value differs so much from last year's; goes with the value."""

    basis_value_id = BigInt()
    reason = Text()
    given_by_id = BigInt()
    given_by = Text()
    given_at = Timestamptz()


class BasisEvidence(PrefectureTable, tablename="basis_evidence", prefecture="SIU"):
    """A file that proves a basis; one taken off stays stored, because a run may have named it."""

    basis_id = BigInt()
    file_id = BigInt()
    title = Text()
    added_by = Text()
    added_at = Timestamptz()
    removed_by = Text(null=True, default=None)
    removed_at = Timestamptz(null=True, default=None)


class BasisPrevious(PrefectureTable, tablename="basis_previous", prefecture="SIU"):
    """Which program's basis (its id in a case, ``b12``) was this one a year ago; both empty: there was none."""

    basis_id = BigInt()
    previous_program_id = BigInt(null=True, default=None)
    previous_basis = Text(null=True, default=None)
    chosen_by = Text()
    chosen_at = Timestamptz()


class RegisterRule(PrefectureTable, tablename="register_rule", prefecture="SIU"):
    """From which change on a program wants a reason: an exact fraction as text."""

    program_id = BigInt()
    threshold = Text()
    version = Integer()


class RunSource(PrefectureTable, tablename="run_source", prefecture="SI"):
    """The register of the bases a run used, as it stood when the run started."""

    run_id = BigInt()
    sources = JSONB()


explain(
    "basis_check_by_another",
    Complaint(
        "same-person", "自分で入力した値は、自分では確認できません。別の担当者が確認してください。", conflict=True
    ),
)
explain(
    "basis_check_value_fkey",
    Complaint("changed-meanwhile", "確認しようとした値が変わりました。画面を開き直してください。", conflict=True),
)
