"""Writes of notices: ask for a run's, issue one member's, keep the prefecture's papers around them."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from billing.notices import queries
from billing.notices.rules import (
    NOTICE_BATCH_SIZE,
    MemberNotice,
    NoticesNotReady,
    missing_words,
    printed_yen,
    replaced_pages,
    undated_words,
)
from billing.notices.settings import queries as settings
from billing.notices.settings.rules import NoticeSetting
from billing.notices.tables import CollectionPaper, NoticeIssue, NoticePaper
from billing.notices.verification.operations import keep_marks, replace_marks
from billing.notices.verification.rules import Mark
from billing.runs import queries as runs
from billing.runs.rules import RunView
from billing.statements.operations import PAPER, IssuedFile
from tenants.audit.trail import Subject, record
from tenants.context import PREFECTURE_TENANT_ID, Role, TenantContext
from tenants.files.operations import keep_file
from tenants.jobs.operations import enqueue
from tenants.jobs.rules import Queue
from tenants.mail.operations import notify
from tenants.mail.queries import people_with_roles
from tenants.mail.rules import MailTemplate

MAKE_JOB = "billing.notices.make"
BUNDLE_JOB = "billing.notices.bundle"
ISSUED = MailTemplate(Path(__file__).parent / "templates" / "notices" / "mail" / "issued.txt")


@dataclass(frozen=True, slots=True)
class Ready:
    """What a run's notices would be issued with; ``missing`` says in sentences why not yet."""

    setting: NoticeSetting
    previous_run_id: int | None
    notices: tuple[MemberNotice, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IssuedNotice:
    """One member's notice, its file already in storage, with what each page can be checked with."""

    notice: MemberNotice
    content: Mapping[str, Any]
    marks: tuple[Mark, ...]
    pdf: IssuedFile


async def readiness(run: RunView) -> Ready:
    """What the run's notices would say now, and what stands in their way."""
    setting, _ = await settings.setting(run.program_id)
    last = await queries.last_issued(run.program_id, run.id)
    previous = last[0] if last and last[1] < run.number else None
    missing: list[str] = []
    if run.state != "approved":
        missing.append("承認された計算だけ発行できます。")
    elif "archive" not in {paper.kind for paper in await runs.papers(run.id)}:
        missing.append("負担金算定書の作成が終わってから発行できます。")
    if last and last[1] > run.number:
        missing.append(f"より新しい計算(第{last[1]}回)の納入通知書が発行されています。")
    missing += missing_words(setting)
    notices = await queries.member_notices(run, setting, previous)
    missing += undated_words([(one.name, one.lines) for one in notices])
    if notices and not any(one.lines for one in notices):
        missing.append("すでに通知した額と納期限から変わった団体がありません。")
    return Ready(setting, previous, tuple(notices), tuple(missing))


async def issue_notices(context: TenantContext, run_id: int, now: datetime) -> int:
    """Will ask for the notices of an approved run and return the job to follow.

    Raises NotFound, NoticesNotReady with everything that is missing, Conflict when they were issued before.
    """
    run = await _locked(run_id)
    if await queries.issue_of(run_id) is not None:
        raise NoticesNotReady(["この計算の納入通知書は、すでに発行されています。"])
    ready = await readiness(run)
    if ready.missing:
        raise NoticesNotReady(ready.missing)
    return await _ask(context, run, ready, now)


async def issue_if_decided(context: TenantContext, run_id: int, now: datetime) -> None:
    """Will ask for the notices when the program wants them at this stage and nothing is missing.

    Otherwise the run's page says what is missing, and they are issued there.
    """
    run = await _locked(run_id)
    if await queries.issue_of(run_id) is not None:
        return
    ready = await readiness(run)
    if not ready.missing and run.stage in ready.setting.stages:
        await _ask(context, run, ready, now)


async def _locked(run_id: int) -> RunView:
    """The run; who issues another run's notices of the program waits: each asks for the difference to the other's."""
    await runs.lock_program((await runs.run(run_id)).program_id)
    return await runs.locked_run(run_id)


async def _ask(context: TenantContext, run: RunView, ready: Ready, now: datetime) -> int:
    codes = [one.code for one in ready.notices if one.lines]
    batches = [codes[start : start + NOTICE_BATCH_SIZE] for start in range(0, len(codes), NOTICE_BATCH_SIZE)]
    title = f"{run.title} {run.stage_label}の納入通知書"
    job_id = await enqueue(
        context, BUNDLE_JOB, title, {"run_id": run.id}, queue=Queue.SLOW, total=len(codes) + 1, waiting=True
    )
    for batch in batches:
        arguments = {"run_id": run.id, "codes": batch}
        await enqueue(context, MAKE_JOB, title, arguments, queue=Queue.SLOW, total=len(batch), parent_id=job_id)
    await NoticeIssue.insert(
        NoticeIssue(
            tenant_id=context.tenant_id,
            program_id=run.program_id,
            run_id=run.id,
            previous_run_id=ready.previous_run_id,
            setting=json.dumps(asdict(ready.setting), ensure_ascii=False),
            job_id=job_id,
            issued_by_id=context.person_id,
            issued_by=context.person_name,
            issued_at=now,
        )
    )
    facts = {"members": len(codes), "previous_run_id": ready.previous_run_id, **asdict(ready.setting)}
    await record(context, "issue_notices", _subject(run), after=facts)
    return job_id


async def issue_notice(context: TenantContext, run: RunView, issued: IssuedNotice, now: datetime) -> None:
    """Will issue one member's notice and tell its finance officers; town and prefecture see it in their trails."""
    notice = issued.notice
    file_id = await keep_file(notice.tenant_id, issued.pdf.stored, issued.pdf.file_name, issued.pdf.content_type, PAPER)
    await NoticePaper.insert(
        NoticePaper(
            tenant_id=notice.tenant_id,
            prefecture_id=PREFECTURE_TENANT_ID,
            run_id=run.id,
            statement_id=notice.statement_id,
            content=json.dumps(dict(issued.content), ensure_ascii=False),
            file_id=file_id,
            issued_at=now,
        )
    )
    await keep_marks(notice.tenant_id, run.id, issued.marks, [issued.pdf.stored.sha256], now)
    await _replace_earlier(run, notice, now)
    subject = Subject("statement", notice.statement_id, f"{run.title} {run.stage_label} {notice.name}")
    amounts = {notice.number_of(line): line.amount_yen for line in notice.lines}
    moved = {notice.number_of(line): line.due_date for line in notice.lines if line.moved_from}
    after = {"amounts_yen": amounts, "moved_due_dates": moved, "pdf": issued.pdf.stored.sha256}
    await record(context, "issue_notice", subject, after=after, tenant_id=notice.tenant_id)
    await notify(
        context,
        await people_with_roles(notice.tenant_id, {Role.TOWN_FINANCE}, now.date()),
        ISSUED,
        {"title": run.title, "stage": run.stage_label, "tenant": notice.name},
        f"/statements/{notice.statement_id}",
        now,
        tenant_id=notice.tenant_id,
    )


async def _replace_earlier(run: RunView, notice: MemberNotice, now: datetime) -> None:
    """Will have the member's earlier papers answered as replaced that name a day which this notice moves."""
    if not any(line.moved_from for line in notice.lines):
        return
    earlier = await queries.earlier_notices(notice.tenant_id, run)
    pages = replaced_pages([content for content, _ in earlier], notice.lines)
    marks = [Mark(one["document_number"], printed_yen(one), one["code"]) for each in pages for one in each]
    files = [sha256 for (_, sha256), each in zip(earlier, pages, strict=True) if each]
    await replace_marks(notice.tenant_id, run.id, marks, files, now)


async def keep_collection_paper(context: TenantContext, run: RunView, kind: str, file: IssuedFile) -> None:
    """Will keep a paper of the prefecture's own: the 差額調書 or the ZIP of everything."""
    file_id = await keep_file(context.tenant_id, file.stored, file.file_name, file.content_type, PAPER)
    await CollectionPaper.insert(
        CollectionPaper(tenant_id=context.tenant_id, run_id=run.id, kind=kind, file_id=file_id)
    )
    await record(context, "keep_paper", _subject(run), after={"kind": kind, "sha256": file.stored.sha256})


def _subject(run: RunView) -> Subject:
    return Subject("run", run.id, f"{run.title} {run.stage_label}")
