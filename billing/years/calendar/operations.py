"""Writes of calendars: save a program's plan."""

from dataclasses import asdict

from billing.programs import queries as programs
from billing.years.calendar.rules import PROPOSAL, Calendar
from billing.years.calendar.tables import ProgramCalendar
from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.database.versions import EditedMeanwhile

_LOCKED = "SELECT * FROM program_calendar WHERE program_id = $1 FOR UPDATE"


async def save_calendar(context: TenantContext, program_id: int, settings: Calendar, version: int) -> None:
    """Will save the plan of a program's year; runs made before keep their due dates. Raises EditedMeanwhile.

    The version ``PROPOSAL`` saves the first one.
    """
    program = await programs.program(program_id)
    before = await current_door().execute(_LOCKED, (program_id,))
    if (before[0]["version"] if before else PROPOSAL) != version:
        raise EditedMeanwhile
    values = {**asdict(settings), "due_dates": list(settings.due_dates)}
    if before:
        changed = {getattr(ProgramCalendar, name): value for name, value in values.items()}
        await ProgramCalendar.update({**changed, ProgramCalendar.version: version + 1}).where(
            ProgramCalendar.program_id == program_id
        )
    else:
        await ProgramCalendar.insert(
            ProgramCalendar(tenant_id=context.tenant_id, program_id=program_id, version=version + 1, **values)
        )
    await record(
        context,
        "save_calendar",
        Subject("program", program_id, program.title),
        before={name: before[0][name] for name in values} if before else None,
        after=values,
    )
