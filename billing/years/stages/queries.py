"""Reads of what runs continue, and of what their statements therefore say of the year."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from billing.runs import queries as runs
from billing.runs.rules import STAGES, RunHead, RunView
from billing.years.instalments.rules import plain
from billing.years.stages.rules import RunYearView, YearOfRun
from tenants.calendar import JST
from tenants.database.engine import current_door

_KEPT = """
SELECT y.*, p.document_number AS previous_number, p.stage AS previous_stage, p.number AS previous_place
  FROM run_year y LEFT JOIN run p ON p.id = y.previous_run_id
 WHERE y.run_id = $1
"""


async def run_year(run: RunHead) -> RunYearView:
    """What the run continues; a run of before this was kept continues nothing and is due on its own day."""
    rows = await current_door().execute(_KEPT, (run.id,))
    if not rows:
        return RunYearView(None, "", "", "", {}, (run.due_date,), None, None)
    row = rows[0]
    label = "" if row["previous_run_id"] is None else f"{STAGES[row['previous_stage']]}(第{row['previous_place']}回)"
    return RunYearView(
        previous_run_id=row["previous_run_id"],
        previous_number=row["previous_number"] or "",
        previous_label=label,
        reason=row["reason"],
        notified=json.loads(row["notified"]) if isinstance(row["notified"], str) else row["notified"],
        due_dates=tuple(row["due_dates"]),
        settlement_due=row["settlement_due"],
        last_year_run_id=row["last_year_run_id"],
    )


async def year_of_run(run: RunHead, now: datetime) -> YearOfRun:
    """What the run's statements say of the year; what is still to come is counted from the approval, else from now."""
    kept = await run_year(run)
    today = (run.approved_at or now).astimezone(JST).date()
    if kept.last_year_run_id is None:
        return YearOfRun(kept, today)
    before = await runs.run(kept.last_year_run_id)
    return YearOfRun(kept, today, before.document_number, documents(before))


async def standing_year(program_id: int) -> tuple[RunView | None, Mapping[str, Any]]:
    """The program's approved run that stands, and every member's payments as it notified them, as JSON."""
    standing = await runs.last_approved(program_id)
    if standing is None:
        return None, {}
    from_then = standing.approved_at or standing.prepared_at
    year = YearOfRun(await run_year(standing), from_then.astimezone(JST).date())
    members = documents(standing)[1]["members"]
    return standing, {one["code"]: plain(year.lines(one)) for one in members}


def documents(run: RunView) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The frozen case and its result as JSON objects."""
    return json.loads(run.case_json), json.loads(run.result_json or '{"members": []}')
