"""Tables of runs and the prefecture's papers of a run."""

from piccolo.columns import JSONB, BigInt, Boolean, Date, Integer, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import PrefectureTable


class Run(PrefectureTable, tablename="run", prefecture="SIU"):
    """A frozen case, its result, and the people who prepared and approved it."""

    program_id = BigInt()
    number = Integer()
    stage = Text()
    state = Text()
    fiscal_year = Integer()
    title = Text()
    due_date = Date(null=True, default=None)
    shares_published = Boolean()
    case_json = Text()
    case_sha256 = Text()
    result_json = Text(null=True, default=None)
    result_sha256 = Text(null=True, default=None)
    problems = JSONB(null=True, default=None)
    return_reason = Text()
    document_number = Text()
    compute_job_id = BigInt(null=True, default=None)
    issue_job_id = BigInt(null=True, default=None)
    prepared_by_id = BigInt()
    prepared_by = Text()
    prepared_at = Timestamptz()
    submitted_by_id = BigInt(null=True, default=None)
    submitted_by = Text()
    submitted_at = Timestamptz(null=True, default=None)
    approved_by_id = BigInt(null=True, default=None)
    approved_by = Text()
    approved_at = Timestamptz(null=True, default=None)


class RunPaper(PrefectureTable, tablename="run_paper", prefecture="SI"):
    """The summary (総括表) or the ZIP of everything of an approved run."""

    run_id = BigInt()
    kind = Text()
    file_id = BigInt()


explain(
    "run_has_two_people",
    Complaint(
        "same-person", "作成した人・承認へ送った人は承認できません。別の担当者が承認してください。", conflict=True
    ),
)
explain(
    "run_number_once",
    Complaint("changed-meanwhile", "同時に別の計算が始まりました。もう一度お試しください。", conflict=True),
)
