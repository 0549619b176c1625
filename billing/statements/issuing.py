"""Issuing: approval asks for every member's statement, in batches that worker processes share."""

import json
from datetime import datetime

from billing.runs import operations as runs
from billing.runs.rules import RunView
from billing.statements.rules import STATEMENT_BATCH_SIZE
from tenants.context import TenantContext
from tenants.jobs.operations import enqueue
from tenants.jobs.rules import Queue

MAKE_JOB = "billing.statements.make"
BUNDLE_JOB = "billing.statements.bundle"


async def approve_and_issue(context: TenantContext, run_id: int, now: datetime, override_reason: str = "") -> None:
    """Will approve the run and, in the same transaction, ask for its statements.

    One job a batch of members, and a last one that waits for all and bundles the prefecture's papers. Raises
    NotInThisState, SamePerson, ApprovalBlocked, OverrideReasonMissing, Conflict.
    """
    await runs.approve_run(context, run_id, now, issue=_ask_for_statements, override_reason=override_reason)


async def _ask_for_statements(context: TenantContext, run: RunView) -> int:
    codes = [member["code"] for member in json.loads(run.result_json or "{}").get("members", [])]
    batches = [codes[start : start + STATEMENT_BATCH_SIZE] for start in range(0, len(codes), STATEMENT_BATCH_SIZE)]
    title = f"{run.title} {run.stage_label}の書類作成"
    bundle_id = await enqueue(
        context,
        BUNDLE_JOB,
        title,
        {"run_id": run.id},
        queue=Queue.SLOW,
        total=len(codes) + 1,
        waiting=True,
    )
    for batch in batches:
        await enqueue(
            context,
            MAKE_JOB,
            title,
            {"run_id": run.id, "codes": batch},
            queue=Queue.SLOW,
            total=len(batch),
            parent_id=bundle_id,
        )
    return bundle_id
