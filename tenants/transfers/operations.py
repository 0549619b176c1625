"""Writes of transfers: check a file against the present people, look again, throw away."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import rows_may_be_missing
from tenants.database.versions import EditedMeanwhile
from tenants.errors import Conflict, Invalid
from tenants.fingerprint import sha256_of
from tenants.transfers import queries
from tenants.transfers.planning import Plan, plan_lines
from tenants.transfers.queries import TransferView
from tenants.transfers.rules import Kind

MOST_LINES = 2_000
"""Four times the largest town's users; more lines are another file by mistake."""
_COUNTS = ("new", "change", "end", "same", "wrong")
_INSERT_LINES = """
INSERT INTO transfer_line (tenant_id, transfer_id, number, email, name, kind, cells, faults, difference, person_id,
                           successor_id)
SELECT $1, $2, number, email, name, kind, cells::jsonb, faults::jsonb, difference, person_id, successor_id
  FROM unnest($3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bigint[],
              $11::bigint[])
    AS l (number, email, name, kind, cells, faults, difference, person_id, successor_id)
"""
Row = tuple[int, Mapping[str, str]]


class NotWaiting(Conflict):
    """The batch was applied, undone or thrown away meanwhile."""

    def __init__(self) -> None:
        super().__init__(
            "transfer-not-waiting", "この異動は、すでに反映されたか破棄されています。画面を開き直してください。"
        )


async def check_transfer(
    context: TenantContext, title: str, effective: date, rows: Sequence[Row], now: datetime
) -> int:
    """Will note what the rows of a file would do on ``effective`` and return the batch's id; nothing changes yet.

    Raises Invalid for no rows, too many, or a day before today.
    """
    if not rows:
        message = "異動の行が見つかりません。見出しの行と、1人1行のデータが必要です。"
        raise Invalid("no-rows", message, {"file": message})
    if len(rows) > MOST_LINES:
        message = f"一度に扱えるのは{MOST_LINES:,}行までです(いまは{len(rows):,}行)。"
        raise Invalid("too-many-rows", message, {"file": message})
    if effective < now.date():
        message = "異動の日は、今日か、それより後にしてください。"
        raise Invalid("past-date", message, {"effective_on": message})
    plan = plan_lines(rows, await queries.situation(context.tenant_id, effective, now.date()))
    inserted = await current_door().execute(
        "INSERT INTO transfer (tenant_id, title, effective_on, content_sha256, line_count, new_count, change_count, "
        "end_count, same_count, wrong_count, fault, made_by_id, made_by_name, made_at) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING id",
        (
            context.tenant_id,
            title,
            effective,
            content_sha256(effective, rows),
            len(rows),
            *(plan.count(Kind(one)) for one in _COUNTS),
            plan.fault,
            context.person_id,
            context.person_name,
            now,
        ),
    )
    transfer_id = int(inserted[0]["id"])
    await _write_lines(context, transfer_id, rows, plan)
    await record(
        context,
        "check_transfer",
        Subject("transfer", transfer_id, title),
        after={"effective_on": effective, **{one: plan.count(Kind(one)) for one in _COUNTS}},
    )
    return transfer_id


def content_sha256(effective: date, rows: Sequence[Row]) -> str:
    """The fingerprint of what a file says, whatever the file's own bytes are."""
    said = [effective.isoformat(), [dict(cells) for _, cells in rows]]
    return sha256_of(json.dumps(said, ensure_ascii=False, sort_keys=True).encode())


async def check_again(context: TenantContext, transfer_id: int, version: int, now: datetime) -> None:
    """Will compare a waiting batch with the present people anew. Raises NotFound, EditedMeanwhile, NotWaiting."""
    one = await lock_waiting(context, transfer_id, version)
    lines = await queries.lines(context.tenant_id, transfer_id)
    rows: list[Row] = [(line.number, line.cells) for line in lines]
    plan = plan_lines(rows, await queries.situation(context.tenant_id, one.effective_on, now.date()))
    await current_door().execute(
        "DELETE FROM transfer_line WHERE tenant_id = $1 AND transfer_id = $2", (context.tenant_id, transfer_id)
    )
    await _write_lines(context, transfer_id, rows, plan)
    await current_door().execute(
        "UPDATE transfer SET new_count = $3, change_count = $4, end_count = $5, same_count = $6, wrong_count = $7, "
        "fault = $8, version = version + 1 WHERE tenant_id = $1 AND id = $2",
        (context.tenant_id, transfer_id, *(plan.count(Kind(name)) for name in _COUNTS), plan.fault),
    )
    await record(
        context,
        "check_transfer",
        Subject("transfer", transfer_id, one.title),
        after={name: plan.count(Kind(name)) for name in _COUNTS},
    )


async def discard(context: TenantContext, transfer_id: int, version: int) -> None:
    """Will throw a waiting batch away. Raises NotFound, EditedMeanwhile, NotWaiting."""
    one = await lock_waiting(context, transfer_id, version)
    await set_state(context, transfer_id, "discarded")
    await record(context, "discard_transfer", Subject("transfer", transfer_id, one.title))


async def lock_waiting(context: TenantContext, transfer_id: int, version: int) -> TransferView:
    """The batch, locked until the end of the transaction; raises NotFound, EditedMeanwhile, NotWaiting."""
    one = await lock_transfer(context, transfer_id)
    if one.state != "checked":
        raise NotWaiting
    if one.version != version:
        raise EditedMeanwhile
    return one


async def lock_transfer(context: TenantContext, transfer_id: int) -> TransferView:
    """The batch, locked until the end of the transaction; raises NotFound."""
    await current_door().execute(
        "SELECT 1 FROM transfer WHERE tenant_id = $1 AND id = $2 FOR UPDATE", (context.tenant_id, transfer_id)
    )
    return await queries.transfer(context.tenant_id, transfer_id)


async def set_state(context: TenantContext, transfer_id: int, state: str) -> None:
    """Will move the batch on."""
    await current_door().execute(
        "UPDATE transfer SET state = $3, version = version + 1 WHERE tenant_id = $1 AND id = $2",
        (context.tenant_id, transfer_id, state),
    )


async def _write_lines(context: TenantContext, transfer_id: int, rows: Sequence[Row], plan: Plan) -> None:
    door = current_door()
    async with rows_may_be_missing(door):
        await door.execute(
            _INSERT_LINES,
            (
                context.tenant_id,
                transfer_id,
                [one.number for one in plan.lines],
                [one.email for one in plan.lines],
                [one.name for one in plan.lines],
                [one.kind.value for one in plan.lines],
                [json.dumps(dict(cells), ensure_ascii=False) for _, cells in rows],
                [json.dumps(one.faults, ensure_ascii=False) for one in plan.lines],
                [one.difference for one in plan.lines],
                [one.person_id for one in plan.lines],
                [one.successor_id for one in plan.lines],
            ),
        )
