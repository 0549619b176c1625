"""What is kept beside a run's frozen case when the run starts: other slices' rows, written in the same transaction."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from billing.apportionment.case import Case
from billing.bases.register.operations import keep_sources
from billing.notices.verification.operations import keep_salt
from billing.programs.rules import ProgramView
from tenants.context import TenantContext

Keep = Callable[[TenantContext, int, ProgramView, Case, datetime], Awaitable[None]]
"""Takes who starts the run, the run's id, its program, its frozen case and the moment; inserts rows, changes none."""

KEEPS: tuple[Keep, ...] = (keep_sources, keep_salt)
"""In the order in which they write. The run's own row is there already; a refusal of one undoes the whole start."""


async def keep_with_run(context: TenantContext, run_id: int, program: ProgramView, case: Case, now: datetime) -> None:
    """Will have every slice keep what belongs to the run that has just been frozen."""
    for keep in KEEPS:
        await keep(context, run_id, program, case, now)
