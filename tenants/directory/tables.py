"""Tables of the directory: organisations, unions' members, entitlements."""

from piccolo.columns import Date, Integer, Text

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import SharedTable, TenantTable


class Tenant(SharedTable, tablename="tenant", prefecture="SIUD", identity="S", jobs="S"):
    """One organisation; its ``id`` is the tenant number every other table carries."""

    code = Text()
    name = Text()
    kana = Text()
    kind = Text()
    region = Text()
    active_from = Date()
    active_to = Date(null=True, default=None)


class UnionMember(SharedTable, tablename="union_member", prefecture="SID"):
    """One member town of a union (企業団・一部事務組合)."""

    union_id = Integer()
    member_id = Integer()


class Entitlement(
    TenantTable, tablename="entitlement", town="S", prefecture="SID", consultant="S", crew="S", identity="S"
):
    """One module a tenant may use."""

    module = Text()


explain("tenant_code_is_unique", Complaint("duplicate-code", "このコードの団体はすでに登録されています。", "code"))
explain("tenant_has_a_name", Complaint("name-length", "団体名は1文字から60文字で入力してください。", "name"))
explain("tenant_period_is_forward", Complaint("bad-period", "終了日は開始日より後にしてください。", "active_to"))
explain("union_member_once", Complaint("duplicate-member", "この構成団体はすでに登録されています。", "member_id"))
