"""Reads of departures, and who takes part in a program's year."""

from collections.abc import Mapping, Sequence

from billing.notices import queries as notices
from billing.programs import queries as programs
from billing.programs.rules import MemberView, ProgramView
from billing.years.calendar import queries as calendars
from billing.years.leaving.rules import DepartureView, YearMember, year_members
from tenants.database.engine import current_door
from tenants.directory import queries as directory
from tenants.errors import NotFound

_DEPARTURES = """
SELECT d.id, d.member_id, t.code, t.name, d.left_on, d.reason, d.recorded_by, d.recorded_at
  FROM member_departure d JOIN tenant t ON t.id = d.member_id
 WHERE d.program_id = $1
 ORDER BY t.code
"""


async def departures(program_id: int) -> list[DepartureView]:
    """The members that leave the program, by code."""
    return [DepartureView(**row) for row in await current_door().execute(_DEPARTURES, (program_id,))]


async def departure(program_id: int, departure_id: int) -> DepartureView:
    """One departure of the program; raises NotFound."""
    for one in await departures(program_id):
        if one.id == departure_id:
            return one
    raise NotFound


async def members_of_year(
    program: ProgramView, present: Sequence[MemberView], issued_yen: Mapping[str, int]
) -> list[YearMember]:
    """Everybody in the program's case: ``present`` as they leave, and who was notified an amount and is gone.

    Gone for good is only who was told that all comes back to it, by a statement and, where notices asked for it, by a
    notice too: a run whose notices were not issued leaves that to the one that follows.
    """
    left = {one.member_id: one.left_on for one in await departures(program.id)}
    told = {code for code, yen in issued_yen.items() if yen}.union(await notices.notified_codes(program.id))
    gone = sorted(told - {one.code for one in present})
    removed: list[MemberView] = []
    if gone:
        named = {one.code: one for one in await directory.tenants()}
        removed = [MemberView(0, named[code].id, code, named[code].name, 0, "1") for code in gone]
    rule = (await calendars.calendar(program)).settings.leaving_rule if left else "full_year"
    return year_members(present, removed, left, rule, program.fiscal_year)


async def members_now(program: ProgramView) -> list[MemberView]:
    """The members of the program that have no departure recorded yet, by code."""
    left = {one.member_id for one in await departures(program.id)}
    return [one for one in await programs.members(program.id) if one.tenant_id not in left]
