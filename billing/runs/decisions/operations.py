"""Writes of decisions: keep what an approver overrode, withdraw an approved run."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from billing.notices.verification.operations import withdraw_marks
from billing.runs import queries
from billing.runs.decisions.rules import Obstacle, check_can_withdraw
from billing.runs.decisions.tables import RunOverride, RunWithdrawal
from billing.runs.rules import RunView
from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.mail.operations import notify
from tenants.mail.rules import MailTemplate

_MAIL = Path(__file__).parents[1] / "templates" / "runs" / "mail"
WITHDRAWN = MailTemplate(_MAIL / "withdrawn.txt")


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


async def withdraw_run(context: TenantContext, run_id: int, reason: str, now: datetime) -> RunView:
    """Will withdraw the program's newest approved run, for ever, and return it; its own row stays as it is.

    What was issued before it counts again. Raises NotInThisState, ApproverWithdraws, NotNewest.
    """
    await queries.lock_program((await queries.run(run_id)).program_id)
    run = await queries.locked_run(run_id)
    newest = await queries.last_approved(run.program_id)
    check_can_withdraw(run, context.person_id, is_newest=newest is not None and newest.id == run.id)
    await RunWithdrawal.insert(
        RunWithdrawal(
            tenant_id=context.tenant_id,
            run_id=run.id,
            reason=reason,
            withdrawn_by_id=context.person_id,
            withdrawn_by=context.person_name,
            withdrawn_at=now,
        )
    )
    await withdraw_marks(context, run.id, now)
    subject = Subject("run", run.id, f"{run.title} {run.stage_label}")
    await record(
        context,
        "withdraw_run",
        subject,
        before={"state": run.state},
        after={"state": "withdrawn", "reason": reason, "document_number": run.document_number},
    )
    words = {"title": run.title, "stage": run.stage_label, "person": context.person_name, "reason": reason}
    others = {run.prepared_by_id, run.submitted_by_id, run.approved_by_id} - {None, context.person_id}
    await notify(context, [one for one in others if one], WITHDRAWN, words, f"/runs/{run.id}", now)
    return run
