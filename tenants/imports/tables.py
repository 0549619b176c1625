"""Tables of imports: one batch for each sent file or pasted table, and which heading a person said is which field."""

from piccolo.columns import JSONB, BigInt, Integer, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import TenantTable


class ImportBatch(TenantTable, tablename="import_batch", town="SIU", prefecture="siu"):
    """One import; what it says stands in files of the storage, how far it got stands here."""

    kind = Text()
    target = Text()
    title = Text()
    person_id = BigInt()
    person_name = Text()
    state = Text()
    message = Text()
    file_name = Text()
    format = Text()
    encoding = Text()
    sheet = Text()
    remarks = JSONB()
    notes = JSONB()
    heading_number = Integer(null=True, default=None)
    mapping = JSONB()
    row_count = Integer()
    above_count = Integer()
    heading_count = Integer()
    new_count = Integer()
    change_count = Integer()
    same_count = Integer()
    skipped_count = Integer()
    wrong_count = Integer()
    checked_sha256 = Text()
    source_file_id = BigInt()
    table_file_id = BigInt(null=True, default=None)
    preview_file_id = BigInt(null=True, default=None)
    returned_file_id = BigInt(null=True, default=None)
    applied_file_id = BigInt(null=True, default=None)
    job_id = BigInt(null=True, default=None)
    created_at = Timestamptz()
    applied_at = Timestamptz(null=True, default=None)
    undone_at = Timestamptz(null=True, default=None)
    version = Integer()


class ImportMapping(TenantTable, tablename="import_mapping", town="SIU", prefecture="siu"):
    """A person's word on which column is which, for every later file of the kind with the same headings."""

    kind = Text()
    heading_sha256 = Text()
    mapping = JSONB()


explain(
    "import_batch_loses_nothing",
    Complaint(
        "rows-lost", "行の数が合わないため、取り込みませんでした。県の運用管理者に連絡してください。", conflict=True
    ),
)
explain(
    "import_batch_moves_on",
    Complaint("import-moved-on", "この取り込みは先に進んでいます。画面を開き直してください。", conflict=True),
)
