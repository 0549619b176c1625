"""Writes of resets: one administrator asks with a reason, another confirms; the person is told."""

from datetime import datetime
from pathlib import Path

from tenants.access.attempts.operations import forget_attempts
from tenants.access.attempts.rules import Kind
from tenants.access.links.operations import issue_link
from tenants.access.links.rules import Purpose
from tenants.access.operations import end_sessions
from tenants.access.resets.queries import administrators_of, guarded, open_reset
from tenants.access.resets.rules import ResetView, What, check_may_ask, check_may_decide, needs_prefecture
from tenants.access.rules import normalise_email
from tenants.access.tables import AccessReset, Person
from tenants.audit.trail import Subject, record
from tenants.context import PREFECTURE_TENANT_ID, TenantContext
from tenants.database.transaction import as_identity
from tenants.mail.operations import notify
from tenants.mail.rules import MailTemplate
from tenants.second_factor.operations import take_away

_MAIL = Path(__file__).parents[1] / "templates" / "access" / "mail"
ASKED, DONE = MailTemplate(_MAIL / "reset_asked.txt"), MailTemplate(_MAIL / "reset_done.txt")


async def ask_reset(context: TenantContext, person_id: int, what: What, reason: str, now: datetime) -> int:
    """Will ask a second administrator to reset the person's password or second factor; returns the request's id.

    Raises NotFound for a person who is not the administrator's to look after, Conflict for oneself and for a request
    that waits already, NotAllowed for the prefecture's people.
    """
    person = await guarded(context, person_id, now)
    check_may_ask(context, person)
    alone = needs_prefecture(context, person, await administrators_of(person.tenant_id, now.date()))
    rows = await AccessReset.insert(
        AccessReset(
            tenant_id=person.tenant_id,
            person_id=person_id,
            person_name=person.name,
            what=what.value,
            reason=reason,
            needs_prefecture=alone,
            asked_by_id=context.person_id,
            asked_by_name=context.person_name,
            asked_at=now,
        )
    )
    reset_id = int(rows[0]["id"])
    await record(
        context,
        "ask_access_reset",
        Subject("person", person_id, person.name),
        after={"what": what.label, "reason": reason, "needs_prefecture": alone},
        tenant_id=person.tenant_id,
    )
    tenant_id = PREFECTURE_TENANT_ID if alone else person.tenant_id
    others = [one for one in await administrators_of(tenant_id, now.date()) if one != context.person_id]
    if tenant_id == context.tenant_id:  # a town cannot write the prefecture's notices: there it waits on the page
        values = {"asked_by": context.person_name, "person": person.name, "what": what.label}
        await notify(context, others, ASKED, values, f"/access/resets/{reset_id}", now, digest=False)
    return reset_id


async def confirm_reset(context: TenantContext, reset_id: int, now: datetime) -> tuple[ResetView, str]:
    """Will do what was asked, as the second person; returns the request and, for a password, the link's token.

    The token is known only here: it goes onto the slip and nowhere else. Every session of the person ends. Raises
    NotFound, Conflict (same-person, reset-over), NotAllowed.
    """
    reset = await _decide(context, reset_id, "done", now)
    token = ""
    if reset.what is What.PASSWORD:
        token = await issue_link(context, reset.person_id, Purpose.RESET, now)
    async with as_identity():
        person = await Person.select(Person.email).where(Person.id == reset.person_id).first()
        if reset.what is What.SECOND_FACTOR:
            await take_away(reset.person_id)
        await end_sessions(reset.person_id)
        if person is not None:
            await forget_attempts(Kind.PASSWORD, normalise_email(person["email"]))
        await forget_attempts(Kind.SECOND_FACTOR, str(reset.person_id))
    about = Subject("person", reset.person_id, reset.person_name)
    await record(context, "confirm_access_reset", about, after=_facts(reset), tenant_id=reset.tenant_id)
    values = {"asked_by": reset.asked_by_name, "confirmed_by": context.person_name, "what": reset.what.label}
    await notify(context, [reset.person_id], DONE, values, "/me", now, digest=False, tenant_id=reset.tenant_id)
    return reset, token


async def decline_reset(context: TenantContext, reset_id: int, now: datetime) -> None:
    """Will refuse a request; nothing changes for the person."""
    reset = await _decide(context, reset_id, "declined", now)
    about = Subject("person", reset.person_id, reset.person_name)
    await record(context, "decline_access_reset", about, after=_facts(reset), tenant_id=reset.tenant_id)


async def _decide(context: TenantContext, reset_id: int, state: str, now: datetime) -> ResetView:
    reset = await open_reset(context, reset_id)
    check_may_decide(reset, context, now)
    # Of two at once the second hits no row any more and is NotFound.
    await AccessReset.update(
        {
            AccessReset.state: state,
            AccessReset.decided_by_id: context.person_id,
            AccessReset.decided_by_name: context.person_name,
            AccessReset.decided_at: now,
        }
    ).where((AccessReset.tenant_id == reset.tenant_id) & (AccessReset.id == reset_id) & (AccessReset.state == "asked"))
    return reset


def _facts(reset: ResetView) -> dict[str, str]:
    return {"what": reset.what.label, "reason": reset.reason, "asked_by": reset.asked_by_name}
