"""Hands a leaving person's open work to the successor once the transfer takes effect; slices say what can be given."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.people import queries as people
from tenants.transfers import queries
from tenants.transfers.operations import lock_transfer
from tenants.transfers.queries import LineView
from tenants.web.modules import Handover

_HANDOVERS: list[Handover] = []
"""What can be handed over; the assembly registers it from the list of slices."""


def register_handovers(handovers: Iterable[Handover]) -> None:
    """Says once, at start, what the slices can hand over."""
    _HANDOVERS[:] = list(handovers)


async def open_work(context: TenantContext, person_id: int) -> dict[str, int]:
    """How much of each kind waits for the person."""
    return {one.label: found for one in _HANDOVERS if (found := await one.count(context, person_id))}


async def hand_over(context: TenantContext, transfer_id: int, now: datetime) -> int:
    """Will move the open work of everybody in the batch who names a successor, and return how many pieces moved.

    Does nothing before the batch's day, nor a second time.
    """
    one = await lock_transfer(context, transfer_id)
    if one.state != "applied" or one.handed_over_at is not None or now.date() < one.effective_on:
        return 0
    lines = [line for line in await queries.lines(context.tenant_id, transfer_id) if line.successor_id]
    names = await people.names_of([line.successor_id for line in lines if line.successor_id])
    moved = 0
    for line in lines:
        counts = await _hand_over_line(context, line, {person: name for person, (name, _) in names.items()}, now)
        moved += sum(counts.values())
    await current_door().execute(
        "UPDATE transfer SET handed_over_at = $3 WHERE tenant_id = $1 AND id = $2",
        (context.tenant_id, transfer_id, now),
    )
    await record(context, "hand_over", Subject("transfer", transfer_id, one.title), after={"pieces": moved})
    return moved


async def _hand_over_line(
    context: TenantContext, line: LineView, names: Mapping[int, str], now: datetime
) -> dict[str, int]:
    if line.person_id is None or line.successor_id is None:
        return {}
    counts = {}
    for one in _HANDOVERS:
        moved = await one.move(context, line.person_id, line.successor_id, names[line.successor_id], now.date())
        if moved:
            counts[one.label] = moved
    await current_door().execute(
        "UPDATE transfer_line SET handed_over = $3::jsonb WHERE tenant_id = $1 AND id = $2",
        (context.tenant_id, line.id, json.dumps(counts, ensure_ascii=False)),
    )
    if counts:
        await record(
            context,
            "hand_over",
            Subject("person", line.person_id, line.name),
            after={"successor": names[line.successor_id], **counts},
        )
    return counts
