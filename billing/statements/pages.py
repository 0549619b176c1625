"""Pages of statements: a town's own list and sheet with its files; the prefecture's view of every member."""

import asyncio
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.bases.register.frozen import own_register, shown_register
from billing.bases.register.queries import run_sources
from billing.disputes.beside import disputes_beside
from billing.notices import queries as notices
from billing.payments.own import payment_rows
from billing.programs import queries as programs
from billing.programs.tabs import program_trail
from billing.runs import queries as runs
from billing.statements import queries
from billing.statements.jobs import XLSX, file_name, statement_meta, summary_of
from billing.statements.listed import statement_list_of
from billing.statements.queries import StatementLine
from billing.statements.rules import difference_word
from billing.statements.tasks import statement_tasks
from billing.statements.why.preview import preview_content
from billing.statements.why.rules import due_anchor
from tenants.calendar import fiscal_year_label, japanese_date
from tenants.context import Role, TenantContext
from tenants.documents.figures import decimal_text
from tenants.errors import NotFound
from tenants.lists.listing import list_page
from tenants.web.answers import download, render
from tenants.web.form_data import positive_id
from tenants.web.modules import Module, NavigationEntry
from tenants.web.routes import PREFECTURE, TOWN_MONEY, page
from tenants.web.stored import stored_download
from tenants.web.visit import site, visit

MODULE_CODE = "apportionment"
_EXACT_DECIMALS = 4
"""A share before rounding is cut to a ten-thousandth of a yen, with 「…」; the exact fraction stands below it."""
READERS = TOWN_MONEY | {Role.PREFECTURE_FINANCE}


@page("/statements", roles=TOWN_MONEY, module=MODULE_CODE)
async def statement_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """The town's own statements, newest first."""
    return await list_page(
        request,
        await statement_list_of(visit(request).context),
        title="負担金",
        lead="県と共同で行う事業の負担金です。金額がどう決まったかを開いて確かめられます。",
        breadcrumb=[("今週やること", "/"), ("負担金", None)],
        help_page="statements",
        empty_link=("/", "今週やることへ戻る"),
    )


@page("/statements/{statement_id:str}", roles=READERS)
async def statement_page(request: Request[Any, Any, Any], statement_id: FromPath[str]) -> Response[Any]:
    """One statement: the amount, why it is this amount, and its files."""
    line, content = await queries.statement(positive_id(statement_id))
    return render(
        request,
        "statements/page.html",
        title=f"{line.title} 負担金",
        breadcrumb=await statement_trail(visit(request).context, line),
        help_page="statements",
        **_sheet(content, f"/statements/{line.id}/why"),
        issued=line,
        next_is_due=len(content["instalments_yen"]) > 1
        and line.due_date is not None
        and line.due_date >= visit(request).today,
        collected=await payment_rows(line.id, visit(request).today),
        disputes=await disputes_beside(visit(request).context, line, content, visit(request).now),
        notice=await notices.notice_of(line.id),
        facts=_facts(line),
    )


async def statement_trail(
    context: TenantContext, line: StatementLine, *further: tuple[str, str | None]
) -> list[tuple[str, str | None]]:
    """The breadcrumb to a statement and below: a town comes from its burdens, the prefecture from the run."""
    here = f"/statements/{line.id}" if further else None
    if not context.is_prefecture:
        return [("今週やること", "/"), ("負担金", "/statements"), (line.title, here), *further]
    run, around = await runs.run_on_page(await queries.run_of(line.id))
    return program_trail(around.program, (run.stage_label, f"/runs/{run.id}"), (line.tenant_name, here), *further)


@page("/statements/{statement_id:str}/xlsx", roles=READERS)
async def statement_workbook(request: Request[Any, Any, Any], statement_id: FromPath[str]) -> Response[Any]:
    """The statement as xlsx."""
    return await stored_download(request, await queries.statement_file(positive_id(statement_id), "xlsx"))


@page("/statements/{statement_id:str}/pdf", roles=READERS)
async def statement_paper(request: Request[Any, Any, Any], statement_id: FromPath[str]) -> Response[Any]:
    """The statement as PDF."""
    return await stored_download(request, await queries.statement_file(positive_id(statement_id), "pdf"))


