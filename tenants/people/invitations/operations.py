"""Writes of invitations: invite, send or print again, withdraw. Accepting stands in ``acceptance``."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from tenants.audit.trail import Event, Subject, record, record_many
from tenants.calendar import japanese_date
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import rows_may_be_missing
from tenants.errors import Conflict, Invalid
from tenants.mail.operations import send_to_address
from tenants.mail.rules import MailTemplate
from tenants.people import queries as people
from tenants.people.invitations import queries
from tenants.people.invitations.rules import InvitationView, NewInvitation, code_of, invitation_ends, new_handle
from tenants.people.operations import check_role

_LETTER = MailTemplate(Path(__file__).parents[1] / "templates" / "people" / "mail" / "invitation.txt")
_INSERT = """
INSERT INTO invitation (tenant_id, email, name, roles, valid_from, valid_to, code_handle, issued_at, expires_at,
                        inviting_tenant_id, invited_by_id, invited_by_name, reason)
SELECT $1, email, name, string_to_array(roles, ','), valid_from, valid_to, code_handle, $8, expires_at, $10, $11, $12,
       reason
  FROM unnest($2::text[], $3::text[], $4::text[], $5::date[], $6::date[], $7::text[], $9::timestamptz[], $13::text[])
    AS n (email, name, roles, valid_from, valid_to, code_handle, expires_at, reason)
RETURNING id, email
"""


class NoLongerOpen(Conflict):
    """The invitation was accepted or withdrawn meanwhile."""

    def __init__(self) -> None:
        super().__init__("invitation-ended", "この招待は、すでに受けられたか取り下げられています。")


async def invite(context: TenantContext, new: NewInvitation, now: datetime) -> int:
    """Will invite an address into the organisation of ``context`` and return the invitation's id.

    Does the same whether or not somebody with this address exists elsewhere. Raises Invalid for a role the
    organisation does not give, a person who is here already (already-here) or is invited already (invited-already).
    """
    for role in new.roles:
        check_role(context.tenant_id, role, new.valid_from, new.valid_to)
    if new.valid_to is not None and new.valid_to < now.date():
        message = "終了日がすでに過ぎています。"
        raise Invalid("past-date", message, {"valid_to": message})
    await _check_not_here(context.tenant_id, new.email)
    return await write_invitation(context, context.tenant_id, new, now)


async def write_invitation(context: TenantContext, tenant_id: int, new: NewInvitation, now: datetime) -> int:
    """Will store an open invitation of ``tenant_id`` and return its id; the caller has checked who may join as what."""
    return (await write_invitations(context, tenant_id, [new], now))[new.email]


async def write_invitations(
    context: TenantContext, tenant_id: int, many: Sequence[NewInvitation], now: datetime
) -> dict[str, int]:
    """The same for many at once; answers the ids by address."""
    rows = await current_door().execute(
        _INSERT,
        (
            tenant_id,
            [one.email for one in many],
            [one.name for one in many],
            [",".join(role.value for role in one.roles) for one in many],
            [one.valid_from for one in many],
            [one.valid_to for one in many],
            [new_handle() for _ in many],
            now,
            [invitation_ends(now, one.valid_from) for one in many],
            context.tenant_id,
            context.person_id,
            context.person_name,
            [one.reason for one in many],
        ),
    )
    ids = {str(row["email"]): int(row["id"]) for row in rows}
    events = [Event(Subject("invitation", ids[one.email], one.name), after=_told(one)) for one in many]
    await record_many(context, "invite_person", events, tenant_id=tenant_id)
    return ids


def _told(one: NewInvitation) -> dict[str, object]:
    told: dict[str, object] = {
        "email": one.email,
        "roles": [role.value for role in one.roles],
        "valid_from": one.valid_from,
        "valid_to": one.valid_to,
    }
    return {**told, "reason": one.reason} if one.reason else told


async def issue_again(context: TenantContext, invitation_id: int, now: datetime) -> None:
    """Will give the invitation a fresh code and another week; the old code is dead. Raises NotFound, NoLongerOpen."""
    one = await queries.invitation(context.tenant_id, invitation_id)
    ends = invitation_ends(now, one.valid_from)
    await _move(context, one, "code_handle = $3, issued_at = $4, expires_at = $5", (new_handle(), now, ends))
    await record(
        context,
        "issue_invitation_again",
        Subject("invitation", one.id, one.name),
        after={"expires_at": ends},
    )


async def withdraw(context: TenantContext, invitation_id: int, now: datetime) -> None:
    """Will take an invitation back; its code is dead. Raises NotFound, NoLongerOpen."""
    one = await queries.invitation(context.tenant_id, invitation_id)
    await _move(context, one, "state = 'withdrawn', ended_at = $3", (now,))
    await record(context, "withdraw_invitation", Subject("invitation", one.id, one.name), before={"email": one.email})


async def withdraw_many(context: TenantContext, invitation_ids: Sequence[int], now: datetime) -> None:
    """Will take many invitations back at once, or none. Raises NoLongerOpen when one of them is not open."""
    door = current_door()
    async with rows_may_be_missing(door):
        rows = await door.execute(
            "UPDATE invitation SET state = 'withdrawn', ended_at = $3 "
            "WHERE tenant_id = $1 AND id = ANY($2) AND state = 'open' RETURNING id, name, email",
            (context.tenant_id, list(invitation_ids), now),
        )
    if len(rows) != len(set(invitation_ids)):
        raise NoLongerOpen
    events = [Event(Subject("invitation", row["id"], row["name"]), before={"email": row["email"]}) for row in rows]
    await record_many(context, "withdraw_invitation", events)


async def send_by_mail(context: TenantContext, invitation_id: int, secret_key: str, now: datetime) -> None:
    """Will write the invitation to its address. Raises NotFound, NoLongerOpen for one that works no more."""
    one = await queries.invitation(context.tenant_id, invitation_id)
    if not one.works(now, now.date()):
        raise NoLongerOpen
    await _tell(context, one, code_of(one.code_handle, secret_key), now)
    await record(context, "mail_invitation", Subject("invitation", one.id, one.name), after={"email": one.email})


async def _tell(context: TenantContext, one: InvitationView, code: str, now: datetime) -> None:
    """Will put the letter into the outbox of mails; the address may belong to nobody here yet."""
    values = {
        "name": one.name,
        "tenant": one.tenant_name,
        "roles": one.roles_text,
        "period": one.period_text,
        "inviter": one.invited_by_name,
        "expires": japanese_date(one.expires_at),
    }
    await send_to_address(context, one.email, _LETTER, values, f"/invitations/{code}", now)


async def _check_not_here(tenant_id: int, email: str) -> None:
    lines = await people.memberships(tenant_id)
    names = await people.names_of([one.person_id for one in lines])
    if any(address == email for _, address in names.values()):
        message = "この人はすでにこの団体の利用者です。役割を加えるときは、その人のページから行ってください。"
        raise Invalid("already-here", message, {"email": message})


async def _move(context: TenantContext, one: InvitationView, changes: str, values: tuple[object, ...]) -> None:
    door = current_door()
    async with rows_may_be_missing(door):
        rows = await door.execute(
            f"UPDATE invitation SET {changes} "  # noqa: S608  (our own columns)
            "WHERE tenant_id = $1 AND id = $2 AND state = 'open' RETURNING id",
            (context.tenant_id, one.id, *values),
        )
    if not rows:
        raise NoLongerOpen
