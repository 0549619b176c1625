"""Reads of one's own account, in the identity scope."""

from dataclasses import dataclass
from datetime import datetime

from tenants.access.rules import SessionLimits, SignedIn, is_live
from tenants.database.engine import current_door


@dataclass(frozen=True, slots=True)
class SessionView:
    """One signed-in browser of the person."""

    id: int
    device: str
    address: str
    tenant_name: str
    created_at: datetime
    last_seen_at: datetime
    is_this: bool


async def sessions_of(signed_in: SignedIn, now: datetime, limits: SessionLimits) -> list[SessionView]:
    """The person's live sessions: this one first, then the last used."""
    rows = await current_door().execute(
        "SELECT s.id, s.device, s.address, t.name AS tenant_name, s.created_at, s.last_seen_at, s.expires_at "
        "FROM session s JOIN tenant t ON t.id = s.membership_tenant_id WHERE s.person_id = $1 "
        "ORDER BY (s.id = $2) DESC, s.last_seen_at DESC, s.id",
        (signed_in.person_id, signed_in.session_id),
    )
    return [
        SessionView(
            row["id"],
            row["device"] or "ブラウザー",
            row["address"],
            row["tenant_name"],
            row["created_at"],
            row["last_seen_at"],
            row["id"] == signed_in.session_id,
        )
        for row in rows
        if is_live(row["last_seen_at"], row["expires_at"], now, limits)
    ]


async def email_of(person_id: int) -> str:
    """The address the person signs in with."""
    rows = await current_door().execute("SELECT email FROM person WHERE id = $1", (person_id,))
    return str(rows[0]["email"])
