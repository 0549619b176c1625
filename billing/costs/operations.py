"""Writes of costs: post one (pages and other floors alike), change it, delete it."""

import json
from dataclasses import asdict
from typing import Any

from billing.costs import queries
from billing.costs.rules import PAGE_SOURCE, CostInput, CostView, check_cost, content_sha256
from billing.costs.tables import Cost
from billing.costs.tariffs.rules import Definition, used_basis_id
from billing.keys import queries as keys
from billing.programs import queries as programs
from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.database.versions import lock_version
from tenants.errors import Conflict, Invalid

_LONGEST_REFERENCE = 200
_POST = (
    "INSERT INTO cost (tenant_id, program_id, name, amount_yen, revenue_yen, tax_rate, eligible, charge_kind, key_id, "
    "member_id, tariff, source, reference, posted_sha256, version) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1) "
    "ON CONFLICT ON CONSTRAINT cost_posted_once DO NOTHING RETURNING id"
)

_HOLD_BASIS = "SELECT id FROM basis WHERE program_id = $1 AND id = $2 FOR SHARE"


class PostedOtherwise(Conflict):
    """The same source and reference was posted before with other content."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "already-posted",
            f"この経費は、別の内容ですでに計上されています(「{name}」)。計上済みの経費を確かめてください。",
        )


class CostInUse(Conflict):
    """The cost cannot go while grants list it."""

    def __init__(self, cost_name: str, grant_names: list[str]) -> None:
        names = "".join(f"「{name}」" for name in grant_names)
        super().__init__(
            "cost-in-use",
            f"経費「{cost_name}」は交付金{names}の対象になっているため、削除できません。先に交付金を変えてください。",
        )


async def post_cost(
    context: TenantContext,
    program_id: int,
    *,
    source: str,
    reference: str,
    name: str,
    amount_yen: int,
    charge_kind: str,
    key_id: int | None = None,
    member_id: int | None = None,
    revenue_yen: int = 0,
    tax_rate: str = "10/100",
    eligible: bool = False,
    tariff: Definition | None = None,
) -> int:
    """Will enter a cost (yen, tax included) once per ``source`` and ``reference`` of the program and return its id.

    Posting the same content again returns the same id and writes nothing, also when a person has changed the cost on
    its page since. ``member_id`` is a tenant id. Raises NotFound for an unknown program, Invalid by form field,
    PostedOtherwise for content other than what was posted first.
    """
    if not source or not reference or len(source) + len(reference) > _LONGEST_REFERENCE:
        raise Invalid("bad-reference", "経費の出所と参照番号を確かめてください。")
    cost = CostInput(name, amount_yen, revenue_yen, tax_rate, eligible, charge_kind, key_id, member_id, tariff)
    posted_sha256 = content_sha256(cost)
    before = await queries.posted(program_id, source, reference)
    if before is None:
        await _check(program_id, cost)
        arguments = (context.tenant_id, program_id, *_columns(cost).values(), source, reference, posted_sha256)
        rows = await current_door().execute(_POST, arguments)
        before = None if rows else await queries.posted(program_id, source, reference)
    if before is not None:
        if before.posted_sha256 != posted_sha256:
            raise PostedOtherwise(before.name)
        return before.id
    cost_id = int(rows[0]["id"])
    after = {**asdict(cost), **({} if source == PAGE_SOURCE else {"source": source, "reference": reference})}
    await record(context, "post_cost", Subject("cost", cost_id, name), after=after)
    return cost_id


async def change_cost(context: TenantContext, program_id: int, cost_id: int, cost: CostInput, version: int) -> None:
    """Will change a cost; runs made before keep their frozen case. Raises NotFound, EditedMeanwhile, Invalid."""
    before = await queries.cost(program_id, cost_id)
    await lock_version(Cost, cost_id, version)
    await _check(program_id, cost)
    values: dict[Any, Any] = {**_columns(cost), "version": version + 1}
    await Cost.update(values).where(Cost.id == cost_id)
    await record(
        context,
        "change_cost",
        Subject("cost", cost_id, cost.name),
        before=asdict(before.content),
        after=asdict(cost),
    )


async def delete_cost(context: TenantContext, program_id: int, cost_id: int, version: int) -> None:
    """Will delete a cost. Raises NotFound, EditedMeanwhile, CostInUse."""
    before: CostView = await queries.cost(program_id, cost_id)
    await lock_version(Cost, cost_id, version)
    if grant_names := await queries.grants_counting(program_id, cost_id):
        raise CostInUse(before.name, grant_names)
    await Cost.delete().where(Cost.id == cost_id)
    await record(
        context,
        "delete_cost",
        Subject("cost", cost_id, before.name),
        before={**asdict(before.content), "source": before.source, "reference": before.reference},
    )


async def _check(program_id: int, cost: CostInput) -> None:
    program = await programs.program(program_id)
    key_ids = {one.id for one in await keys.keys(program.id)}
    basis_ids = await _held_basis(program.id, cost)
    check_cost(cost, key_ids, {one.tenant_id for one in await programs.members(program.id)}, basis_ids)


async def _held_basis(program_id: int, cost: CostInput) -> set[int]:
    """Keeps the tariff's basis until the end of the transaction: the JSON column has no foreign key."""
    arguments = (program_id, used_basis_id(cost.tariff))
    rows = await current_door().execute(_HOLD_BASIS, arguments)
    return {int(row["id"]) for row in rows}


def _columns(cost: CostInput) -> dict[str, Any]:
    """The cost as its columns take it."""
    tariff = None if cost.tariff is None else json.dumps(cost.tariff, ensure_ascii=False)
    return {**asdict(cost), "tariff": tariff}
