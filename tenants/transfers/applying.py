"""Applies a checked transfer as one: every membership, every invitation, in one transaction, or nothing."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import as_identity, rows_may_be_missing
from tenants.errors import Conflict
from tenants.jobs.operations import enqueue
from tenants.jobs.rules import Queue
from tenants.people.invitations.operations import write_invitations
from tenants.people.operations import told
from tenants.transfers import queries
from tenants.transfers.operations import lock_waiting, set_state
from tenants.transfers.planning import plan_lines
from tenants.transfers.queries import TransferView
from tenants.transfers.rules import Change, PlannedLine

APPLY_JOB = "tenants.transfers.apply"
JOB_FROM = 200
"""Lines that change something; up to here a person waits about a second, beyond it the work shows its progress."""
_UPDATE = """
UPDATE membership AS m
   SET valid_from = c.valid_from, valid_to = c.valid_to, paused_from = c.paused_from, paused_to = c.paused_to,
       suspended_at = CASE WHEN c.lift THEN NULL ELSE m.suspended_at END,
       suspended_reason = CASE WHEN c.lift THEN '' ELSE m.suspended_reason END, version = m.version + 1
  FROM unnest($2::bigint[], $3::int[], $4::date[], $5::date[], $6::date[], $7::date[], $8::boolean[])
    AS c (id, version, valid_from, valid_to, paused_from, paused_to, lift)
 WHERE m.tenant_id = $1 AND m.id = c.id AND m.version = c.version RETURNING m.id
"""
_INSERT = """
INSERT INTO membership (tenant_id, person_id, role, valid_from, valid_to)
SELECT $1, person_id, role, valid_from, valid_to
  FROM unnest($2::bigint[], $3::text[], $4::date[], $5::date[]) AS n (person_id, role, valid_from, valid_to)
RETURNING id, person_id, role
"""


class PlanChanged(Conflict):
    """The people changed after the file was checked, so what was shown is not what would happen."""

    def __init__(self) -> None:
        super().__init__(
            "transfer-changed",
            "確認したあとに利用者が変わりました。「もう一度確認する」を押して、違いを確かめてください。",
        )


class CannotApply(Conflict):
    """Something in the file is wrong."""

    def __init__(self, fault: str) -> None:
        super().__init__(
            "transfer-wrong", fault or "誤りのある行があるため反映できません。直したファイルを送り直してください。"
        )


async def apply_transfer(context: TenantContext, transfer_id: int, version: int, now: datetime) -> int | None:
    """Will apply a checked batch; answers the id of the job that does it when it is a big one.

    Raises NotFound, EditedMeanwhile, NotWaiting, CannotApply, PlanChanged.
    """
    one = await lock_waiting(context, transfer_id, version)
    if not one.can_apply:
        raise CannotApply(one.fault)
    if one.doing_count <= JOB_FROM:
        await carry_out(context, one, now)
        return None
    title = f"人事異動の反映: {one.title}"
    job_id = await enqueue(context, APPLY_JOB, title, {"transfer_id": one.id}, queue=Queue.SLOW, total=one.doing_count)
    await current_door().execute(
        "UPDATE transfer SET state = 'applying', job_id = $3, version = version + 1 WHERE tenant_id = $1 AND id = $2",
        (context.tenant_id, one.id, job_id),
    )
    await record(context, "start_transfer", Subject("transfer", one.id, one.title), after={"job_id": job_id})
    return job_id


async def put_back(context: TenantContext, transfer_id: int, title: str) -> None:
    """Will let people look at a batch again whose job could not apply it."""
    await set_state(context, transfer_id, "checked")
    await record(context, "stop_transfer", Subject("transfer", transfer_id, title))


async def carry_out(context: TenantContext, one: TransferView, now: datetime) -> None:
    """Will do everything the batch says in the present transaction. Raises PlanChanged, CannotApply."""
    async with as_identity() as door:  # nobody changes a membership until this is done
        await door.execute("SELECT 1 FROM membership WHERE tenant_id = $1 ORDER BY id FOR UPDATE", (context.tenant_id,))
    stored = await queries.lines(context.tenant_id, one.id)
    situation = await queries.situation(context.tenant_id, one.effective_on, now.date())
    plan = plan_lines([(line.number, line.cells) for line in stored], situation)
    if plan.fault:
        raise CannotApply(plan.fault)
    shown = [
        (line.number, line.email, line.kind, line.difference, tuple(sorted(line.faults.items()))) for line in stored
    ]
    if [line.key for line in plan.lines] != shown:
        raise PlanChanged
    done = await _change_memberships(context, plan.lines)
    newcomers = [line.invitation for line in plan.lines if line.invitation is not None]
    invited = await write_invitations(context, context.tenant_id, newcomers, now) if newcomers else {}
    await _note_what_was_done(context, one.id, plan.lines, done, invited)
    await current_door().execute(
        "UPDATE transfer SET state = 'applied', applied_by_id = $3, applied_by_name = $4, applied_by_role = $5, "
        "applied_at = $6, version = version + 1 WHERE tenant_id = $1 AND id = $2",
        (context.tenant_id, one.id, context.person_id, context.person_name, context.role.value, now),
    )
    await record(
        context,
        "apply_transfer",
        Subject("transfer", one.id, one.title),
        after={"effective_on": one.effective_on, "lines": one.doing_count, "sha256": one.content_sha256},
    )


async def _change_memberships(context: TenantContext, lines: Sequence[PlannedLine]) -> dict[int, list[dict[str, Any]]]:
    """What was done to each person's memberships, by line number."""
    changing = [(line, change) for line in lines for change in line.changes if change.held is not None]
    beginning = [(line, change) for line in lines for change in line.changes if change.held is None]
    begun: dict[tuple[int | None, str], int] = {}
    async with as_identity() as door:
        if changing:
            async with rows_may_be_missing(door):
                rows = await door.execute(_UPDATE, (context.tenant_id, *_columns([change for _, change in changing])))
            if len(rows) != len(changing):
                raise PlanChanged
        if beginning:
            inserted = await door.execute(
                _INSERT,
                (
                    context.tenant_id,
                    [line.person_id for line, _ in beginning],
                    [change.role.value for _, change in beginning],
                    [change.after.valid_from for _, change in beginning],
                    [change.after.valid_to for _, change in beginning],
                ),
            )
            begun = {(row["person_id"], row["role"]): row["id"] for row in inserted}
    done: dict[int, list[dict[str, Any]]] = {}
    for line, change in [*changing, *beginning]:
        held = change.held
        membership_id = held.id if held else begun[line.person_id, change.role.value]
        before = told(held.standing) if held else None
        await record(
            context,
            "transfer_person",
            Subject("membership", membership_id, f"{line.name} {change.role.label}"),
            before=before,
            after=told(change.after),
        )
        done.setdefault(line.number, []).append(
            {
                "id": membership_id,
                "role": change.role.value,
                "version": held.version + 1 if held else 1,
                "before": _stored(change) if held else None,
                "begins": begins_with(change),
            }
        )
    return done


