"""Writes of access: sessions, people and their roles; signing in itself stands in ``tenants.access.signing_in``."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tenants.access.passwords import NO_PASSWORD, hash_password
from tenants.access.rules import (
    MembershipView,
    SignedIn,
    new_token,
    normalise_email,
    token_sha256,
)
from tenants.access.tables import Membership, Person, Session
from tenants.audit.trail import Subject, record
from tenants.context import PREFECTURE_TENANT_ID, Role, TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import rows_may_be_missing


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: its id and the network address."""

    request_id: str
    address: str


async def open_session(
    person_id: int, membership: MembershipView, now: datetime, expires_at: datetime, origin: Origin, device: str
) -> str:
    """In the identity scope: will open a session under a fresh token and return the token."""
    token = new_token()
    await Session.insert(
        Session(
            token_sha256=token_sha256(token),
            csrf_token=new_token(),
            person_id=person_id,
            membership_tenant_id=membership.tenant_id,
            membership_id=membership.id,
            created_at=now,
            last_seen_at=now,
            expires_at=expires_at,
            factor_passed_at=None,
            address=origin.address,
            device=device,
        )
    )
    return token


async def renew_token(
    session_id: int, *, membership: MembershipView | None = None, factor_passed_at: datetime | None = None
) -> str:
    """In the identity scope: will put a session under a fresh token, and its forms too; the old ones are dead at once.

    Called at every change of what the session may do. The absolute end does not move.
    """
    token = new_token()
    changes: dict[Any, Any] = {Session.token_sha256: token_sha256(token), Session.csrf_token: new_token()}
    if membership is not None:
        changes |= {Session.membership_tenant_id: membership.tenant_id, Session.membership_id: membership.id}
    if factor_passed_at is not None:
        changes[Session.factor_passed_at] = factor_passed_at
    await Session.update(changes).where(Session.id == session_id)
    return token


async def touch_session(session_id: int, now: datetime) -> None:
    """Will note that the session was used."""
    await Session.update({Session.last_seen_at: now}).where(Session.id == session_id)


async def forget_ended_sessions(now: datetime) -> None:
    """In the identity scope: will delete the sessions whose absolute end is past; nobody can use them any more."""
    door = current_door()
    async with rows_may_be_missing(door):
        await door.execute("DELETE FROM session WHERE expires_at <= $1", (now,))


async def end_session(session_id: int) -> None:
    """In the identity scope: will end one session, if it has not ended already."""
    async with rows_may_be_missing(current_door()):
        await Session.delete().where(Session.id == session_id)


async def end_sessions(person_id: int, *, but: int = 0) -> None:
    """In the identity scope: will end the person's sessions, all or all but the one with the id ``but``."""
    door = current_door()
    async with rows_may_be_missing(door):
        await door.execute("DELETE FROM session WHERE person_id = $1 AND id <> $2", (person_id, but))


async def register_person(context: TenantContext, email: str, name: str, password: str | None, now: datetime) -> int:
    """Will create a person and return the id. Raises Invalid for a taken address.

    Without a password (None) nobody can sign in until one is set with a link (``tenants.access.links``).
    """
    rows = await Person.insert(
        Person(
            email=normalise_email(email),
            name=name,
            password_hash=NO_PASSWORD if password is None else await hash_password(password),
            created_at=now,
            disabled_at=None,
        )
    )
    person_id = int(rows[0]["id"])
    await record(context, "register_person", Subject("person", person_id, name), after={"email": email})
    return person_id


async def give_role(
    context: TenantContext,
    person_id: int,
    tenant_id: int,
    role: Role,
    valid_from: date,
    valid_to: date | None = None,
) -> int:
    """Will give the person ``role`` in the tenant and return the membership's id."""
    rows = await Membership.insert(
        Membership(
            tenant_id=tenant_id,
            person_id=person_id,
            role=role.value,
            valid_from=valid_from,
            valid_to=valid_to,
        )
    )
    membership_id = int(rows[0]["id"])
    await record(
        context,
        "give_role",
        Subject("membership", membership_id, role.label),
        after={"person_id": person_id, "role": role.value, "valid_from": valid_from, "valid_to": valid_to},
        tenant_id=tenant_id,
    )
    return membership_id


async def disable_person(context: TenantContext, person_id: int, now: datetime) -> None:
    """Will stop the person from signing in and end every session at once."""
    await Person.update({Person.disabled_at: now}).where(Person.id == person_id)
    await record(context, "disable_person", Subject("person", person_id), after={"disabled_at": now})


def context_of(signed_in: SignedIn, origin: Origin) -> TenantContext:
    """The context a live session acts in."""
    return TenantContext(
        tenant_id=signed_in.tenant_id,
        tenant_code=signed_in.tenant_code,
        tenant_name=signed_in.tenant_name,
        role=signed_in.role,
        person_id=signed_in.person_id,
        person_name=signed_in.person_name,
        request_id=origin.request_id,
        address=origin.address,
    )


def own_context_of(signed_in: SignedIn, origin: Origin) -> TenantContext:
    """The context of the person's own membership: while looking into a town's records, still the prefecture's."""
    if signed_in.support is None:
        return context_of(signed_in, origin)
    return TenantContext(
        tenant_id=PREFECTURE_TENANT_ID,
        tenant_code="",
        tenant_name="",
        role=Role.PREFECTURE_ADMIN,
        person_id=signed_in.person_id,
        person_name=signed_in.person_name,
        request_id=origin.request_id,
        address=origin.address,
    )
