"""Reads of decisions: what was overridden, who withdrew, and what other decisions a run was overtaken by."""

from billing.runs.decisions.rules import Obstacle, OverrideView, WithdrawalView
from billing.runs.rules import STAGES, RunHead
from tenants.database.engine import current_door

_OVERTAKEN = """
SELECT r.number, r.stage, w.id IS NOT NULL AS withdrawn
  FROM run r LEFT JOIN run_withdrawal w ON w.tenant_id = r.tenant_id AND w.run_id = r.id
  LEFT JOIN run_year y ON y.run_id = $2
  LEFT JOIN run p ON p.id = y.previous_run_id
 WHERE r.program_id = $1 AND r.id <> $2 AND r.state = 'approved'
   AND CASE WHEN y.id IS NULL THEN r.approved_at > $3 OR w.withdrawn_at > $3
            WHEN w.id IS NOT NULL THEN r.id = y.previous_run_id
            ELSE r.number > coalesce(p.number, 0) END
 ORDER BY r.number
"""
"""What stands now beside what stood when the run was frozen: clocks of two servers may disagree, numbers do not.

Only a run of before its previous one was kept is compared by time.
"""


async def overrides(run_id: int) -> list[OverrideView]:
    """What stood when the run was approved all the same, in the order it was listed."""
    rows = await current_door().execute(
        "SELECT message, reason, decided_by, decided_at FROM run_override WHERE run_id = $1 ORDER BY id", (run_id,)
    )
    return [OverrideView(**row) for row in rows]


async def withdrawal(run_id: int) -> WithdrawalView | None:
    """The withdrawal of the run, if it was withdrawn."""
    rows = await current_door().execute(
        "SELECT reason, withdrawn_by, withdrawn_at FROM run_withdrawal WHERE run_id = $1", (run_id,)
    )
    return WithdrawalView(**rows[0]) if rows else None


async def obstacles_of(run: RunHead) -> list[Obstacle]:
    """What was approved or withdrawn since the run was frozen: its differences rest on amounts that count no more."""
    rows = await current_door().execute(_OVERTAKEN, (run.program_id, run.id, run.prepared_at))
    return [
        Obstacle(
            "issued-changed",
            f"この計算を始めたあとに、{STAGES[row['stage']]}(第{row['number']}回)が"
            f"{'取り消され' if row['withdrawn'] else '承認され'}、通知済みの額が変わりました。新しく計算してください。",
            f"/programs/{run.program_id}/runs",
            overridable=False,
        )
        for row in rows
    ]
