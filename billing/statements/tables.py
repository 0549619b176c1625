"""Tables of statements: one member's issued sheet of one run, and its withdrawal; never changed."""

from piccolo.columns import JSONB, BigInt, Date, Integer, Numeric, Text, Timestamptz

from tenants.database.tables import TenantTable


class Statement(TenantTable, tablename="statement", town="S", prefecture="SI"):
    """What one member was told, frozen with its two files."""

    prefecture_id = Integer()
    run_id = BigInt()
    fiscal_year = Integer()
    title = Text()
    stage = Text()
    run_number = Integer()
    document_number = Text()
    due_date = Date(null=True, default=None)
    invoice_yen = Numeric()
    difference_yen = Numeric()
    content = JSONB()
    xlsx_file_id = BigInt()
    pdf_file_id = BigInt()
    issued_at = Timestamptz()


class StatementWithdrawal(TenantTable, tablename="statement_withdrawal", town="S", prefecture="SI"):
    """What the member is told of it: its statement counts no more, why, and since when; never changed."""

    prefecture_id = Integer()
    statement_id = BigInt()
    reason = Text()
    withdrawn_at = Timestamptz()
