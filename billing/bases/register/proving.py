"""Writes of evidence: add a file that proves a basis, take one off; what a run has named stays stored."""

from datetime import datetime

from billing.bases import queries as bases
from billing.bases.register import queries
from billing.bases.register.forms import evidence_type
from billing.bases.register.tables import BasisEvidence
from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.errors import Invalid
from tenants.files.operations import store_file
from tenants.files.queries import file
from tenants.files.rules import FileKind, declare_kind
from tenants.files.uploads import Upload
from tenants.storage import Storage

EVIDENCE = declare_kind(FileKind("basis_evidence", "按分基準の証拠書類", place="按分基準の登録簿"))


async def add_evidence(
    context: TenantContext, storage: Storage, program_id: int, basis_id: int, title: str, sent: Upload, now: datetime
) -> int:
    """Will keep a file as evidence of a basis and return its number. Raises NotFound, Invalid, OverQuota."""
    basis = await bases.basis(program_id, basis_id)
    suffix, content_type = evidence_type(sent.file_name, sent.content)
    name = f"basis-{basis_id}-{now:%Y%m%d%H%M%S}-{context.request_id}.{suffix}"
    parts = ("evidence", str(basis_id), name)
    file_id = await store_file(context, storage, parts, sent.content, name, content_type, EVIDENCE, now)
    kept = await file(context.tenant_id, file_id)
    if any(one.sha256 == kept.sha256 for one in await queries.evidence(basis_id)):
        message = "同じ内容のファイルがすでに証拠書類になっています。"
        raise Invalid("duplicate-evidence", message, {"file": message})
    rows = await BasisEvidence.insert(
        BasisEvidence(
            tenant_id=context.tenant_id,
            basis_id=basis_id,
            file_id=file_id,
            title=title,
            added_by=context.person_name,
            added_at=now,
        )
    )
    after = {"title": title, "sha256": kept.sha256}
    await record(context, "add_basis_evidence", Subject("basis", basis_id, basis.name), after=after)
    return int(rows[0]["id"])


async def remove_evidence(
    context: TenantContext, program_id: int, basis_id: int, evidence_id: int, now: datetime
) -> None:
    """Will take a file off the basis; it stays stored, because runs may have named it. Raises NotFound."""
    basis = await bases.basis(program_id, basis_id)
    before = await queries.one_evidence(basis_id, evidence_id)
    await BasisEvidence.update({BasisEvidence.removed_by: context.person_name, BasisEvidence.removed_at: now}).where(
        BasisEvidence.id == evidence_id
    )
    subject = Subject("basis", basis_id, basis.name)
    await record(context, "remove_basis_evidence", subject, before={"title": before.title, "sha256": before.sha256})
