"""Tables of transfers: a batch and its lines."""

from piccolo.columns import JSONB, BigInt, Date, Integer, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import TenantTable


class Transfer(TenantTable, tablename="transfer", town="SIU", prefecture="siu", jobs="S"):
    """One batch of changes that takes effect at the beginning of a day."""

    title = Text()
    effective_on = Date()
    state = Text(default="checked")
    content_sha256 = Text()
    line_count = Integer()
    new_count = Integer()
    change_count = Integer()
    end_count = Integer()
    same_count = Integer()
    wrong_count = Integer()
    fault = Text(default="")
    made_by_id = BigInt()
    made_by_name = Text()
    made_at = Timestamptz()
    applied_by_id = BigInt(null=True, default=None)
    applied_by_name = Text(default="")
    applied_by_role = Text(default="")
    applied_at = Timestamptz(null=True, default=None)
    handed_over_at = Timestamptz(null=True, default=None)
    undone_by_name = Text(default="")
    undone_at = Timestamptz(null=True, default=None)
    undone_reason = Text(default="")
    job_id = BigInt(null=True, default=None)
    version = Integer(default=1)


class TransferLine(TenantTable, tablename="transfer_line", town="SIUD", prefecture="siud"):
    """One person of a batch: what was written, what it means, what was done."""

    transfer_id = BigInt()
    number = Integer()
    email = Text()
    name = Text()
    kind = Text()
    cells = JSONB()
    faults = JSONB()
    difference = Text()
    person_id = BigInt(null=True, default=None)
    successor_id = BigInt(null=True, default=None)
    done = JSONB(null=True, default=None)
    handed_over = JSONB(null=True, default=None)


explain("transfer_has_a_title", Complaint("title-length", "名前は1文字から60文字で入力してください。", "title"))
