"""Tables of reviews: the review and a line for every role of every person."""

from piccolo.columns import BigInt, Boolean, Date, Integer, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import TenantTable


class Review(TenantTable, tablename="review", town="SIU", prefecture="siu", jobs="S"):
    """One review of an organisation's accounts, until a deadline."""

    title = Text()
    as_of = Date()
    deadline = Date()
    state = Text(default="open")
    opened_by_id = BigInt()
    opened_by_name = Text()
    opened_by_role = Text()
    opened_at = Timestamptz()
    swept_at = Timestamptz(null=True, default=None)
    closed_by_id = BigInt(null=True, default=None)
    closed_by_name = Text(default="")
    closed_at = Timestamptz(null=True, default=None)
    content_sha256 = Text(default="")
    paper_key = Text(default="")
    paper_sha256 = Text(default="")
    paper_bytes = Integer(default=0)
    job_id = BigInt(null=True, default=None)
    version = Integer(default=1)


class ReviewLine(TenantTable, tablename="review_line", town="SIU", prefecture="siu"):
    """One role of one person as it was when the review was opened, and what was decided."""

    review_id = BigInt()
    membership_id = BigInt()
    person_id = BigInt()
    person_name = Text()
    email = Text()
    role = Text()
    valid_from = Date()
    valid_to = Date(null=True, default=None)
    last_sign_in_at = Timestamptz(null=True, default=None)
    second_factor = Boolean()
    decision = Text(default="open")
    new_role = Text(default="")
    note = Text(default="")
    decided_by_id = BigInt(null=True, default=None)
    decided_by_name = Text(default="")
    decided_at = Timestamptz(null=True, default=None)


explain("review_has_a_title", Complaint("title-length", "名前は1文字から60文字で入力してください。", "title"))
explain(
    "review_deadline_is_later", Complaint("bad-period", "期限は、基準日か、それより後の日にしてください。", "deadline")
)
explain(
    "review_one_open",
    Complaint("review-open", "終わっていない棚卸しがあります。先にそれを終えてください。", conflict=True),
)
explain("review_line_note_is_short", Complaint("too-long", "メモは200文字までで入力してください。"))
