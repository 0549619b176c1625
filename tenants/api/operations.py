"""Writes of tokens: create one, revoke one, note its use, forget ended ones.

Tokens belong to people, who stand before any tenant: everything here runs in the identity scope.
"""

from datetime import datetime, timedelta

from tenants.access.queries import memberships_of
from tenants.api.rules import HINT_SIGNS, KEPT_FOR, NewToken, api_token_sha256, new_api_token
from tenants.api.tables import ApiToken
from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import as_identity, rows_may_be_missing
from tenants.errors import NotFound


async def create_token(context: TenantContext, new: NewToken, now: datetime) -> str:
    """Will create a token for the membership the person acts through and return it; nobody reads it a second time.

    Raises NotFound when that membership has ended. The caller has asked for the password.
    """
    for membership in await memberships_of(context.person_id, now.date()):
        if (membership.tenant_id, membership.role) == (context.tenant_id, context.role):
            break
    else:
        raise NotFound
    token = new_api_token()
    rows = await ApiToken.insert(
        ApiToken(
            token_sha256=api_token_sha256(token),
            hint=token[:HINT_SIGNS],
            name=new.name,
            person_id=context.person_id,
            membership_tenant_id=context.tenant_id,
            membership_id=membership.id,
            verbs=list(new.verbs),
            created_at=now,
            expires_at=now + timedelta(days=new.days),
            revoked_by="",
        )
    )
    await record(
        context,
        "create_api_token",
        Subject("api_token", int(rows[0]["id"]), new.name),
        after={"verbs": list(new.verbs), "days": new.days},
    )
    return token


async def revoke_own_token(context: TenantContext, token_id: int, now: datetime) -> None:
    """Will end a token of the person's own, for whichever membership; raises NotFound, also when it has ended."""
    await _revoke(context, token_id, now, "person_id", context.person_id)


async def revoke_token_of_tenant(context: TenantContext, token_id: int, now: datetime) -> None:
    """Will end a token that acts for the administrator's organisation. Raises NotFound, also when it has ended."""
    async with as_identity():
        await _revoke(context, token_id, now, "membership_tenant_id", context.tenant_id)


async def _revoke(context: TenantContext, token_id: int, now: datetime, column: str, owner: int) -> None:
    rows = await current_door().execute(
        "UPDATE api_token SET revoked_at = $3, revoked_by = $4 "  # noqa: S608  (one of two column names)
        f"WHERE id = $1 AND {column} = $2 AND revoked_at IS NULL RETURNING name, membership_tenant_id",
        (token_id, owner, now, context.person_name),
    )
    if not rows:
        raise NotFound
    await record(
        context,
        "revoke_api_token",
        Subject("api_token", token_id, rows[0]["name"]),
        tenant_id=int(rows[0]["membership_tenant_id"]),
    )


async def touch_token(token_id: int, now: datetime) -> None:
    """Will note that the token was used."""
    await ApiToken.update({ApiToken.last_used_at: now}).where(ApiToken.id == token_id)


async def forget_ended_tokens(now: datetime) -> None:
    """In the jobs scope: will delete tokens that ended so long ago that nobody asks for them any more."""
    door = current_door()
    async with rows_may_be_missing(door):
        await door.execute("DELETE FROM api_token WHERE least(expires_at, revoked_at) < $1", (now - KEPT_FOR,))
