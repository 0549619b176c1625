"""Reads of invitations: the organisation's own, and the one behind a code before anybody has signed in."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from tenants.context import Role
from tenants.database.engine import current_door
from tenants.errors import NotFound
from tenants.people.invitations.rules import InvitationView

_COLUMNS = (
    "i.id, i.tenant_id, t.name AS tenant_name, i.email, i.name, i.roles, i.valid_from, i.valid_to, i.state, "
    "i.code_handle, i.issued_at, i.expires_at, i.inviting_tenant_id, i.invited_by_id, i.invited_by_name, i.reason"
)
_FROM = f"SELECT {_COLUMNS} FROM invitation i JOIN tenant t ON t.id = i.tenant_id "  # noqa: S608  (our own columns)


async def open_invitations(tenant_id: int) -> list[InvitationView]:
    """Invitations nobody has accepted yet, newest first."""
    rows = await current_door().execute(
        _FROM + "WHERE i.tenant_id = $1 AND i.state = 'open' ORDER BY i.id DESC", (tenant_id,)
    )
    return [_view(row) for row in rows]


async def invitation(tenant_id: int, invitation_id: int) -> InvitationView:
    """One invitation of the organisation; raises NotFound."""
    rows = await current_door().execute(_FROM + "WHERE i.tenant_id = $1 AND i.id = $2", (tenant_id, invitation_id))
    if not rows:
        raise NotFound
    return _view(rows[0])


async def invitations(tenant_id: int, ids: Sequence[int]) -> list[InvitationView]:
    """These invitations of the organisation, in their order of making."""
    rows = await current_door().execute(
        _FROM + "WHERE i.tenant_id = $1 AND i.id = ANY($2) ORDER BY i.id", (tenant_id, list(ids))
    )
    return [_view(row) for row in rows]


async def expired_count(tenant_id: int, now: datetime, today: date) -> int:
    """How many open invitations cannot be accepted any more."""
    return sum(1 for one in await open_invitations(tenant_id) if not one.works(now, today))


async def invitation_behind(handle: str, now: datetime, *, lock: bool = False) -> InvitationView | None:
    """In the identity scope: the invitation whose code was given, while it works; else None."""
    rows = await current_door().execute(
        _FROM
        + "WHERE i.code_handle = $1 AND i.state = 'open' ORDER BY i.id DESC LIMIT 1"
        + (" FOR UPDATE OF i" if lock else ""),
        (handle,),
    )
    found = _view(rows[0]) if rows else None
    return found if found is not None and found.works(now, now.date()) else None


def _view(row: dict[str, Any]) -> InvitationView:
    return InvitationView(**{**row, "roles": tuple(Role(one) for one in row["roles"])})
