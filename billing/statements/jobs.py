"""Jobs that make every member's statement in batches, and bundle the prefecture's papers when all are there."""

import asyncio
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any

from billing.bases.register.frozen import own_register
from billing.bases.register.queries import run_sources
from billing.notices.operations import issue_if_decided
from billing.notices.verification.queries import salt_of
from billing.notices.verification.rules import Mark, mark_of, verify_address
from billing.runs import queries as runs
from billing.runs.rules import STAGES, RunView, paper_number
from billing.statements import operations, queries
from billing.statements.content import content_of
from billing.statements.issuing import BUNDLE_JOB, MAKE_JOB
from billing.statements.operations import IssuedFile, IssuedStatement
from billing.statements.overview import summary_view
from billing.statements.paper import statement_pdfs
from billing.statements.rules import StatementMeta, StatementView, statement_view, with_year
from billing.statements.summary_workbook import summary_xlsx
from billing.statements.why.facts import RunFacts
from billing.statements.why.rules import why_sections
from billing.statements.workbook.book import RunWorkbooks
from billing.years.instalments.rules import next_due
from billing.years.stages import queries as years
from billing.years.stages.rules import YearOfRun
from tenants.calendar import JST, fiscal_year_code
from tenants.directory import queries as directory
from tenants.documents.archive import zip_into
from tenants.files.letterhead.queries import mark_address, present_mark
from tenants.jobs.rules import Queue
from tenants.jobs.runner import JobHandle, job
from tenants.storage import Storage

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
ZIP = "application/zip"
SAMPLE_NOTE = "このデータは見本です。団体の名称・コード・人口は公表値、それ以外は架空です。"
_BATCH_SECONDS = 300
"""Seven members take about three seconds; the rest is room for a slow machine and a slow storage."""
_BUNDLE_SECONDS = 900
"""The ZIP of 1,741 members reads every file from storage once."""


@dataclass(frozen=True, slots=True)
class _Made:
    """One member's two files, before they are stored."""

    code: str
    view: StatementView
    content: Mapping[str, Any]
    xlsx: bytes
    pdf: bytes
    check: Mark


@job(MAKE_JOB, queue=Queue.SLOW, time_limit_seconds=_BATCH_SECONDS)
async def make_statements(handle: JobHandle) -> None:
    """Makes one batch of statements, stores the files, and issues them in one transaction."""
    arguments = handle.view.arguments
    run_id, codes = int(arguments["run_id"]), [str(code) for code in arguments["codes"]]
    async with handle.transaction(read_only=True):
        run = await runs.run(run_id)
        year = await years.year_of_run(run, datetime.now(JST))
        tenant_ids = await directory.tenant_ids_by_code()
        mark = await present_mark()
        sources = await run_sources(run_id)
        salt = await salt_of(run_id)
    meta = statement_meta(run, handle.tools.prefecture_name, sample_data=handle.tools.sample_data)
    mark_picture = await asyncio.to_thread(mark_address, handle.tools.storage, mark)
    meta = replace(meta, verify_url=verify_address(handle.tools.public_url), mark=mark_picture)
    made = await asyncio.to_thread(_make, run, codes, meta, year, sources, salt)
    issued = await asyncio.to_thread(_store, handle.tools.storage, run, made, tenant_ids, year)
    now = datetime.now(JST)
    async with handle.once(f"{MAKE_JOB}/{run_id}/{codes[0]}") as first:
        if first:
            run = await runs.locked_run(run_id)
            for one in issued if run.state == "approved" else ():  # withdrawn meanwhile: nobody is told any more
                await operations.issue_statement(handle.context, run, one, now)
            await handle.count_part(len(issued))
        await handle.finish("作成しました")


@job(BUNDLE_JOB, queue=Queue.SLOW, time_limit_seconds=_BUNDLE_SECONDS)
async def bundle_papers(handle: JobHandle) -> None:
    """Makes the 総括表 and the ZIP of everything, for the prefecture."""
    run_id = int(handle.view.arguments["run_id"])
    async with handle.transaction(read_only=True):
        run = await runs.run(run_id)
        files = await queries.files_of_run(run_id)
    meta = statement_meta(run, handle.tools.prefecture_name, sample_data=handle.tools.sample_data)
    papers = await asyncio.to_thread(_bundle, handle.tools.storage, handle.context.tenant_id, run, meta, files)
    async with handle.once(f"{BUNDLE_JOB}/{run_id}") as first:
        if first:
            await runs.lock_program(run.program_id)  # before the run, as decisions do, so that none waits in a circle
            for kind, file in papers:
                await operations.keep_paper(handle.context, run, kind, file)
            await issue_if_decided(handle.context, run_id, datetime.now(JST))
        await handle.finish("書類がそろいました", result_url=f"/runs/{run_id}", result_label="計算結果と書類を見る")


