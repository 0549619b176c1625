"""The table of seals; append-only, like the trail it seals."""

from piccolo.columns import BigInt, Date, Integer, Text, Timestamptz

from tenants.database.tables import TenantTable


class AuditSeal(TenantTable, tablename="audit_seal", town="SI", prefecture="si", audited=False):
    """The fingerprint of one day of a tenant's trail, leading on from the seal before."""

    day = Date()
    form = Integer()
    event_count = BigInt()
    events_sha256 = Text()
    previous_sha256 = Text()
    sha256 = Text()
    sealed_at = Timestamptz()
