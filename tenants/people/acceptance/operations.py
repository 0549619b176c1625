"""Writes of acceptance: whoever holds the code proves to own the address, and the memberships begin.

Opens doors of its own: a wrong password stays counted although its answer is a refusal, and no connection waits
while argon2 works. One refusal stands for "unknown here", "known here" and "wrong password" alike.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from tenants.access.attempts.operations import count_attempt, forget_attempts, record_lock
from tenants.access.attempts.rules import Count, Kind
from tenants.access.operations import Origin, give_role
from tenants.access.password_rules import check_password, check_same
from tenants.access.passwords import hash_password, password_matches
from tenants.access.rules import normalise_email
from tenants.access.tables import Person
from tenants.audit.trail import Subject, record
from tenants.context import PREFECTURE_TENANT_ID, Role, Scope, TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import Pool, open_door
from tenants.errors import Invalid, NotFound
from tenants.mail.operations import notify
from tenants.mail.queries import people_with_roles
from tenants.mail.rules import MailTemplate
from tenants.people.invitations.queries import invitation_behind
from tenants.people.invitations.rules import InvitationView, handle_in
from tenants.people.operations import put_standing
from tenants.people.queries import MEMBERSHIP_COLUMNS, membership_line
from tenants.people.rules import ADMINISTRATING, MembershipLine, Standing

logger = logging.getLogger(__name__)

_ACCEPTED = MailTemplate(Path(__file__).parents[1] / "templates" / "people" / "mail" / "accepted.txt")
FIRST, KNOWN = "first", "known"
"""How a person says they come: with a password to be chosen, or with the one they have."""


class AcceptanceRefused(Invalid):
    """The address and the password do not go together, whatever the reason."""

    def __init__(self) -> None:
        message = (
            "このメールアドレスとパスワードでは受けられません。すでに結を使っている方は「すでに使っている」を選び、"
            "いまのパスワードを入力してください。はじめての方は「はじめて使う」を選んでください。"
        )
        super().__init__("acceptance-refused", message, {"password": message})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the invited person typed."""

    comes: str
    password: str
    again: str


@dataclass(frozen=True, slots=True)
class _Owner:
    """The person with the invitation's address, if there is one."""

    id: int
    name: str
    password_hash: str
    enabled: bool


async def invitation_for(pool: Pool, code: str, secret_key: str, now: datetime) -> InvitationView | None:
    """The invitation behind a code while it works; opens a door of its own."""
    handle = handle_in(code, secret_key)
    if handle is None:
        return None
    async with open_door(pool, Scope.IDENTITY, read_only=True):
        return await invitation_behind(handle, now)


async def accept(pool: Pool, code: str, secret_key: str, answer: Answer, now: datetime, origin: Origin) -> None:
    """Will make the invited person a person of the organisation, as the invitation says.

    Raises NotFound for a code that does not work, Invalid for a new password that breaks the rules,
    AcceptanceRefused for everything else.
    """
    handle = handle_in(code, secret_key) or ""
    one = await invitation_for(pool, code, secret_key, now)
    if one is None:
        raise NotFound
    new_hash = await _new_hash(one, answer) if answer.comes == FIRST else ""
    async with open_door(pool, Scope.IDENTITY):
        owner = await _owner(one.email)
        may_try, count = await count_attempt(Kind.PASSWORD, normalise_email(one.email), now)
    if answer.comes == FIRST:
        right = owner is None
    else:
        usable = owner.password_hash if owner is not None and owner.enabled and may_try else None
        right = await password_matches(usable, answer.password)
    async with open_door(pool, Scope.IDENTITY):
        if right and may_try:
            joined = await _let_in(handle, owner, new_hash, now, origin)
        elif may_try:
            await _note_failure(one, count, origin)
    if not (right and may_try):
        raise AcceptanceRefused
    await _tell_inviter(pool, one, joined, now)


async def _new_hash(one: InvitationView, answer: Answer) -> str:
    check_same(answer.password, answer.again)
    check_password(answer.password, email=one.email, name=one.name)
    return await hash_password(answer.password)


async def _owner(email: str) -> _Owner | None:
    row = await Person.select().where(Person.email == normalise_email(email)).first()
    return None if row is None else _Owner(row["id"], row["name"], row["password_hash"], row["disabled_at"] is None)


