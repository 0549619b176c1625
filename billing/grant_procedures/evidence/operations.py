"""Keeps evidence in the storage of the tenant that sent it; the caller ties it to a record and writes the trail."""

import secrets
from datetime import datetime

from billing.grant_procedures.evidence.rules import EVIDENCE, Evidence
from tenants.context import TenantContext
from tenants.files.operations import store_file
from tenants.storage import Storage


async def keep_evidence(context: TenantContext, storage: Storage, evidence: Evidence, now: datetime) -> int:
    """Will store the file under a name of ours and return its id. Raises OverQuota, StorageFailed."""
    # 64 bits: unique among all the papers anybody will ever keep, also twice in one request.
    name = f"evidence-{now:%Y%m%d}-{secrets.token_hex(8)}.{evidence.suffix}"
    return await store_file(
        context,
        storage,
        ("grant-evidence", name),
        evidence.content,
        name,
        evidence.content_type,
        EVIDENCE,
        now,
    )
