"""The API of notices: issue a run's, the rows for accounting systems, a member's notice as PDF."""

from datetime import date
from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta, Struct

from billing.fields import SignedYen, Yen
from billing.notices import operations, queries
from billing.notices.accounting import entry_kind
from billing.notices.rules import refund_yen
from billing.notices.settings.rules import TAXES
from billing.runs import queries as runs
from billing.statements.jobs import PDF
from tenants.api.answers import answer
from tenants.api.fields import Code, Count, Id
from tenants.api.routes import api_act, api_read
from tenants.context import Role
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE, TOWN_MONEY
from tenants.web.stored import stored_download
from tenants.web.visit import visit

OFFICERS = frozenset({Role.PREFECTURE_FINANCE})
READERS = TOWN_MONEY | OFFICERS


class Asked(Struct, frozen=True):
    """作成を始めた納入通知書。"""

    run_id: Id
    job_id: Annotated[Id, Meta(description="進み具合を /jobs/{job_id} で見られます")]


class AccountingRow(Struct, frozen=True):
    """会計システムへ渡す1行。団体と期ごとに1行です。"""

    fiscal_year: int
    account: str
    kan: str
    kou: str
    moku: str
    setsu: str
    debtor_code: Code
    debtor_name: str
    addressed_to: str
    instalment: Annotated[int, Meta(description="期")]
    kind: Annotated[str, Meta(description="区分", examples=["納入", "減額", "還付", "納期限変更"])]
    amount_yen: Annotated[SignedYen, Meta(description="調定額(円)。減額と還付は負の数、納期限変更は0")]
    refund_yen: Annotated[Yen, Meta(description="調定額のうち、納入済みのため還付する額(円)")]
    due_date: date | None
    document_number: str
    tax_category: Annotated[str, Meta(examples=list(TAXES.values()))]
    summary: Annotated[str, Meta(description="摘要")]


class AccountingRows(Struct, frozen=True):
    """一つの計算の納入通知書の行。"""

    count: Count
    rows: list[AccountingRow]


@api_act(
    "/runs/{run_id:str}/notices",
    roles=OFFICERS,
    verb="runs:decide",
    summary="納入通知書を発行する",
    answers=Asked,
    status=200,
)
async def issue_notices(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """Asks for the notices of an approved run."""
    here, number = visit(request), positive_id(run_id)
    return answer(Asked(number, await operations.issue_notices(here.context, number, here.now)))


@api_read(
    "/runs/{run_id:str}/accounting",
    roles=PREFECTURE,
    verb="runs:read",
    summary="会計システムへ渡す行",
    answers=AccountingRows,
)
async def accounting(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """The rows of the run's notices; none before they are issued."""
    run = await runs.run(positive_id(run_id))
    rows = [_row(paper, page) for paper in await queries.paper_lines(run.id) for page in paper.content["pages"]]
    return answer(AccountingRows(len(rows), rows))


@api_read(
    "/statements/{statement_id:str}/notice",
    roles=READERS,
    verb="statements:read",
    summary="納入通知書(PDF)",
    answers=PDF,
)
async def notice(request: Request[Any, Any, Any], statement_id: FromPath[str]) -> Response[Any]:
    """A member's notice as PDF."""
    return await stored_download(request, await queries.notice_file(positive_id(statement_id)))


def _row(paper: queries.PaperLine, page: dict[str, Any]) -> AccountingRow:
    budget = paper.content["budget"]
    return AccountingRow(
        fiscal_year=page["fiscal_year"],
        **{name: budget[name] for name in ("account", "kan", "kou", "moku", "setsu")},
        debtor_code=paper.code,
        debtor_name=paper.name,
        addressed_to=page["addressed_to"],
        instalment=page["number"],
        kind=entry_kind(page),
        amount_yen=page["amount_yen"],
        refund_yen=refund_yen(page),
        due_date=date.fromisoformat(page["due_date"]) if page["due_date"] else None,
        document_number=page["document_number"],
        tax_category=TAXES[budget["tax_category"]],
        summary=f"{page['title']} {page['stage']}",
    )


HANDLERS = (issue_notices, accounting, notice)
