"""Pages of notices: 「納入通知書・会計連携」 of a run, issuing, the files; a town's own notice."""

import asyncio
from datetime import date
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.money import format_yen
from billing.notices import operations, queries
from billing.notices.accounting import ENCODINGS, accounting_download
from billing.notices.differences.workbook import difference_xlsx
from billing.notices.queries import PaperLine
from billing.programs import queries as programs
from billing.programs.tabs import program_trail
from billing.runs import queries as runs
from billing.runs.decisions.queries import withdrawal
from billing.statements.jobs import SAMPLE_NOTE, XLSX, file_name
from tenants.calendar import japanese_date
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, NotFound
from tenants.jobs import queries as jobs
from tenants.web.answers import download, render, say_when_done, see_other
from tenants.web.form_data import field_messages, positive_id, status_of
from tenants.web.modules import Module
from tenants.web.routes import PREFECTURE, TOWN_MONEY, act, page
from tenants.web.stored import stored_download
from tenants.web.visit import site, visit

OFFICERS = frozenset({Role.PREFECTURE_FINANCE})
READERS = TOWN_MONEY | OFFICERS
say_when_done({"notices-asked": "納入通知書の作成を始めました。終わるとこの画面から開けます。"})


@page("/runs/{run_id:str}/collection", roles=PREFECTURE)
async def collection_page(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """The run's notices, or what is missing before they may be issued, and the files for accounting."""
    return await _page(request, positive_id(run_id))


@act("/runs/{run_id:str}/notices", roles=OFFICERS)
async def issue_notices(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """Asks for the run's notices."""
    here, number = visit(request), positive_id(run_id)
    try:
        async with savepoint():
            await operations.issue_notices(here.context, number, here.now)
    except Conflict as refused:
        return await _page(request, number, refused)
    return see_other(f"/runs/{number}/collection", done="notices-asked")


@page("/runs/{run_id:str}/accounting/{kind:str}", roles=PREFECTURE)
async def accounting(request: Request[Any, Any, Any], run_id: FromPath[str], kind: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """The rows for accounting systems as CSV."""
    run = await runs.run(positive_id(run_id))
    papers = await queries.paper_lines(run.id)
    if kind not in ENCODINGS or not papers:
        raise NotFound
    name = file_name(run, "accounting", "csv").removesuffix(".csv")
    made = await asyncio.to_thread(accounting_download, papers, kind, name)
    return download(made.content, file_name=made.file_name, content_type=made.content_type)


@page("/runs/{run_id:str}/difference/{kind:str}", roles=PREFECTURE)
async def difference(request: Request[Any, Any, Any], run_id: FromPath[str], kind: FromPath[str]) -> Response[Any]:
    """The 差額調書: the stored one, or before the notices are issued a workbook made now."""
    run = await runs.run(positive_id(run_id))
    stored = f"difference_{kind}"
    if stored in await queries.collection_kinds(run.id):
        return await stored_download(request, await queries.collection_file(run.id, stored))
    report = await queries.difference_report(run)
    if report is None or kind != "xlsx":
        raise NotFound
    stay = site(request)
    note = SAMPLE_NOTE if stay.is_demo else ""
    content = await asyncio.to_thread(difference_xlsx, report, stay.prefecture_name, note)
    return download(content, file_name=file_name(run, "difference-draft", "xlsx"), content_type=XLSX)


@page("/statements/{statement_id:str}/notice", roles=READERS)
async def notice(request: Request[Any, Any, Any], statement_id: FromPath[str]) -> Response[Any]:
    """A member's notice as PDF."""
    return await stored_download(request, await queries.notice_file(positive_id(statement_id)))


async def _page(request: Request[Any, Any, Any], run_id: int, refused: Conflict | None = None) -> Response[Any]:
    run = await runs.run(run_id)
    program = await programs.program(run.program_id)
    issue, papers = await queries.issue_of(run.id), await queries.paper_lines(run.id)
    ready = None if issue else await operations.readiness(run)
    kinds = await queries.collection_kinds(run.id)
    compares = run.state == "approved" and await queries.previous_approved(run) is not None
    issue_job = await jobs.tenant_job(issue.job_id) if issue else None
    return render(
        request,
        "notices/page.html",
        title=f"{run.title} {run.stage_label} 納入通知書・会計連携",
        breadcrumb=program_trail(program, (run.stage_label, f"/runs/{run.id}"), ("納入通知書・会計連携", None)),
        help_page="papers",
        status=status_of(refused),
        errors=field_messages(refused),
        run=run,
        settings_url=f"/programs/{run.program_id}/collection",
        issue=issue,
        issue_job=issue_job,
        withdrawal=await withdrawal(run.id),
        missing=ready.missing if ready else (),
        planned=sum(1 for one in ready.notices if one.lines) if ready else 0,
        may_issue=ready is not None and not ready.missing and visit(request).context.role in OFFICERS,
        complete="archive" in kinds,
        difference_kinds=[
            (kind, label)
            for kind, label in (("xlsx", "Excel"), ("pdf", "PDF"))
            if f"difference_{kind}" in kinds or (kind == "xlsx" and compares)
        ],
        rows=[row for paper in papers for row in _rows(paper)],
        asked_yen=sum(one["amount_yen"] for paper in papers for one in paper.content["pages"]),
        encodings=[(kind, form.label) for kind, form in ENCODINGS.items()],
    )


def _rows(paper: PaperLine) -> list[dict[str, Any]]:
    return [
        {
            "code": paper.code,
            "name": paper.name,
            "url": f"/statements/{paper.statement_id}/notice",
            "kind": one["kind"],
            "number": f"第{one['number']}期",
            "amount": format_yen(one["amount_yen"]) if one["amount_yen"] else "増減なし",
            "due_date": japanese_date(date.fromisoformat(one["due_date"])) if one["due_date"] else None,
            "document_number": one["document_number"],
        }
        for one in paper.content["pages"]
    ]


MODULE = Module(
    name="notices",
    handlers=(collection_page, issue_notices, accounting, difference, notice),
    templates=Path(__file__).parent / "templates",
    action_labels={"issue_notices": "納入通知書の発行を始める", "issue_notice": "納入通知書を発行"},
)