def begins_with(change: Change) -> bool:
    """Whether the person gets a role they did not have the day before."""
    return change.held is None or change.after.valid_from != change.held.standing.valid_from


def _columns(changes: Sequence[Change]) -> tuple[list[Any], ...]:
    held = [change.held for change in changes if change.held is not None]
    after = [change.after for change in changes]
    return (
        [one.id for one in held],
        [one.version for one in held],
        [one.valid_from for one in after],
        [one.valid_to for one in after],
        [one.paused_from for one in after],
        [one.paused_to for one in after],
        [old.standing.suspended and not new.suspended for old, new in zip(held, after, strict=True)],
    )


def _stored(change: Change) -> dict[str, Any] | None:
    """The standing before, as it is put back when the batch is undone."""
    if change.held is None:
        return None
    old = change.held.standing
    days = (("valid_from", old.valid_from), ("valid_to", old.valid_to), ("paused_from", old.paused_from))
    written = {name: _iso(day) for name, day in (*days, ("paused_to", old.paused_to))}
    return {**written, "suspended": old.suspended, "reason": change.held.suspended_reason}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


async def _note_what_was_done(
    context: TenantContext,
    transfer_id: int,
    lines: Sequence[PlannedLine],
    done: dict[int, list[dict[str, Any]]],
    invited: dict[str, int],
) -> None:
    noted = [
        (
            line.number,
            {
                "memberships": done.get(line.number, []),
                "invitation_id": invited.get(line.email) if line.invitation is not None else None,
            },
        )
        for line in lines
        if line.number in done or line.invitation is not None
    ]
    if not noted:
        return
    await current_door().execute(
        "UPDATE transfer_line AS l SET done = n.done::jsonb FROM unnest($3::int[], $4::text[]) AS n (number, done) "
        "WHERE l.tenant_id = $1 AND l.transfer_id = $2 AND l.number = n.number",
        (context.tenant_id, transfer_id, [number for number, _ in noted], [json.dumps(one) for _, one in noted]),
    )
