"""Undoes an applied transfer as one, or says what has come to depend on it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from tenants.audit.trail import Subject, record
from tenants.calendar import JST
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.errors import Conflict
from tenants.people import queries as people
from tenants.people.invitations.operations import withdraw
from tenants.people.invitations.queries import invitations
from tenants.people.operations import keep_an_administrator, put_standing
from tenants.people.rules import MembershipLine, Standing
from tenants.transfers import queries
from tenants.transfers.operations import lock_transfer
from tenants.transfers.queries import LineView, TransferView
from tenants.transfers.rules import DAY

_SHOWN = 5
"""Names in one sentence; the person then knows where to look."""


class CannotUndo(Conflict):
    """Something happened since that the old state would contradict."""

    def __init__(self, reason: str) -> None:
        super().__init__("transfer-depended-on", f"この異動は取り消せません。{reason}")


async def undo_transfer(context: TenantContext, transfer_id: int, reason: str, now: datetime) -> None:
    """Will put every person of the batch back as they were before it and withdraw its invitations.

    Raises NotFound, CannotUndo with what depends on it, LastAdministrator.
    """
    one = await lock_transfer(context, transfer_id)
    if one.state != "applied":
        raise CannotUndo("反映されていないか、すでに取り消されています。")
    lines = [line for line in await queries.lines(context.tenant_id, transfer_id) if line.done]
    current = {line.id: line for line in await people.memberships(context.tenant_id)}
    await _check_nothing_depends(context, one, lines, current, now)
    backs = [(current[act["id"]], _before(act, current[act["id"]])) for line in lines for act in _acts(line)]
    await keep_an_administrator(context, {line.id: standing for line, (standing, _) in backs}, now.date())
    for line, (standing, why) in backs:
        await put_standing(context, line, standing, why, now, action="undo_transfer_of_person")
    for each in lines:
        if each.done and each.done["invitation_id"]:
            await withdraw(context, each.done["invitation_id"], now)
    await current_door().execute(
        "UPDATE transfer SET state = 'undone', undone_by_name = $3, undone_at = $4, undone_reason = $5, "
        "version = version + 1 WHERE tenant_id = $1 AND id = $2",
        (context.tenant_id, transfer_id, context.person_name, now, reason),
    )
    await record(context, "undo_transfer", Subject("transfer", transfer_id, one.title), after={"reason": reason})


async def _check_nothing_depends(
    context: TenantContext,
    one: TransferView,
    lines: Sequence[LineView],
    current: dict[int, MembershipLine],
    now: datetime,
) -> None:
    if any(sum((line.handed_over or {}).values()) for line in await queries.lines(context.tenant_id, one.id)):
        raise CannotUndo("引き継ぎがすでに行われています。")
    changed = [line.name for line in lines if any(current[act["id"]].version != act["version"] for act in _acts(line))]
    if changed:
        raise CannotUndo(f"反映のあとに役割が変えられた人がいます: {_names(changed)}。")
    ids = [line.done["invitation_id"] for line in lines if line.done and line.done["invitation_id"]]
    answered = [each.name for each in await invitations(context.tenant_id, ids) if each.state != "open"]
    if answered:
        raise CannotUndo(f"招待をすでに受けた人、または招待が取り下げられた人がいます: {_names(answered)}。")
    begins = datetime.combine(one.effective_on, time(), JST)
    acted = await _acted(context.tenant_id, lines, begins) if begins <= now else []
    if acted:
        raise CannotUndo(f"新しい役割ですでに操作した人がいます: {_names(acted)}。")


async def _acted(tenant_id: int, lines: Sequence[LineView], begins: datetime) -> list[str]:
    """Who has done something in a role the batch gave."""
    begun = [(line.person_id, act["role"]) for line in lines for act in _acts(line) if act["begins"]]
    if not begun:
        return []
    rows = await current_door().execute(
        "SELECT DISTINCT e.person_name FROM audit_event e "
        "JOIN unnest($2::bigint[], $3::text[]) AS b (person_id, role) ON b.person_id = e.person_id AND b.role = e.role "
        "WHERE e.tenant_id = $1 AND e.occurred_at >= $4 AND e.action NOT IN ('sign_in', 'sign_out', 'act_as') "
        "ORDER BY e.person_name",
        (tenant_id, [person for person, _ in begun], [role for _, role in begun], begins),
    )
    return [row["person_name"] for row in rows]


def _before(act: dict[str, Any], line: MembershipLine) -> tuple[Standing, str]:
    """The standing before the batch and the reason of a stop; a membership it began is called off."""
    old = act["before"]
    if old is None:
        return replace(line.standing, valid_to=line.standing.valid_from - DAY), ""
    standing = Standing(
        valid_from=date.fromisoformat(old["valid_from"]),
        valid_to=_day(old["valid_to"]),
        paused_from=_day(old["paused_from"]),
        paused_to=_day(old["paused_to"]),
        suspended=old["suspended"],
    )
    return standing, old["reason"]


def _acts(line: LineView) -> list[dict[str, Any]]:
    return list(line.done["memberships"]) if line.done else []


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _names(names: Sequence[str]) -> str:
    shown = "、".join(names[:_SHOWN])
    return f"{shown} ほか{len(names) - _SHOWN}人" if len(names) > _SHOWN else shown
