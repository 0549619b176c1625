"""Reads of calendars: the one saved or the proposal, and what is due over all programs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from billing.programs import queries as programs
from billing.programs.rules import ProgramLine, ProgramView
from billing.years.calendar.rules import PROPOSAL, Calendar, CalendarView, proposed_calendar
from tenants.database.engine import current_door

_STANDING = """
SELECT c.*, p.title, p.fiscal_year,
       ARRAY(SELECT DISTINCT r.stage FROM run r WHERE r.program_id = p.id AND r.state = 'approved'
                AND NOT EXISTS (SELECT 1 FROM run_withdrawal w WHERE w.run_id = r.id)) AS standing
  FROM program_calendar c JOIN program p ON p.id = c.program_id
 ORDER BY p.fiscal_year, p.title, p.id
"""


@dataclass(frozen=True, slots=True)
class PlannedProgram:
    """A program with a saved calendar and the stages that stand."""

    id: int
    title: str
    fiscal_year: int
    settings: Calendar
    standing: frozenset[str]


async def calendar(program: ProgramView) -> CalendarView:
    """The program's calendar, or the proposal."""
    rows = await current_door().execute("SELECT * FROM program_calendar WHERE program_id = $1", (program.id,))
    if rows:
        return CalendarView(program.id, _settings(rows[0]), rows[0]["version"])
    before = await last_year_choices(program)
    same = next((one.id for one in before if one.title == program.title), None)
    settings = program.settings
    return CalendarView(
        program.id, proposed_calendar(program.fiscal_year, settings.instalment_count, settings.due_date, same), PROPOSAL
    )


async def last_year_choices(program: ProgramView) -> list[ProgramLine]:
    """The programs of the fiscal year before, by title: what the program may be compared with."""
    return [one for one in await programs.programs() if one.fiscal_year == program.fiscal_year - 1]


async def planned_programs() -> list[PlannedProgram]:
    """Every program with a saved calendar, by year and title."""
    return [
        PlannedProgram(row["program_id"], row["title"], row["fiscal_year"], _settings(row), frozenset(row["standing"]))
        for row in await current_door().execute(_STANDING)
    ]


def _settings(row: Mapping[str, Any]) -> Calendar:
    values = {name: row[name] for name in Calendar.__dataclass_fields__}
    return Calendar(**{**values, "due_dates": tuple(values["due_dates"])})
