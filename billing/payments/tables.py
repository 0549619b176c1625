"""Tables of payments: an instalment of a member, what was charged and received of it, and reminders."""

from piccolo.columns import BigInt, Date, Integer, Numeric, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import TenantTable


class Payment(TenantTable, tablename="payment", town="S", prefecture="SI"):
    """One instalment of one member of one program; what happens to it stands in the tables below."""

    prefecture_id = Integer()
    program_id = BigInt()
    title = Text()
    fiscal_year = Integer()
    number = Integer()


class Levy(TenantTable, tablename="levy", town="S", prefecture="SI"):
    """調定: a charge, or a part of one taken back; never changed."""

    prefecture_id = Integer()
    payment_id = BigInt()
    statement_id = BigInt(null=True, default=None)
    levied_on = Date()
    levy_number = Text()
    amount_yen = Numeric()
    due_date = Date(null=True, default=None)
    entered_by_id = BigInt()
    entered_by = Text()
    entered_at = Timestamptz()


class Receipt(TenantTable, tablename="receipt", town="S", prefecture="SI"):
    """収納: a sum that came in or went back; corrected by a reversal, never changed."""

    prefecture_id = Integer()
    program_id = BigInt()
    payment_id = BigInt()
    received_on = Date()
    amount_yen = Numeric()
    reference = Text()
    note = Text()
    reverses_id = BigInt(null=True, default=None)
    entered_by_id = BigInt()
    entered_by = Text()
    entered_at = Timestamptz()


class PaymentReminder(TenantTable, tablename="payment_reminder", town="S", prefecture="SI"):
    """督促: that a member was reminded, of how much and until when; never changed."""

    prefecture_id = Integer()
    payment_id = BigInt()
    reminded_on = Date()
    amount_yen = Numeric()
    pay_by = Date()
    entered_by_id = BigInt()
    entered_by = Text()
    entered_at = Timestamptz()


explain(
    "receipt_reference_once",
    Complaint("duplicate-reference", "同じ整理番号の収納が、この事業にすでに記録されています。", "reference"),
)
explain(
    "receipt_reversed_once",
    Complaint("reversed-already", "この収納は、すでに取り消されています。画面を開き直してください。", conflict=True),
)
