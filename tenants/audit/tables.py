"""The table of the trail; append-only."""

from piccolo.columns import JSONB, BigInt, Integer, Text, Timestamptz

from tenants.database.tables import TenantTable


class AuditEvent(
    TenantTable, tablename="audit_event", town="SI", prefecture="sI", consultant="I", crew="I", identity="I"
):
    """One act: who, in which role, for which tenant, when, what, before and after."""

    occurred_at = Timestamptz()
    acting_tenant_id = Integer()
    person_id = BigInt(null=True, default=None)
    person_name = Text()
    role = Text()
    action = Text()
    subject = Text()
    subject_id = Text()
    subject_label = Text()
    before = JSONB(null=True, default=None)
    after = JSONB(null=True, default=None)
    request_id = Text()
    address = Text()
    via = Text()
    about_tenant_id = Integer(null=True, default=None)


class AuditWord(
    TenantTable,
    tablename="audit_word",
    town="SI",
    prefecture="sI",
    consultant="I",
    crew="I",
    identity="I",
    audited=False,
):
    """One name or subject that occurs in a tenant's trail, once; the database keeps it, searches look through it."""

    word = Text()
