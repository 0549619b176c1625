"""Writes of runs: freeze and start, store the result, send for approval, approve, return.

Two different people prepare and approve; approval locks the run and asks for every member's statement.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path

from billing.apportionment.calculation import apportion
from billing.apportionment.case import CaseRefused, canonical_json, case_sha256, parse_case
from billing.apportionment.result import result_json
from billing.programs import queries as programs
from billing.runs import queries
from billing.runs.decisions.operations import keep_overrides
from billing.runs.decisions.rules import check_no_hard_obstacle, overridden
from billing.runs.freezing import case_document
from billing.runs.keeping import keep_with_run
from billing.runs.obstacles import obstacles
from billing.runs.rules import (
    STAGES,
    RunView,
    check_can_approve,
    check_can_return,
    check_can_submit,
    document_number,
)
from billing.runs.tables import Run, RunPaper
from billing.years.stages.operations import check_may_start, keep_year
from tenants.audit.trail import Subject, record
from tenants.context import Role, TenantContext
from tenants.database.engine import current_door
from tenants.errors import Conflict
from tenants.fingerprint import sha256_of
from tenants.jobs.operations import enqueue
from tenants.jobs.rules import Queue
from tenants.mail.operations import notify
from tenants.mail.queries import people_with_roles
from tenants.mail.rules import MailTemplate

COMPUTE_JOB = "billing.runs.compute"
_MAIL = Path(__file__).parent / "templates" / "runs" / "mail"
SUBMITTED, RETURNED = MailTemplate(_MAIL / "submitted.txt"), MailTemplate(_MAIL / "returned.txt")

_NEXT_NUMBER = "SELECT coalesce(max(number), 0) + 1 AS number FROM run WHERE program_id = $1"


async def start_run(context: TenantContext, program_id: int, stage: str, now: datetime, reason: str = "") -> int:
    """Will freeze the program as it stands, ask for its calculation and return the run's id.

    ``reason`` says why amounts already notified change. Raises StagePassed, ReasonMissing, and CaseRefused with every
    problem found before anything is stored.
    """
    await queries.lock_program(program_id)  # an approval meanwhile would change what is being frozen
    program = await programs.program(program_id)
    continued = await check_may_start(program, stage, reason)
    published = program.settings.shares_published
    case = parse_case(await case_document(program))
    rows = await current_door().execute(_NEXT_NUMBER, (program_id,))
    number = int(rows[0]["number"])
    inserted = await Run.insert(
        Run(
            tenant_id=context.tenant_id,
            program_id=program_id,
            number=number,
            stage=stage,
            state="computing",
            fiscal_year=program.fiscal_year,
            title=program.title,
            due_date=program.settings.due_date,
            shares_published=published,
            case_json=canonical_json(case).decode(),
            case_sha256=case_sha256(case),
            return_reason="",
            document_number=document_number(program.fiscal_year, program_id, number),
            prepared_by_id=context.person_id,
            prepared_by=context.person_name,
            prepared_at=now,
            submitted_by="",
            approved_by="",
        )
    )
    run_id = int(inserted[0]["id"])
    await keep_year(context, run_id, program, continued)
    await keep_with_run(context, run_id, program, case, now)
    words = f"{program.title} {STAGES[stage]}(第{number}回)"
    job_id = await enqueue(context, COMPUTE_JOB, f"{words}の計算", {"run_id": run_id}, queue=Queue.QUICK)
    await Run.update({Run.compute_job_id: job_id}).where(Run.id == run_id)
    await record(
        context,
        "start_run",
        Subject("run", run_id, words),
        after={"stage": stage, "number": number, "case_sha256": case_sha256(case), "shares_published": published}
        | ({"reason": continued.reason} if continued.reason else {}),
    )
    return run_id


def compute(case_json: str) -> bytes:
    """The result document of a frozen case, byte for byte the same every time. Raises CaseRefused."""
    return result_json(apportion(parse_case(case_json)))


async def recomputes_to_the_same(run: RunView) -> bool:
    """Whether the frozen case still gives the stored result, byte for byte; computed off the event loop."""
    return run.result_json is not None and await asyncio.to_thread(compute, run.case_json) == run.result_json.encode()


async def store_result(context: TenantContext, run_id: int, result: bytes) -> None:
    """Will store what was computed; the run then waits to be sent for approval."""
    digest = sha256_of(result)
    await Run.update({Run.state: "computed", Run.result_json: result.decode(), Run.result_sha256: digest}).where(
        (Run.id == run_id) & (Run.state == "computing")
    )
    await record(context, "store_result", Subject("run", run_id), after={"result_sha256": digest})


async def store_refusal(context: TenantContext, run_id: int, refused: CaseRefused) -> None:
    """Will store why the case cannot be calculated."""
    problems = [{"pointer": one.pointer, "message": one.message, "code": one.code} for one in refused.problems]
    await Run.update({Run.state: "refused", Run.problems: json.dumps(problems, ensure_ascii=False)}).where(
        (Run.id == run_id) & (Run.state == "computing")
    )
    await record(context, "store_refusal", Subject("run", run_id), after={"problems": len(problems)})


async def submit_run(context: TenantContext, run_id: int, now: datetime) -> None:
    """Will send a computed run for approval. Raises NotInThisState, ApprovalBlocked."""
    run = await queries.locked_run(run_id)
    check_can_submit(run)
    check_no_hard_obstacle(await obstacles(run))
    await Run.update(
        {
            Run.state: "submitted",
            Run.submitted_by_id: context.person_id,
            Run.submitted_by: context.person_name,
            Run.submitted_at: now,
            Run.return_reason: "",
        }
    ).where(Run.id == run_id)
    await record(context, "submit_run", _subject(run), before={"state": run.state}, after={"state": "submitted"})
    officers = await people_with_roles(context.tenant_id, {Role.PREFECTURE_FINANCE}, now.date())
    others = [one for one in officers if one not in {context.person_id, run.prepared_by_id}]
    await notify(context, others, SUBMITTED, _words(context, run), f"/runs/{run.id}", now)


async def return_run(context: TenantContext, run_id: int, reason: str, now: datetime) -> None:
    """Will send a run back to whoever prepared it, with a reason. Raises NotInThisState."""
    run = await queries.locked_run(run_id)
    check_can_return(run)
    await Run.update({Run.state: "computed", Run.return_reason: reason}).where(Run.id == run_id)
    await record(
        context, "return_run", _subject(run), before={"state": run.state}, after={"state": "computed", "reason": reason}
    )
    await notify(context, [run.prepared_by_id], RETURNED, _words(context, run), f"/runs/{run.id}", now)


Issue = Callable[[TenantContext, RunView], Awaitable[int]]
"""Asks for a run's statements and returns the job to follow; runs do not know how statements are made."""


