"""The API of statements: a town's own and their files; the prefecture's view of every member and its papers."""

import asyncio
from datetime import date, datetime
from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta, Struct

from billing.bases.register.frozen import own_register
from billing.bases.register.queries import run_sources
from billing.fields import SignedYen
from billing.notices import queries as notices
from billing.runs import queries as runs
from billing.statements import queries
from billing.statements.jobs import PDF, XLSX, ZIP, file_name, statement_meta, summary_of
from billing.statements.queries import StatementLine
from billing.statements.why.preview import preview_content
from tenants.api.answers import answer, file, listed
from tenants.api.fields import Code, Count, Id
from tenants.api.routes import api_read
from tenants.api.rules import say_verbs
from tenants.context import Role
from tenants.errors import NotFound
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE, TOWN_MONEY
from tenants.web.stored import stored_download
from tenants.web.visit import site, visit

MODULE_CODE = "apportionment"
READERS = TOWN_MONEY | {Role.PREFECTURE_FINANCE}
say_verbs({"statements:read": "負担金算定書と書類を見る・保存する"})
_ONE = "/statements/{statement_id:str}"
_Content = Annotated[
    dict[str, Any], Meta(description="算定書の内容。金額は整数の円、割合は分数の文字。発行したときのまま変わりません。")
]


class StatementEntry(Struct, frozen=True):
    """一覧の中の負担金算定書。"""

    id: Id
    organisation_name: str
    fiscal_year: int
    title: str
    stage: Annotated[str, Meta(description="段階と回", examples=["通知(第2回)"])]
    document_number: str
    due_date: date | None
    invoice_yen: SignedYen
    difference_yen: SignedYen
    issued_at: datetime
    withdrawn_at: Annotated[datetime | None, Meta(description="県が取り消した日時。取り消された算定書の金額は無効")]
    withdrawal_reason: str | None


class Statement(Struct, frozen=True):
    """一つの負担金算定書。"""

    statement: StatementEntry
    content: _Content


class MemberSheet(Struct, frozen=True):
    """計算の中の一つの構成団体の内訳。承認の前にも見られます。"""

    run_id: Id
    content: _Content


class IssuedStatement(Struct, frozen=True):
    """発行した算定書の番号。"""

    code: Code
    statement_id: Id


class IssuedStatements(Struct, frozen=True):
    """一つの計算で発行した算定書。"""

    count: Count
    statements: list[IssuedStatement]


@api_read(
    "/statements",
    roles=TOWN_MONEY,
    verb="statements:read",
    summary="負担金算定書の一覧",
    answers=StatementEntry,
    listed=True,
    module=MODULE_CODE,
)
async def statement_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """The town's own statements, newest first."""
    found = await queries.statements(visit(request).context.tenant_id)
    return listed(request, found, lambda one: one.id, _entry, newest_first=True)


@api_read(_ONE, roles=READERS, verb="statements:read", summary="負担金算定書", answers=Statement)
async def statement(request: Request[Any, Any, Any], statement_id: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """One statement with everything its page shows."""
    line, content = await queries.statement(positive_id(statement_id))
    return answer(Statement(_entry(line), dict(content)))


@api_read(_ONE + "/xlsx", roles=READERS, verb="statements:read", summary="負担金算定書(Excel)", answers=XLSX)
async def statement_workbook(request: Request[Any, Any, Any], statement_id: FromPath[str]) -> Response[Any]:
    """The statement as xlsx."""
    return await stored_download(request, await queries.statement_file(positive_id(statement_id), "xlsx"))


@api_read(_ONE + "/pdf", roles=READERS, verb="statements:read", summary="負担金算定書(PDF)", answers=PDF)
async def statement_paper(request: Request[Any, Any, Any], statement_id: FromPath[str]) -> Response[Any]:
    """The statement as PDF."""
    return await stored_download(request, await queries.statement_file(positive_id(statement_id), "pdf"))


@api_read(
    "/runs/{run_id:str}/statements",
    roles=PREFECTURE,
    verb="runs:read",
    summary="計算で発行した算定書",
    answers=IssuedStatements,
)
async def issued_statements(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """The number of every member's statement."""
    found = await queries.issued_by_run((await runs.run(positive_id(run_id))).id)
    issued = [IssuedStatement(code, number) for code, number in found.items()]
    return answer(IssuedStatements(len(issued), issued))


@api_read(
    "/runs/{run_id:str}/members/{member_code:str}",
    roles=PREFECTURE,
    verb="runs:read",
    summary="計算の中の1団体の内訳",
    answers=MemberSheet,
)
async def member_sheet(
    request: Request[Any, Any, Any], run_id: FromPath[str], member_code: FromPath[str]
) -> Response[Any]:
    """One member's figures as the member will see them."""
    run = await runs.run(positive_id(run_id))
    content = await preview_content(run, member_code, visit(request).now)
    return answer(MemberSheet(run.id, {**content, "register": own_register(await run_sources(run.id), member_code)}))


@api_read("/runs/{run_id:str}/summary", roles=PREFECTURE, verb="runs:read", summary="総括表(Excel)", answers=XLSX)
async def run_summary(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """The stored 総括表 of an approved run, otherwise one made now."""
    run = await runs.run(positive_id(run_id))
    if run.result_json is None:
        raise NotFound
    if "summary" in {paper.kind for paper in await runs.papers(run.id)}:
        return await stored_download(request, await queries.paper_file(run.id, "summary"))
    stay = site(request)
    meta = statement_meta(run, stay.prefecture_name, sample_data=stay.is_demo)
    content = await asyncio.to_thread(summary_of, run, meta)
    return file(content, file_name=file_name(run, "summary-draft", "xlsx"), content_type=XLSX)


@api_read("/runs/{run_id:str}/archive", roles=PREFECTURE, verb="runs:read", summary="書類一式(ZIP)", answers=ZIP)
async def run_archive(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """Every paper of an approved run; with the notices once they were issued."""
    number = positive_id(run_id)
    if "archive" in await notices.collection_kinds(number):
        return await stored_download(request, await notices.collection_file(number, "archive"))
    return await stored_download(request, await queries.paper_file(number, "archive"))


def _entry(one: StatementLine) -> StatementEntry:
    return StatementEntry(
        one.id,
        one.tenant_name,
        one.fiscal_year,
        one.title,
        one.stage_label,
        one.document_number,
        one.due_date,
        int(one.invoice_yen),
        int(one.difference_yen),
        one.issued_at,
        one.withdrawn_at,
        one.withdrawal_reason,
    )


HANDLERS = (
    statement_list,
    statement,
    statement_workbook,
    statement_paper,
    issued_statements,
    member_sheet,
    run_summary,
    run_archive,
)
