"""Writes of departures: record that a member leaves, take the record back; amounts change with the next run only."""

from datetime import datetime

from billing.keys import queries as keys
from billing.programs import queries as programs
from billing.years.leaving import queries
from billing.years.leaving.rules import DepartureInput, HostLeaves
from billing.years.leaving.tables import MemberDeparture
from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.errors import NotFound


async def record_departure(context: TenantContext, program_id: int, given: DepartureInput, now: datetime) -> int:
    """Will record that a member leaves and return the record's id. Raises NotFound, HostLeaves, Invalid."""
    program = await programs.program(program_id)
    member = next((one for one in await programs.members(program_id) if one.tenant_id == given.member_id), None)
    if member is None:
        raise NotFound
    for key in await keys.keys(program_id):
        if key.definition.get("host", {}).get("code") == member.code:
            raise HostLeaves(member.name, key.name)
    rows = await MemberDeparture.insert(
        MemberDeparture(
            tenant_id=context.tenant_id,
            program_id=program_id,
            member_id=given.member_id,
            left_on=given.left_on,
            reason=given.reason,
            recorded_by=context.person_name,
            recorded_at=now,
        )
    )
    after = {"member": f"{member.code} {member.name}", "left_on": given.left_on, "reason": given.reason}
    await record(context, "record_departure", Subject("program", program_id, program.title), after=after)
    return int(rows[0]["id"])


async def take_back_departure(context: TenantContext, program_id: int, departure_id: int) -> None:
    """Will remove a departure that was recorded in error; runs made with it stay. Raises NotFound."""
    program = await programs.program(program_id)
    found = await queries.departure(program_id, departure_id)
    await MemberDeparture.delete().where(MemberDeparture.id == found.id)
    before = {"member": f"{found.code} {found.name}", "left_on": found.left_on, "reason": found.reason}
    await record(context, "take_back_departure", Subject("program", program_id, program.title), before=before)
