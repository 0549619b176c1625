"""Writes of signing in: count the attempt, compare, then open the session; sign out; act for another membership.

Signing in takes two transactions of its own: the attempt is counted and committed before the password is looked at,
because the answer of a refused attempt rolls its own transaction back; and no connection waits while argon2 works.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from tenants.access.attempts.operations import (
    count_attempt,
    count_town_failure,
    forget_attempts,
    record_lock,
    town_must_wait,
)
from tenants.access.attempts.rules import Count, Kind
from tenants.access.operations import Origin, context_of, end_session, open_session, own_context_of, renew_token
from tenants.access.passwords import password_matches
from tenants.access.queries import memberships_of
from tenants.access.rules import MembershipView, SessionLimits, SignedIn, normalise_email
from tenants.access.tables import Person, Session
from tenants.audit.trail import Subject, record
from tenants.context import Scope, TenantContext
from tenants.database.transaction import Pool, open_door
from tenants.errors import Invalid, NotFound

_NO_TOWN = 0
"""Where failures of unknown accounts are counted, so that they do the same work as known ones."""


class SignInRefused(Invalid):
    """Unknown account, wrong password, disabled, locked, or nothing to act as: one answer for all."""

    def __init__(self) -> None:
        message = "メールアドレスまたはパスワードが正しくありません。"
        super().__init__("sign-in-refused", message, {"email": message})


@dataclass(frozen=True, slots=True)
class _Account:
    id: int
    name: str
    password_hash: str
    enabled: bool
    memberships: tuple[MembershipView, ...]

    @property
    def tenant_ids(self) -> list[int]:
        return sorted({one.tenant_id for one in self.memberships})


async def sign_in(
    pool: Pool,
    email: str,
    password: str,
    now: datetime,
    limits: SessionLimits,
    origin: Origin,
    *,
    device: str = "",
    membership_id: int | None = None,
    replaces: int | None = None,
) -> str:
    """Will open a session and return its token; raises SignInRefused, the same for every reason.

    Opens doors of its own. Every path hashes once and makes the same two transactions. The session acts through
    ``membership_id`` if that is the person's, else through the first. ``replaces`` is the browser's session before,
    which ends (no fixation).
    """
    async with open_door(pool, Scope.IDENTITY):
        account = await _find_account(email, now)
        may_try, count = await count_attempt(Kind.PASSWORD, normalise_email(email), now)
        towns = account.tenant_ids if account else [_NO_TOWN]
        may_try = not await town_must_wait(towns, now) and may_try
    usable = account if may_try and account and account.enabled and account.memberships else None
    right = await password_matches(usable.password_hash if usable else None, password)
    async with open_door(pool, Scope.IDENTITY):
        if usable is not None and right:
            if replaces is not None:
                await end_session(replaces)
            return await _open(usable, membership_id, now, limits, origin, device, email)
        if may_try:
            await _note_failure(account, towns, count, now, origin)
    raise SignInRefused


async def password_is_right(pool: Pool, signed_in: SignedIn, password: str, now: datetime, origin: Origin) -> bool:
    """Will compare the password of somebody who is signed in, counted and limited like signing in.

    Opens doors of its own.
    """
    async with open_door(pool, Scope.IDENTITY):
        row = await Person.select().where(Person.id == signed_in.person_id).first()
        if row is None:
            raise NotFound
        key = normalise_email(row["email"])
        may_try, count = await count_attempt(Kind.PASSWORD, key, now)
    right = await password_matches(row["password_hash"] if may_try else None, password)
    async with open_door(pool, Scope.IDENTITY):
        if right:
            await forget_attempts(Kind.PASSWORD, key)
        elif may_try:
            person = Subject("person", signed_in.person_id, signed_in.person_name)
            context = context_of(signed_in, origin)
            await record_lock(lambda _: context, [signed_in.tenant_id], person, count)
    return right


async def sign_out(signed_in: SignedIn, origin: Origin) -> None:
    """Will end this session."""
    await Session.delete().where(Session.id == signed_in.session_id)
    await record(
        own_context_of(signed_in, origin),
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
    token = await renew_token(signed_in.session_id, membership=membership)
    await record(
        _context(signed_in.person_id, signed_in.person_name, membership, origin),
        "act_as",
        Subject("person", signed_in.person_id, signed_in.person_name),
        before={"tenant": signed_in.tenant_name, "role": signed_in.role.value},
        after={"tenant": membership.tenant_name, "role": membership.role.value},
    )
    return token


async def _find_account(email: str, now: datetime) -> _Account | None:
    if "\x00" in email:
        return None
    row = await Person.select().where(Person.email == normalise_email(email)).first()
    memberships = await memberships_of(row["id"] if row else 0, now.date())
    if row is None:
        return None
    return _Account(row["id"], row["name"], row["password_hash"], row["disabled_at"] is None, tuple(memberships))


async def _open(
    account: _Account,
    membership_id: int | None,
    now: datetime,
    limits: SessionLimits,
    origin: Origin,
    device: str,
    email: str,
) -> str:
    membership = next((one for one in account.memberships if one.id == membership_id), account.memberships[0])
    await forget_attempts(Kind.PASSWORD, normalise_email(email))
    token = await open_session(account.id, membership, now, now + limits.absolute, origin, device)
    context = _context(account.id, account.name, membership, origin)
    await record(context, "sign_in", Subject("person", account.id, account.name), after={"device": device})
    return token


async def _note_failure(
    account: _Account | None, towns: list[int], count: Count, now: datetime, origin: Origin
) -> None:
    full = await count_town_failure(towns, now)
    if account is None or not account.memberships:
        return
    before_sign_in = {
        one.tenant_id: replace(_context(account.id, account.name, one, origin), person_id=0, person_name="サインイン前")
        for one in account.memberships
    }
    person = Subject("person", account.id, account.name)
    await record_lock(before_sign_in.__getitem__, towns, person, count)
    for tenant_id in full:
        context = before_sign_in[tenant_id]
        await record(context, "town_sign_in_limit", Subject("tenant", tenant_id, context.tenant_name))


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
