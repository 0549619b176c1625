"""Writes of people: give a role, change or end it, stop a person and let them go on; by the organisation's own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from tenants.access.operations import give_role
from tenants.audit.trail import Subject, record
from tenants.context import Role, TenantContext
from tenants.database.transaction import as_identity, rows_may_be_missing
from tenants.database.versions import EditedMeanwhile
from tenants.errors import Conflict, Invalid, NotFound
from tenants.people import queries
from tenants.people.queries import MEMBERSHIP_COLUMNS, membership_line
from tenants.people.rules import (
    OUTSIDERS,
    MembershipLine,
    Standing,
    administrator_role,
    check_somebody_administers,
    roles_of,
)

_UPDATE = """
UPDATE membership SET valid_from = $4, valid_to = $5, paused_from = $6, paused_to = $7, suspended_at = $8,
       suspended_reason = $9, version = version + 1
 WHERE tenant_id = $1 AND id = $2 AND version = $3 RETURNING id
"""
_DAY = timedelta(days=1)


class OwnMembership(Conflict):
    """Administrators stop others, not themselves: a slip of the hand would lock them out at once."""

    def __init__(self) -> None:
        super().__init__("own-membership", "自分自身を停止することはできません。ほかの管理者に頼んでください。")


async def begin_role(
    context: TenantContext, person_id: int, role: Role, valid_from: date, valid_to: date | None, now: datetime
) -> int:
    """Will give a person of the organisation a further role and return the membership's id.

    A role the person had before begins again. Raises NotFound for a person of another organisation, Invalid for a role
    the organisation does not give (unknown-role), one already held (role-taken), or an outsider without a last day.
    """
    check_role(context.tenant_id, role, valid_from, valid_to)
    lines = await queries.memberships(context.tenant_id, person_id)
    if not lines:
        raise NotFound
    before = next((one for one in lines if one.role is role), None)
    if before is not None and not before.standing.ended_on(now.date()):
        message = "この人はすでに同じ役割を持っています。"
        raise Invalid("role-taken", message, {"role": message})
    return await admit(context, person_id, role, Standing(valid_from, valid_to), before, now)


async def admit(
    context: TenantContext, person_id: int, role: Role, standing: Standing, before: MembershipLine | None, now: datetime
) -> int:
    """Will let the person act in ``role`` as ``standing`` says: a new membership, or the one ``before`` again."""
    if before is not None:
        await put_standing(context, before, standing, "", now)
        return before.id
    async with as_identity():
        return await give_role(context, person_id, context.tenant_id, role, standing.valid_from, standing.valid_to)


async def change_period(
    context: TenantContext, membership_id: int, valid_from: date, valid_to: date | None, version: int, now: datetime
) -> int:
    """Will change from when to when a role holds; returns the person's id.

    Raises NotFound, EditedMeanwhile, LastAdministrator, Invalid for an outsider without a last day.
    """
    line = await _unchanged(context, membership_id, version)
    check_role(context.tenant_id, line.role, valid_from, valid_to)
    after = replace(line.standing, valid_from=valid_from, valid_to=valid_to)
    await keep_an_administrator(context, {line.id: after}, now.date())
    await put_standing(context, line, after, line.suspended_reason, now)
    return line.person_id


async def change_role(
    context: TenantContext, membership_id: int, role: Role, from_day: date, version: int, now: datetime
) -> int:
    """Will end a role the day before ``from_day`` and begin another that day, until the same last day.

    Returns the person's id. Raises NotFound, EditedMeanwhile, LastAdministrator, Invalid (same-role, role-taken).
    """
    line = await _unchanged(context, membership_id, version)
    if role is line.role:
        message = "いまと同じ役割です。"
        raise Invalid("same-role", message, {"role": message})
    if from_day < now.date():
        message = "今日か、それより後の日を入力してください。"
        raise Invalid("past-date", message, {"from_day": message})
    until = line.standing.valid_to
    check_role(context.tenant_id, role, from_day, until)
    ended = replace(line.standing, valid_to=max(from_day, line.standing.valid_from) - _DAY)
    await keep_an_administrator(
        context, {line.id: ended}, now.date(), adding=[Standing(from_day, until)] if _administers(context, role) else []
    )
    await put_standing(context, line, ended, line.suspended_reason, now)
    await begin_role(context, line.person_id, role, from_day, until, now)
    return line.person_id


async def end_role(context: TenantContext, membership_id: int, version: int, now: datetime) -> int:
    """Will make today the last day of a role; returns the person's id. One that has not begun is called off.

    Raises NotFound, EditedMeanwhile, LastAdministrator, Conflict (ended-already).
    """
    line = await _unchanged(context, membership_id, version)
    if line.standing.ended_on(now.date()):
        raise Conflict("ended-already", "この役割はすでに終わっています。")
    last_day = now.date() if line.standing.valid_from <= now.date() else line.standing.valid_from - _DAY
    after = replace(line.standing, valid_to=last_day)
    await keep_an_administrator(context, {line.id: after}, now.date())
    await put_standing(context, line, after, line.suspended_reason, now)
    return line.person_id


async def suspend_person(context: TenantContext, person_id: int, reason: str, now: datetime) -> None:
    """Will stop every role of the person in this organisation at once and end the sessions that act for it.

    Other organisations' roles of the same person go on. Raises NotFound, OwnMembership, LastAdministrator.
    """
    if person_id == context.person_id:
        raise OwnMembership
    lines = [one for one in await _lines(context, person_id) if not one.standing.ended_on(now.date())]
    if not lines:
        raise NotFound
    await suspend_lines(context, lines, reason, now)


async def suspend_lines(
    context: TenantContext, lines: Sequence[MembershipLine], reason: str, now: datetime
) -> list[MembershipLine]:
    """Will stop these memberships at once; returns those that were not stopped before. Raises LastAdministrator."""
    going = [one for one in lines if not one.standing.suspended]
    after = {one.id: replace(one.standing, suspended=True) for one in going}
    await keep_an_administrator(context, after, now.date())
    for line in going:
        await put_standing(context, line, after[line.id], reason, now, action="suspend_membership")
    await end_sessions_through(context, [one.id for one in lines])
    return going


async def resume_person(context: TenantContext, person_id: int, now: datetime) -> None:
    """Will let a stopped person go on in this organisation. Raises NotFound, Conflict (not-suspended)."""
    lines = await _lines(context, person_id)
    if not lines:
        raise NotFound
    stopped = [one for one in lines if one.standing.suspended]
    if not stopped:
        raise Conflict("not-suspended", "この人は停止されていません。画面を開き直してください。")
    for line in stopped:
        await put_standing(context, line, replace(line.standing, suspended=False), "", now, action="resume_membership")


async def put_standing(
    context: TenantContext,
    line: MembershipLine,
    after: Standing,
    suspended_reason: str,
    now: datetime,
    *,
    action: str = "change_membership",
) -> None:
    """Will write a membership's dates and stop; raises EditedMeanwhile when it was changed since ``line`` was read."""
    async with as_identity() as door, rows_may_be_missing(door):
        rows = await door.execute(
            _UPDATE,
            (
                context.tenant_id,
                line.id,
                line.version,
                after.valid_from,
                after.valid_to,
                after.paused_from,
                after.paused_to,
                now if after.suspended else None,
                suspended_reason if after.suspended else "",
            ),
        )
    if not rows:
        raise EditedMeanwhile
    await record(
        context,
        action,
        Subject("membership", line.id, line.role.label),
        before={"person_id": line.person_id, **told(line.standing), "reason": line.suspended_reason},
        after={"person_id": line.person_id, **told(after), "reason": suspended_reason},
    )