@page("/runs/{run_id:str}/members/{member_code:str}", roles=PREFECTURE)
async def member_sheet(
    request: Request[Any, Any, Any], run_id: FromPath[str], member_code: FromPath[str]
) -> Response[Any]:
    """One member's figures in a run, before or after approval, as the member will see them."""
    run = await runs.run(positive_id(run_id))
    content = await preview_content(run, member_code, visit(request).now)
    content["register"] = own_register(await run_sources(run.id), member_code)
    program, name = await programs.program(run.program_id), content["member_name"]
    return render(
        request,
        "statements/page.html",
        title=f"{name} {run.title} {run.stage_label}",
        breadcrumb=program_trail(program, (run.stage_label, f"/runs/{run.id}"), (name, None)),
        help_page="apportionment",
        **_sheet(content, f"/runs/{run.id}/members/{member_code}/why"),
        approved=run.state == "approved",
        issued=None,
        notice=None,
        collected=(),
        facts=[("所属年度", fiscal_year_label(run.fiscal_year)), ("段階", run.stage_label)],
    )


@page("/runs/{run_id:str}/summary", roles=PREFECTURE)
async def run_summary(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """The 総括表 as xlsx: the stored one of an approved run, otherwise made now."""
    run = await runs.run(positive_id(run_id))
    if run.result_json is None:
        raise NotFound
    if "summary" in {paper.kind for paper in await runs.papers(run.id)}:
        return await stored_download(request, await queries.paper_file(run.id, "summary"))
    stay = site(request)
    meta = statement_meta(run, stay.prefecture_name, sample_data=stay.is_demo)
    content = await asyncio.to_thread(summary_of, run, meta)
    return download(content, file_name=file_name(run, "summary-draft", "xlsx"), content_type=XLSX)


@page("/runs/{run_id:str}/archive", roles=PREFECTURE)
async def run_archive(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """Every paper of an approved run as ZIP; with the notices once they were issued."""
    number = positive_id(run_id)
    if "archive" in await notices.collection_kinds(number):
        return await stored_download(request, await notices.collection_file(number, "archive"))
    return await stored_download(request, await queries.paper_file(number, "archive"))


_BEFORE_VERSION_TWO: Mapping[str, Any] = {"limit": None, "tariff": None, "how": "個別負担"}
"""What lines issued before limits and tariffs existed do not say of themselves."""


def _dated(key: Mapping[str, Any]) -> dict[str, Any]:
    """A key whose bases say their day as people read it."""
    parts = [
        {**one, "as_of": japanese_date(date.fromisoformat(one["as_of"])) if one["as_of"] else None}
        for one in key["components"]
    ]
    return {**key, "components": parts}


def _sheet(content: Mapping[str, Any], why_url: str) -> dict[str, Any]:
    lines = [
        {
            **_BEFORE_VERSION_TWO,
            **one,
            "exact_decimal": decimal_text(Fraction(one["exact"]), _EXACT_DECIMALS),
            "why_url": f"{why_url}#line-{place}",
        }
        for place, one in enumerate(content["lines"], 1)
    ]
    for one in lines:
        if one["tariff"]:  # a price is no part of the cost
            one["share"] = None
    schedule = [
        {
            **one,
            "due_date": date.fromisoformat(one["due_date"]) if one["due_date"] else None,
            "why_url": f"{why_url}#{due_anchor(one)}",
            "notified_why_url": f"{why_url}#notified",
        }
        for one in content.get("schedule", ())
    ]
    return {
        "sheet": {
            **content,
            "keys": [_dated(key) for key in content["keys"]],
            "lines": lines,
            "schedule": schedule,
            "register": shown_register(content.get("register", ())),
        },
        "difference_word": difference_word(content["difference_yen"]),
        "why_url": why_url,
    }


def _facts(line: StatementLine) -> list[tuple[str, str | None]]:
    return [
        ("所属年度", fiscal_year_label(line.fiscal_year)),
        ("段階", line.stage_label),
        ("文書番号", line.document_number),
    ]


MODULE = Module(
    name="statements",
    handlers=(
        statement_list,
        statement_page,
        statement_workbook,
        statement_paper,
        member_sheet,
        run_summary,
        run_archive,
    ),
    templates=Path(__file__).parent / "templates",
    navigation=(NavigationEntry("負担金", "/statements", TOWN_MONEY, MODULE_CODE),),
    tasks=(statement_tasks,),
    entitlement=MODULE_CODE,
    entitlement_label="負担金",
    action_labels={
        "issue_statement": "負担金算定書を発行",
        "withdraw_statement": "負担金算定書を取り消す",
        "keep_paper": "書類を保存",
    },
)
