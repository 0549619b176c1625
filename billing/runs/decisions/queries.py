"""Reads of decisions: what was overridden when a run was approved."""

from billing.runs.decisions.rules import OverrideView
from tenants.database.engine import current_door


async def overrides(run_id: int) -> list[OverrideView]:
    """What stood when the run was approved all the same, in the order it was listed."""
    rows = await current_door().execute(
        "SELECT message, reason, decided_by, decided_at FROM run_override WHERE run_id = $1 ORDER BY id", (run_id,)
    )
    return [OverrideView(**row) for row in rows]
