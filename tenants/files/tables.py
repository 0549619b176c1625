"""Tables of files: every stored object with its kind, owner and end; a tenant's own limit of room."""

from piccolo.columns import BigInt, Integer, Text, Timestamptz

from tenants.database.complaints import Complaint, explain
from tenants.database.tables import TenantTable


class StoredFile(TenantTable, tablename="stored_file", town="SIU", prefecture="SIu", jobs="S"):
    """One object in S3 under the tenant's prefix, with its fingerprint; the row outlives the object."""

    storage_key = Text()
    file_name = Text()
    content_type = Text()
    size_bytes = BigInt()
    sha256 = Text()
    created_at = Timestamptz()
    kind = Text()
    job_id = BigInt(null=True, default=None)
    person_id = BigInt(null=True, default=None)
    person_name = Text()
    role = Text()
    expires_at = Timestamptz(null=True, default=None)
    deleted_at = Timestamptz(null=True, default=None)


class TenantQuota(TenantTable, tablename="tenant_quota", town="S", prefecture="SIU"):
    """How much one tenant may use of a resource (``files``), where it differs from everybody's."""

    resource = Text()
    quota_bytes = BigInt(null=True, default=None)
    version = Integer()


explain("tenant_quota_is_sensible", Complaint("bad-quota", "上限は1MBから10TBまでです。", "quota"))