async def _let_in(handle: str, owner: _Owner | None, new_hash: str, now: datetime, origin: Origin) -> TenantContext:
    one = await invitation_behind(handle, now, lock=True)
    if one is None:  # another browser with the same slip was faster
        raise NotFound
    if owner is None:
        owner = await _register(one, new_hash, now)
    context = _self(one, owner, origin)
    for role in one.roles:
        await _join(context, owner.id, role, Standing(one.valid_from, one.valid_to), now)
    await current_door().execute(
        "UPDATE invitation SET state = 'accepted', person_id = $3, ended_at = $4 "
        "WHERE tenant_id = $1 AND id = $2 AND state = 'open'",
        (one.tenant_id, one.id, owner.id, now),
    )
    await forget_attempts(Kind.PASSWORD, normalise_email(one.email))
    await record(
        context,
        "accept_invitation",
        Subject("invitation", one.id, owner.name),
        after={"email": one.email, "roles": [role.value for role in one.roles], "valid_from": one.valid_from},
    )
    return context


async def _tell_inviter(pool: Pool, one: InvitationView, joined: TenantContext, now: datetime) -> None:
    """Puts a notice before who invited, or before today's administrators when they no longer are one there.

    Who moved to another office since must not learn the name. In a door of its own, because the invited person's
    scope writes no notices; what was accepted stays so without it.
    """
    from_prefecture = one.inviting_tenant_id == PREFECTURE_TENANT_ID
    context = replace(joined, tenant_id=one.inviting_tenant_id)
    values = {
        "name": one.name,
        "inviter": "あなた",
        "tenant": one.tenant_name,
        "roles": one.roles_text,
        "period": one.period_text,
    }
    url = "/people/organisations" if from_prefecture and one.tenant_id != one.inviting_tenant_id else "/people"
    try:
        async with open_door(pool, Scope.PREFECTURE if from_prefecture else Scope.TOWN, one.inviting_tenant_id):
            people = await people_with_roles(one.inviting_tenant_id, ADMINISTRATING, now.date())
            if one.invited_by_id in people:
                people = [one.invited_by_id]
            else:
                people = [person_id for person_id in people if person_id != joined.person_id]
                values["inviter"] = f"{one.invited_by_name}さん"
            await notify(context, people, _ACCEPTED, values, url, now)
    except Exception:  # the edge: the list of people says the same, and the person is already in
        logger.exception("the inviter of invitation %s was not told", one.id)


async def _register(one: InvitationView, new_hash: str, now: datetime) -> _Owner:
    rows = await current_door().execute(
        "INSERT INTO person (email, name, password_hash, created_at) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT ON CONSTRAINT person_email_is_unique DO NOTHING RETURNING id",
        (one.email, one.name, new_hash, now),
    )
    if not rows:  # registered with another organisation's slip between the two doors
        raise AcceptanceRefused
    return _Owner(int(rows[0]["id"]), one.name, new_hash, enabled=True)


async def _join(context: TenantContext, person_id: int, role: Role, wanted: Standing, now: datetime) -> None:
    """Begins the role, or begins it again where the person once had it."""
    rows = await current_door().execute(
        f"SELECT {MEMBERSHIP_COLUMNS} FROM membership "  # noqa: S608  (our own columns)
        "WHERE tenant_id = $1 AND person_id = $2 AND role = $3 FOR UPDATE",
        (context.tenant_id, person_id, role.value),
    )
    if not rows:
        await give_role(context, person_id, context.tenant_id, role, wanted.valid_from, wanted.valid_to)
        return
    await _again(context, membership_line(rows[0]), wanted, now)


async def _again(context: TenantContext, line: MembershipLine, wanted: Standing, now: datetime) -> None:
    old = line.standing
    if old.suspended and not old.ended_on(now.date()):
        return  # an administrator stopped it; an older slip does not undo that
    goes_on = not old.ended_on(now.date())
    first = min(old.valid_from, wanted.valid_from) if goes_on else wanted.valid_from
    await put_standing(context, line, Standing(first, wanted.valid_to), "", now)


async def _note_failure(one: InvitationView, count: Count, origin: Origin) -> None:
    """Tells the organisation of too many tries with its slip; the same whether or not the address is known."""
    context = _self(one, _Owner(0, "サインイン前", "", enabled=True), origin)
    await record_lock(lambda _: context, [one.tenant_id], Subject("invitation", one.id, one.name), count)


def _self(one: InvitationView, owner: _Owner, origin: Origin) -> TenantContext:
    """The invited person, in the first of the roles, for the inviting organisation's trail."""
    return TenantContext(
        one.tenant_id, "", one.tenant_name, one.roles[0], owner.id, owner.name, origin.request_id, origin.address
    )