async def approve_run(
    context: TenantContext, run_id: int, now: datetime, issue: Issue, override_reason: str = ""
) -> None:
    """Will lock the run for ever and have its statements issued, in one transaction.

    ``override_reason`` says why it is approved although something overridable stands in the way. Raises
    NotInThisState, SamePerson, ApprovalBlocked, OverrideReasonMissing, or Conflict when recomputing does not give the
    stored result.
    """
    await queries.lock_program((await queries.run(run_id)).program_id)
    run = await queries.locked_run(run_id)
    check_can_approve(run, context.person_id)
    passed = overridden(await obstacles(run), override_reason)
    if not await recomputes_to_the_same(run):
        raise Conflict("recomputation-differs", "保存された結果と再計算の結果が一致しないため、承認できません。")
    job_id = await issue(context, run)
    await Run.update(
        {
            Run.state: "approved",
            Run.issue_job_id: job_id,
            Run.approved_by_id: context.person_id,
            Run.approved_by: context.person_name,
            Run.approved_at: now,
        }
    ).where(Run.id == run_id)
    after: dict[str, object] = {
        "state": "approved",
        "case_sha256": run.case_sha256,
        "result_sha256": run.result_sha256,
        "shares_published": run.shares_published,
    }
    if passed:
        await keep_overrides(context, run.id, passed, override_reason, now)
        after |= {"overridden": [one.code for one in passed], "override_reason": override_reason}
    await record(context, "approve_run", _subject(run), before={"state": run.state}, after=after)


async def note_paper(context: TenantContext, run: RunView, kind: str, file_id: int, sha256: str) -> None:
    """Will note a stored paper (``summary`` or ``archive``) of an approved run."""
    await RunPaper.insert(RunPaper(tenant_id=context.tenant_id, run_id=run.id, kind=kind, file_id=file_id))
    await record(context, "keep_paper", _subject(run), after={"kind": kind, "sha256": sha256})


def _words(context: TenantContext, run: RunView) -> dict[str, str]:
    return {"title": run.title, "stage": run.stage_label, "person": context.person_name}


def _subject(run: RunView) -> Subject:
    return Subject("run", run.id, f"{run.title} {run.stage_label}")