def statement_meta(run: RunView, prefecture_name: str, *, sample_data: bool) -> StatementMeta:
    """What the papers of a run say about themselves; the date on them is the day of approval."""
    dated = (run.approved_at or run.prepared_at).astimezone(JST).date()
    return StatementMeta(
        program_title=run.title,
        fiscal_year=run.fiscal_year,
        stage_label=STAGES[run.stage],
        run_number=run.number,
        document_number=run.document_number,
        issued_on=dated,
        prefecture_name=prefecture_name,
        input_sha256=run.case_sha256,
        result_sha256=run.result_sha256 or "",
        approved_by=run.approved_by,
        due_dates=(run.due_date,) if run.due_date else (),
        sample_note=SAMPLE_NOTE if sample_data else "",
    )


def documents_of(run: RunView) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The frozen case and its result as JSON objects."""
    return json.loads(run.case_json), json.loads(run.result_json or "{}")


def summary_of(run: RunView, meta: StatementMeta) -> bytes:
    """The 総括表 of a run as a workbook."""
    return summary_xlsx(summary_view(*documents_of(run)), meta)


def file_name(run: RunView, word: str, kind: str) -> str:
    """A short ASCII name: r8-p12-n1-283011-statement.pdf."""
    return f"{fiscal_year_code(run.fiscal_year).lower()}-p{run.program_id}-n{run.number}-{word}.{kind}"


def _make(
    run: RunView, codes: list[str], meta: StatementMeta, year: YearOfRun, sources: Mapping[str, Any] | None, salt: str
) -> list[_Made]:
    case, result = documents_of(run)
    views = [with_year(statement_view(case, result, code), year.part(case, result, code)) for code in codes]
    facts = RunFacts(case, published=run.shares_published)
    contents = [
        {**content_of(view, facts.of(code)), "register": own_register(sources, code)}
        for code, view in zip(codes, views, strict=True)
    ]
    checks = [_mark(view, content, run, salt) for view, content in zip(views, contents, strict=True)]
    told = _for_members(meta, run)
    metas = [replace(told, check=check) for check in checks]
    pdfs = statement_pdfs(zip(views, metas, strict=True), map(why_sections, contents))
    books = RunWorkbooks(case, result, published=run.shares_published)
    return [
        _Made(code, view, content, books.xlsx(view, one), pdf, check)
        for code, view, content, one, pdf, check in zip(codes, views, contents, metas, pdfs, checks, strict=True)
    ]


def _mark(view: StatementView, content: Mapping[str, Any], run: RunView, salt: str) -> Mark:
    """What the member's paper can be checked with: over everything it says and the run's two fingerprints."""
    said = {"statement": content, "input_sha256": run.case_sha256, "result_sha256": run.result_sha256 or ""}
    return mark_of(paper_number(run.document_number, view.member_code), view.invoice_yen, said, salt)


def _for_members(meta: StatementMeta, run: RunView) -> StatementMeta:
    """What members' papers say of the run: where the split is not published, not the two fingerprints.

    They are taken over everybody's values and amounts: who knows all but one value could try which one it is.
    """
    return meta if run.shares_published else replace(meta, input_sha256="", result_sha256="")


def _store(
    storage: Storage, run: RunView, made: list[_Made], tenant_ids: dict[str, int], year: YearOfRun
) -> list[IssuedStatement]:
    issued = []
    for one in made:
        tenant_id = tenant_ids[one.code]
        folder = ("statements", str(run.id))
        names = [file_name(run, f"{one.code.lower()}-statement", kind) for kind in ("xlsx", "pdf")]
        files = storage.for_tenant(tenant_id)
        issued.append(
            IssuedStatement(
                tenant_id=tenant_id,
                member_name=one.view.member_name,
                due_date=next_due(one.view.year.schedule, year.today) if one.view.year else run.due_date,
                invoice_yen=one.view.invoice_yen,
                difference_yen=one.view.difference_yen,
                content=one.content,
                xlsx=IssuedFile(files.put((*folder, names[0]), one.xlsx, XLSX), names[0], XLSX),
                pdf=IssuedFile(files.put((*folder, names[1]), one.pdf, PDF), names[1], PDF),
                check=one.check,
            )
        )
    return issued


def _bundle(
    storage: Storage, tenant_id: int, run: RunView, meta: StatementMeta, files: list[queries.FileView]
) -> list[tuple[str, IssuedFile]]:
    """The 総括表 and the ZIP of everything; one file at a time, for 1,741 members have some hundred megabytes."""
    summary = summary_of(run, meta)
    names = {"summary": file_name(run, "summary", "xlsx"), "archive": file_name(run, "all", "zip")}
    contents = ((one.file_name, storage.for_tenant(one.tenant_id).get(one.storage_key)) for one in files)
    own, folder = storage.for_tenant(tenant_id), ("runs", str(run.id))
    with tempfile.TemporaryFile() as archive:
        zip_into(archive, chain([(names["summary"], summary)], contents))
        return [
            ("summary", IssuedFile(own.put((*folder, names["summary"]), summary, XLSX), names["summary"], XLSX)),
            ("archive", IssuedFile(own.put_file((*folder, names["archive"]), archive, ZIP), names["archive"], ZIP)),
        ]
