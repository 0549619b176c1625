"""Reads of the guards: everything they look at, the reasons given, the checklist."""

import json
from fractions import Fraction

from billing.grant_procedures.guards.rules import GuardCase, GuardView, Override, checklist
from billing.grant_procedures.lines import queries as lines
from billing.grant_procedures.steps import queries as steps
from billing.grants import queries as grants
from billing.grants.rules import GrantView
from billing.programs.rules import ProgramView
from billing.runs import queries as runs
from tenants.calendar import JST
from tenants.database.engine import current_door

_OVERRIDES = """
SELECT code, message, reason, overridden_by, overridden_at FROM grant_guard_override WHERE grant_id = $1 ORDER BY id
"""


async def checks(program: ProgramView, grant: GrantView) -> list[GuardView]:
    """The checklist of a grant."""
    return checklist(await guard_case(program, grant), await overrides(grant.id))


async def guard_case(program: ProgramView, grant: GrantView) -> GuardCase:
    """Everything the guards look at."""
    return GuardCase(
        grant=grant,
        grants=tuple(await grants.grants(program.id)),
        national_parts=await _national_parts(program.id),
        ceiling=Fraction(program.settings.national_ceiling),
        lines=tuple(await lines.lines(program.id, grant)),
        steps=tuple(await steps.steps(grant.id)),
        procedure=await steps.procedure(grant.id),
        given_yen=await given_yen(program.id, grant.id),
    )


async def overrides(grant_id: int) -> list[Override]:
    """Every reason given, oldest first."""
    rows = await current_door().execute(_OVERRIDES, (grant_id,))
    return [
        Override(
            row["code"],
            row["message"],
            row["reason"],
            row["overridden_by"],
            row["overridden_at"].astimezone(JST).date(),
        )
        for row in rows
    ]


async def national_part(grant_id: int) -> tuple[str, int]:
    """What of a grant is national money, as exact text, and the record's version; 「0」 and 0 without one."""
    rows = await current_door().execute(
        "SELECT national_part, version FROM grant_route WHERE grant_id = $1", (grant_id,)
    )
    return (rows[0]["national_part"], rows[0]["version"]) if rows else ("0", 0)


async def given_yen(program_id: int, grant_id: int) -> int | None:
    """What the last approved run gave from this grant, to members and prefecture together; None before one."""
    run = await runs.last_approved(program_id)
    if run is None or run.result_json is None:
        return None
    result, word = json.loads(run.result_json), f"g{grant_id}"
    if word not in result["prefecture"]["grants"]:
        return None
    return int(result["totals"]["grants"].get(word, 0)) + int(result["prefecture"]["grants"][word])


async def _national_parts(program_id: int) -> dict[int, Fraction]:
    rows = await current_door().execute(
        "SELECT r.grant_id, r.national_part FROM grant_route r JOIN grant_line g "
        "ON g.tenant_id = r.tenant_id AND g.id = r.grant_id WHERE g.program_id = $1",
        (program_id,),
    )
    return {row["grant_id"]: Fraction(row["national_part"]) for row in rows}
