"""Writes of access: sign in and out, act for another organisation, register people and their roles."""

from dataclasses import dataclass
from datetime import date, datetime

from tenants.access.passwords import NO_PASSWORD, hash_password, password_matches
from tenants.access.queries import memberships_of
from tenants.access.rules import (
    MembershipView,
    SessionLimits,
    SignedIn,
    new_token,
    normalise_email,
    token_sha256,
)
from tenants.access.tables import Membership, Person, Session
from tenants.audit.trail import Subject, record
from tenants.context import Role, TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import rows_may_be_missing
from tenants.errors import Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request comes from: its id and the network address."""

    request_id: str
    address: str


class SignInRefused(Invalid):
    """Unknown account, wrong password, disabled, or nothing to act as: one answer for all."""

    def __init__(self) -> None:
        message = "メールアドレスまたはパスワードが正しくありません。"
        super().__init__("sign-in-refused", message, {"email": message})


async def sign_in(email: str, password: str, now: datetime, limits: SessionLimits, origin: Origin) -> str:
    """Will open a session and return its token; raises SignInRefused, the same for every reason.

    Runs in the identity scope. The caller ends any session the browser held before (no fixation).
    """
    person = await _find_person(email)
    if not await password_matches(person.password_hash if person else None, password):
        raise SignInRefused
    memberships = await memberships_of(person.id, now.date()) if person and person.enabled else []
    if person is None or not memberships:
        raise SignInRefused
    token = await _open_session(person.id, memberships[0], now, now + limits.absolute)
    context = _context(person.id, person.name, memberships[0], origin)
    await record(context, "sign_in", Subject("person", person.id, person.name))
    return token


async def sign_out(signed_in: SignedIn, origin: Origin) -> None:
    """Will end this session."""
    await Session.delete().where(Session.id == signed_in.session_id)
    await record(
        context_of(signed_in, origin),
        "sign_out",
        Subject("person", signed_in.person_id, signed_in.person_name),
    )


async def act_as(signed_in: SignedIn, membership_id: int, now: datetime, origin: Origin) -> str:
    """Will move to another of the person's own memberships under a new token; the old one is dead.

    The absolute end of the session does not move. Raises NotFound for a membership that is not theirs today.
    """
    for membership in await memberships_of(signed_in.person_id, now.date()):
        if membership.id == membership_id:
            break
    else:
        raise NotFound
    await Session.delete().where(Session.id == signed_in.session_id)
    token = await _open_session(signed_in.person_id, membership, now, signed_in.expires_at)
    await record(
        _context(signed_in.person_id, signed_in.person_name, membership, origin),
        "act_as",
        Subject("person", signed_in.person_id, signed_in.person_name),
        before={"tenant": signed_in.tenant_name, "role": signed_in.role.value},
        after={"tenant": membership.tenant_name, "role": membership.role.value},
    )
    return token


async def touch_session(session_id: int, now: datetime) -> None:
    """Will note that the session was used."""
    await Session.update({Session.last_seen_at: now}).where(Session.id == session_id)


async def forget_ended_sessions(now: datetime) -> None:
    """In the identity scope: will delete the sessions whose absolute end is past; nobody can use them any more."""
    door = current_door()
    async with rows_may_be_missing(door):
        await door.execute("DELETE FROM session WHERE expires_at <= $1", (now,))


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


@dataclass(frozen=True, slots=True)
class _Account:
    id: int
    name: str
    password_hash: str
    enabled: bool


async def _find_person(email: str) -> _Account | None:
    if "\x00" in email:
        return None
    row = await Person.select().where(Person.email == normalise_email(email)).first()
    if row is None:
        return None
    return _Account(row["id"], row["name"], row["password_hash"], row["disabled_at"] is None)


async def _open_session(person_id: int, membership: MembershipView, now: datetime, expires_at: datetime) -> str:
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
        )
    )
    return token


def _context(person_id: int, person_name: str, membership: MembershipView, origin: Origin) -> TenantContext:
    return TenantContext(
        tenant_id=membership.tenant_id,
        tenant_code="",
        tenant_name=membership.tenant_name,
        role=membership.role,
        person_id=person_id,
        person_name=person_name,
        request_id=origin.request_id,
        address=origin.address,
    )
