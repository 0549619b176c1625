"""Writes of decisions: keep what an approver overrode."""

from collections.abc import Iterable
from datetime import datetime

from billing.runs.decisions.rules import Obstacle
from billing.runs.decisions.tables import RunOverride
from tenants.context import TenantContext


async def keep_overrides(
    context: TenantContext, run_id: int, passed: Iterable[Obstacle], reason: str, now: datetime
) -> None:
    """Will keep each obstacle that stood when the run was approved all the same; the approval records the reason."""
    rows = [
        RunOverride(
            tenant_id=context.tenant_id,
            run_id=run_id,
            code=one.code,
            message=one.message,
            reason=reason,
            decided_by_id=context.person_id,
            decided_by=context.person_name,
            decided_at=now,
        )
        for one in passed
    ]
    await RunOverride.insert(*rows)
