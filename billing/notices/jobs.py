"""Jobs that make every member's 納入通知書 in batches, and bundle the prefecture's papers when all are there."""

import asyncio
import tempfile
from datetime import datetime
from itertools import chain

from billing.notices import operations, queries
from billing.notices.accounting import ENCODINGS, accounting_files
from billing.notices.differences.paper import difference_pdf
from billing.notices.differences.rules import DifferenceReport, MemberDifference, member_differences
from billing.notices.differences.workbook import difference_xlsx
from billing.notices.operations import BUNDLE_JOB, MAKE_JOB, IssuedNotice
from billing.notices.paper import PaperHead, content_of, marks_of, notice_pdfs
from billing.notices.queries import PaperLine
from billing.notices.rules import MemberNotice
from billing.notices.verification.rules import verify_address
from billing.runs import queries as runs
from billing.runs.rules import RunView
from billing.statements import queries as statements
from billing.statements.jobs import PDF, SAMPLE_NOTE, XLSX, ZIP, file_name
from billing.statements.operations import IssuedFile
from billing.statements.queries import FileView
from tenants.calendar import JST
from tenants.documents.archive import zip_into
from tenants.files.letterhead.queries import mark_address, present_mark
from tenants.jobs.rules import Queue
from tenants.jobs.runner import JobHandle, job
from tenants.storage import Storage

_BATCH_SECONDS = 300
"""Fourteen members take about three seconds; the rest is room for a slow machine and a slow storage."""
_BUNDLE_SECONDS = 900
"""The ZIP of 1,741 members reads every file from storage once."""


@job(MAKE_JOB, queue=Queue.SLOW, time_limit_seconds=_BATCH_SECONDS)
async def make_notices(handle: JobHandle) -> None:
    """Makes one batch of notices, stores the files, and issues them in one transaction."""
    arguments = handle.view.arguments
    run_id, codes = int(arguments["run_id"]), {str(code) for code in arguments["codes"]}
    async with handle.transaction(read_only=True):
        run = await runs.run(run_id)
        notices, changes = await _notices(run, sorted(codes))
        picture = await present_mark()
    head = PaperHead(
        prefecture_name=handle.tools.prefecture_name,
        issued_on=datetime.now(JST).date(),
        verify_url=verify_address(handle.tools.public_url),
        sample_note=SAMPLE_NOTE if handle.tools.sample_data else "",
        picture=await asyncio.to_thread(mark_address, handle.tools.storage, picture),
    )
    issued = await asyncio.to_thread(_make, handle.tools.storage, run, notices, changes, head)
    now = datetime.now(JST)
    async with handle.once(f"{MAKE_JOB}/{run_id}/{min(codes)}") as first:
        if first:
            run = await runs.locked_run(run_id)
            for one in issued if run.state == "approved" else ():  # withdrawn meanwhile: nobody is asked to pay
                await operations.issue_notice(handle.context, run, one, now)
            await handle.count_part(len(issued))
        await handle.finish("作成しました")


@job(BUNDLE_JOB, queue=Queue.SLOW, time_limit_seconds=_BUNDLE_SECONDS)
async def bundle_collection(handle: JobHandle) -> None:
    """Makes the ZIP of everything once more, now with notices and the CSV for accounting systems."""
    run_id = int(handle.view.arguments["run_id"])
    async with handle.transaction(read_only=True):
        run = await runs.run(run_id)
        files = [await statements.paper_file(run_id, "summary"), *await statements.files_of_run(run_id)]
        files += await queries.notice_files(run_id)
        papers = await queries.paper_lines(run_id)
        report = await queries.difference_report(run)
    made = await asyncio.to_thread(_bundle, handle, run, files, papers, report)
    async with handle.once(f"{BUNDLE_JOB}/{run_id}") as first:
        if first:
            for kind, file in made:
                await operations.keep_collection_paper(handle.context, run, kind, file)
        await handle.finish(
            "納入通知書がそろいました",
            result_url=f"/runs/{run_id}/collection",
            result_label="納入通知書と会計連携を見る",
        )


async def _notices(run: RunView, codes: list[str]) -> tuple[list[MemberNotice], dict[int, MemberDifference]]:
    """The members' notices, and by tenant what changed since the notices before."""
    issue = await queries.issue_of(run.id)
    if issue is None:
        raise ValueError("a notice is made of an issue")
    notices = await queries.member_notices(run, issue.setting, issue.previous_run_id, codes)
    if issue.previous_run_id is None:
        return notices, {}
    now, before = await queries.contents(run.id, codes), await queries.contents(issue.previous_run_id, codes)
    return notices, member_differences(now, before)


def _make(
    storage: Storage,
    run: RunView,
    notices: list[MemberNotice],
    changes: dict[int, MemberDifference],
    head: PaperHead,
) -> list[IssuedNotice]:
    issued = []
    for notice, pdf in zip(notices, notice_pdfs(notices, head, changes), strict=True):
        name, marks = file_name(run, f"{notice.code.lower()}-notice", "pdf"), marks_of(notice)
        stored = storage.for_tenant(notice.tenant_id).put(("statements", str(run.id), name), pdf, PDF)
        issued.append(IssuedNotice(notice, content_of(notice, marks), marks, IssuedFile(stored, name, PDF)))
    return issued


def _bundle(
    handle: JobHandle, run: RunView, files: list[FileView], papers: list[PaperLine], report: DifferenceReport | None
) -> list[tuple[str, IssuedFile]]:
    """差額調書 when there is one, and the ZIP of everything; one file at a time, for 1,741 members have megabytes."""
    storage, name = handle.tools.storage, file_name(run, "everything", "zip")
    contents = ((one.file_name, storage.for_tenant(one.tenant_id).get(one.storage_key)) for one in files)
    csvs = accounting_files(papers, ENCODINGS, file_name(run, "accounting", "csv").removesuffix(".csv"))
    own = storage.for_tenant(handle.context.tenant_id)
    made, folder = _differences(handle, run, report) if report else [], ("runs", str(run.id))
    kept = [
        (kind, IssuedFile(own.put((*folder, called), content, sort), called, sort))
        for kind, called, content, sort in made
    ]
    with tempfile.TemporaryFile() as archive:
        zip_into(archive, chain(contents, [(called, content) for _, called, content, _ in made], csvs))
        return [*kept, ("archive", IssuedFile(own.put_file((*folder, name), archive, ZIP), name, ZIP))]


def _differences(handle: JobHandle, run: RunView, report: DifferenceReport) -> list[tuple[str, str, bytes, str]]:
    """Kind, name, content and type of the 差額調書."""
    note = SAMPLE_NOTE if handle.tools.sample_data else ""
    prefecture, today = handle.tools.prefecture_name, datetime.now(JST).date()
    book, paper = difference_xlsx(report, prefecture, note), difference_pdf(report, prefecture, today, note)
    return [
        ("difference_xlsx", file_name(run, "difference", "xlsx"), book, XLSX),
        ("difference_pdf", file_name(run, "difference", "pdf"), paper, PDF),
    ]
