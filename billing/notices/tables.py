"""Tables of notices: what a run's notices were issued with, each member's paper, the prefecture's own papers."""

from piccolo.columns import JSONB, BigInt, Integer, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import PrefectureTable, TenantTable


class NoticeIssue(PrefectureTable, tablename="notice_issue", prefecture="SI"):
    """That a run's notices were asked for: by whom, with which setting, after which run's notices."""

    program_id = BigInt()
    run_id = BigInt()
    previous_run_id = BigInt(null=True, default=None)
    setting = JSONB()
    job_id = BigInt()
    issued_by_id = BigInt()
    issued_by = Text()
    issued_at = Timestamptz()


class NoticePaper(TenantTable, tablename="notice_paper", town="S", prefecture="SI"):
    """One member's 納入通知書, frozen with its file; never changed."""

    prefecture_id = Integer()
    run_id = BigInt()
    statement_id = BigInt()
    content = JSONB()
    file_id = BigInt()
    issued_at = Timestamptz()


class CollectionPaper(PrefectureTable, tablename="collection_paper", prefecture="SI"):
    """A paper of the prefecture's own around the notices of a run: 差額調書, the ZIP of everything."""

    run_id = BigInt()
    kind = Text()
    file_id = BigInt()


explain(
    "notice_issue_once",
    Complaint("notices-issued-already", "この計算の納入通知書は、すでに発行されています。", conflict=True),
)