async def end_sessions_through(context: TenantContext, membership_ids: Sequence[int]) -> None:
    """Will end the sessions that act through these memberships; the next request of such a browser signs in."""
    async with as_identity() as door, rows_may_be_missing(door):
        await door.execute(
            "DELETE FROM session WHERE membership_tenant_id = $1 AND membership_id = ANY($2)",
            (context.tenant_id, list(membership_ids)),
        )


def check_role(tenant_id: int, role: Role, valid_from: date, valid_to: date | None) -> None:
    """Raises Invalid for a role the organisation does not give, a period backwards, an outsider without a last day."""
    if role not in roles_of(tenant_id):
        message = "この団体では使えない役割です。"
        raise Invalid("unknown-role", message, {"role": message})
    if valid_to is not None and valid_to < valid_from:
        message = "終了日は開始日より後にしてください。"
        raise Invalid("bad-period", message, {"valid_to": message})
    if role in OUTSIDERS and valid_to is None:
        message = f"{role.label}には終了日が必要です。"
        raise Invalid("end-required", message, {"valid_to": message})


def told(standing: Standing) -> dict[str, object]:
    """A standing as the trail shows it."""
    pause = {"paused_from": standing.paused_from, "paused_to": standing.paused_to} if standing.paused_from else {}
    period = {"valid_from": standing.valid_from, "valid_to": standing.valid_to}
    return {**period, **pause, "suspended": standing.suspended}


def _administers(context: TenantContext, role: Role) -> bool:
    return role is administrator_role(context.tenant_id)


async def _unchanged(context: TenantContext, membership_id: int, version: int) -> MembershipLine:
    line = await queries.membership(context.tenant_id, membership_id)
    if line.version != version:
        raise EditedMeanwhile
    return line


async def _lines(context: TenantContext, person_id: int) -> list[MembershipLine]:
    """The person's memberships; who changes one of them meanwhile makes ``put_standing`` refuse."""
    return await queries.memberships(context.tenant_id, person_id)


async def keep_an_administrator(
    context: TenantContext, changes: Mapping[int, Standing], today: date, *, adding: Sequence[Standing] = ()
) -> None:
    """Raises LastAdministrator; locks the administrators, so that two cannot remove each other at the same time."""
    role = administrator_role(context.tenant_id)
    async with as_identity() as door:
        rows = await door.execute(
            f"SELECT {MEMBERSHIP_COLUMNS} FROM membership WHERE tenant_id = $1 AND role = $2 "  # noqa: S608
            "AND person_id IN (SELECT id FROM person WHERE disabled_at IS NULL) ORDER BY id FOR UPDATE",
            (context.tenant_id, role.value),
        )
    lines = [membership_line(row) for row in rows]
    if not any(line.id in changes for line in lines):
        return
    after = [changes.get(line.id, line.standing) for line in lines]
    check_somebody_administers([line.standing for line in lines], [*after, *adding], today)
