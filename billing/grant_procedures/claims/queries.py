"""Gathers what a claim workbook shows."""

import json

from billing.grant_procedures.claims.rules import ClaimView, Given, evidence_of, given_of, run_name
from billing.grant_procedures.lines import queries as lines
from billing.grant_procedures.steps import queries as steps
from billing.grant_procedures.steps.rules import effective, standing
from billing.grants.rules import GrantView
from billing.programs.rules import ProgramView
from billing.runs import queries as runs


async def claim(program: ProgramView, grant: GrantView) -> ClaimView:
    """Everything known of a grant, with what the last approved run gave."""
    recorded = await steps.steps(grant.id)
    costs = await lines.lines(program.id, grant)
    run = await runs.last_approved(program.id)
    given: tuple[Given, ...] = ()
    total: int | None = None
    if run is not None and run.result_json is not None:
        given, total = given_of(json.loads(run.case_json), json.loads(run.result_json), grant.id)
    return ClaimView(
        program_title=program.title,
        fiscal_year=program.fiscal_year,
        grant=grant,
        standing=standing(recorded),
        procedure=await steps.procedure(grant.id),
        steps=tuple(effective(recorded)),
        lines=tuple(costs),
        given=given,
        given_yen=total,
        run=run_name(run) if run is not None and total is not None else "",
        evidence=evidence_of(recorded, costs),
    )
