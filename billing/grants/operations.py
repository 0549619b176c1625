"""Writes of grants: add one, change it, delete it, change the order of calculation."""

from dataclasses import asdict
from fractions import Fraction
from typing import Any

from billing.costs import queries as costs
from billing.grants import queries
from billing.grants.rules import NATIONAL, GrantInput, GrantView, ceiling_faults, ceiling_message, counts
from billing.grants.tables import GrantLine
from billing.programs import queries as programs
from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.database.versions import EditedMeanwhile, lock_version
from tenants.errors import Invalid, NotFound

DIRECTIONS = {"up": -1, "down": 1}


async def create_grant(context: TenantContext, program_id: int, grant: GrantInput) -> int:
    """Will add a grant after all others and return its id. Raises NotFound, Invalid beyond the national ceiling."""
    await _hold_program(program_id)
    others = await queries.grants(program_id)
    await _check(program_id, grant, others)
    position = max((one.position for one in others), default=0) + 1
    rows = await GrantLine.insert(
        GrantLine(tenant_id=context.tenant_id, program_id=program_id, position=position, version=1, **_columns(grant))
    )
    grant_id = int(rows[0]["id"])
    await record(context, "create_grant", Subject("grant_line", grant_id, grant.name), after=asdict(grant))
    return grant_id


async def change_grant(context: TenantContext, program_id: int, grant_id: int, grant: GrantInput, version: int) -> None:
    """Will change a grant; runs made before keep their frozen case. Raises NotFound, EditedMeanwhile, Invalid."""
    before = await queries.grant(program_id, grant_id)
    await _hold_program(program_id)
    await lock_version(GrantLine, grant_id, version)
    await _check(program_id, grant, [one for one in await queries.grants(program_id) if one.id != grant_id])
    values: dict[Any, Any] = {**_columns(grant), "version": version + 1}
    await GrantLine.update(values).where(GrantLine.id == grant_id)
    await record(
        context,
        "change_grant",
        Subject("grant_line", grant_id, grant.name),
        before=_facts(before),
        after=asdict(grant),
    )


async def delete_grant(context: TenantContext, program_id: int, grant_id: int, version: int) -> None:
    """Will delete a grant. Raises NotFound, EditedMeanwhile."""
    before = await queries.grant(program_id, grant_id)
    await lock_version(GrantLine, grant_id, version)
    await GrantLine.delete().where(GrantLine.id == grant_id)
    await record(context, "delete_grant", Subject("grant_line", grant_id, before.name), before=_facts(before))


async def move_grant(context: TenantContext, program_id: int, grant_id: int, direction: str, position: int) -> None:
    """Will change places with the grant before (``up``) or after (``down``).

    ``position`` is where the person saw it. Raises NotFound, EditedMeanwhile when it stands elsewhere by now,
    Invalid when there is nothing to change places with.
    """
    await _hold_program(program_id)
    in_order = await queries.grants(program_id)
    index = next((index for index, one in enumerate(in_order) if one.id == grant_id), None)
    if index is None:
        raise NotFound
    if in_order[index].position != position:
        raise EditedMeanwhile
    if direction not in DIRECTIONS:
        raise Invalid("bad-direction", "順番を上げるか下げるかを選んでください。")
    target = index + DIRECTIONS[direction]
    if not 0 <= target < len(in_order):
        raise Invalid("no-neighbour", "この交付金の順番は、これ以上変えられません。")
    one, other = in_order[index], in_order[target]
    # The unique constraint is checked row by row, so one of the two steps aside first.
    for moved, place in ((one, in_order[-1].position + 1), (other, one.position), (one, other.position)):
        await GrantLine.update({GrantLine.position: place}).where(GrantLine.id == moved.id)
    before = [grant.name for grant in in_order]
    in_order[index], in_order[target] = other, one
    await record(
        context,
        "move_grant",
        Subject("grant_line", grant_id, one.name),
        before={"order": before},
        after={"order": [grant.name for grant in in_order]},
    )


async def _check(program_id: int, grant: GrantInput, others: list[GrantView]) -> None:
    """The costs must still be there and eligible, and all national grants together stay within the ceiling."""
    program = await programs.program(program_id)
    all_costs = await costs.costs(program_id)
    fit = {one.id for one in all_costs if one.eligible}
    if grant.cost_ids is not None and not set(grant.cost_ids) <= fit:
        message = "選んだ経費に、補助対象でないものがあります。選び直してください。"
        raise Invalid("not-eligible", message, {"cost_ids": message})
    if grant.funder != NATIONAL:
        return
    ceiling = Fraction(program.settings.national_ceiling)
    # A cost this grant does not count is not its fault, whatever the others do.
    counted = [one for one in all_costs if counts(grant, one)]
    if faults := ceiling_faults([*others, grant], counted, ceiling):
        message = ceiling_message(faults, ceiling)
        raise Invalid("national-ceiling", message, {"rate": message})


async def _hold_program(program_id: int) -> None:
    """Lets one person at a time change the grants of a program: order and ceiling depend on all of them."""
    rows = await current_door().execute("SELECT id FROM program WHERE id = $1 FOR UPDATE", (program_id,))
    if not rows:
        raise NotFound


def _columns(grant: GrantInput) -> dict[str, Any]:
    return {**asdict(grant), "cost_ids": None if grant.cost_ids is None else list(grant.cost_ids)}


def _facts(view: GrantView) -> dict[str, Any]:
    return {name: getattr(view, name) for name in GrantInput.__dataclass_fields__}
