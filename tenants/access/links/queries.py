"""Reads of links, in the identity scope."""

from datetime import datetime

from tenants.access.links.rules import LinkView, Purpose
from tenants.access.rules import token_sha256
from tenants.database.engine import current_door

_LIVE = """
SELECT l.id, l.person_id, p.name AS person_name, p.email, l.purpose, l.issuing_tenant_id, t.name AS tenant_name,
       l.issued_by_id, l.expires_at
  FROM access_link l
  JOIN person p ON p.id = l.person_id AND p.disabled_at IS NULL
  JOIN tenant t ON t.id = l.issuing_tenant_id
 WHERE l.token_sha256 = $1 AND l.used_at IS NULL AND l.expires_at > $2
"""


async def live_link(token: str, now: datetime) -> LinkView | None:
    """The link behind ``token`` while it may be used; None for an unknown, used or expired one alike."""
    rows = await current_door().execute(_LIVE, (token_sha256(token), now))
    if not rows:
        return None
    row = rows[0]
    return LinkView(
        id=row["id"],
        person_id=row["person_id"],
        person_name=row["person_name"],
        email=row["email"],
        purpose=Purpose(row["purpose"]),
        issuing_tenant_id=row["issuing_tenant_id"],
        issuing_tenant_name=row["tenant_name"],
        issued_by_id=row["issued_by_id"],
        expires_at=row["expires_at"],
    )
