"""Pages of consumption-tax returns: a town's list, one report, the prefecture's decision, the paper."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.grant_procedures.tax_returns import forms, operations, queries
from billing.grant_procedures.tax_returns.listed import TAX_RETURNS
from billing.grant_procedures.tax_returns.paper import report_pdf
from billing.grant_procedures.tax_returns.register_pages import HANDLERS as REGISTER
from billing.grant_procedures.tax_returns.rules import ACCOUNTS, FOR_ACCOUNT, METHODS, RequestView
from billing.grant_procedures.tax_returns.tasks import tax_return_tasks
from billing.money import format_yen
from tenants.calendar import fiscal_year_label, japanese_date
from tenants.context import Role, Scope
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid, NotFound
from tenants.lists.listing import list_page
from tenants.web.answers import download, render, say_when_done, see_other
from tenants.web.form_data import Faults, field_messages, positive_id, read_form, required_text, status_of
from tenants.web.modules import Module, NavigationEntry
from tenants.web.routes import PREFECTURE, TOWN_MONEY, act, page
from tenants.web.visit import site, visit

READERS = PREFECTURE | TOWN_MONEY
EDITORS = frozenset({Role.PREFECTURE_FINANCE})
REPORTERS = frozenset({Role.PREFECTURE_FINANCE, Role.TOWN_FINANCE})
_ONE = "/tax-returns/{tax_request_id:str}"
_LONGEST_REASON = 1_000
say_when_done(
    {
        "tax-return-reported": "報告しました。県が確かめます。",
        "tax-return-accepted": "報告を確認しました。",
        "tax-return-returned": "報告を差し戻しました。",
    }
)


@page("/tax-returns", roles=TOWN_MONEY)
async def tax_returns(request: Request[Any, Any, Any]) -> Response[Any]:
    """The town's own reports."""
    return await list_page(
        request,
        TAX_RETURNS,
        title="消費税の報告",
        lead="交付金に含まれる消費税のうち、申告で控除した額の報告です。返還する額が0円でも報告が必要です。",
        breadcrumb=[("今週やること", "/"), ("消費税の報告", None)],
        help_page="grant-procedures",
    )


@page(_ONE, roles=READERS)
async def tax_return(request: Request[Any, Any, Any], tax_request_id: FromPath[str]) -> Response[Any]:
    """One report: what is asked, the form, what was decided."""
    return _page(request, await _request(request, tax_request_id))


@act(_ONE, roles=REPORTERS)
async def report_tax_return(request: Request[Any, Any, Any], tax_request_id: FromPath[str]) -> Response[Any]:
    """Keeps a report."""
    form = await read_form(request)
    found = await _request(request, tax_request_id)
    here = visit(request)
    try:
        async with savepoint():
            wanted = forms.return_input(form, found)
            await operations.report(here.context, found.id, wanted, here.now)
    except (Invalid, Conflict) as refused:
        return _page(request, await queries.request(found.id), form, refused)
    return see_other(f"/tax-returns/{found.id}", done="tax-return-reported")


@act(_ONE + "/decision", roles=EDITORS)
async def decide_tax_return(request: Request[Any, Any, Any], tax_request_id: FromPath[str]) -> Response[Any]:
    """Accepts a report, or sends it back with a reason."""
    form = await read_form(request)
    found = await _request(request, tax_request_id)
    here, accepted = visit(request), form.get("accepted", "") == "1"
    try:
        async with savepoint():
            faults = Faults()
            reason = ""
            if not accepted:
                reason = required_text(form, "decision_reason", "差し戻す理由", faults, longest=_LONGEST_REASON)
            faults.raise_if_any()
            await operations.decide(here.context, found.id, reason, here.now, accepted=accepted)
    except (Invalid, Conflict) as refused:
        return _page(request, await queries.request(found.id), form, refused)
    return see_other(f"/tax-returns/{found.id}", done="tax-return-accepted" if accepted else "tax-return-returned")


@page(_ONE + "/paper", roles=READERS)
async def tax_return_paper(request: Request[Any, Any, Any], tax_request_id: FromPath[str]) -> Response[Any]:
    """The newest report as PDF."""
    found = await _request(request, tax_request_id)
    if found.report is None:
        raise NotFound
    content = await report_pdf(found, found.report, site(request).prefecture_name)
    return download(content, file_name=f"tax-return-{found.code}-{found.id}.pdf", content_type="application/pdf")


async def _request(request: Request[Any, Any, Any], tax_request_id: str) -> RequestView:
    """The request of an address; a town finds its own only."""
    found = await queries.request(positive_id(tax_request_id))
    context = visit(request).context
    if context.role.scope is Scope.TOWN and found.tenant_id != context.tenant_id:
        raise NotFound
    return found


def _page(
    request: Request[Any, Any, Any],
    found: RequestView,
    typed: Mapping[str, str] | None = None,
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    context = visit(request).context
    report = found.report
    may_decide = (
        context.role in EDITORS
        and found.state == "waiting"
        and report is not None
        and report.entered_by_id != context.person_id
    )
    listed = "/tax-returns" if context.role in TOWN_MONEY else "/grant-procedures"
    return render(
        request,
        "tax_returns/page.html",
        title=f"消費税の報告 {found.name}",
        lead="交付金に含まれる消費税を申告で控除した額を報告します。返還する額がなくても、0円の報告が必要です。",
        breadcrumb=[
            ("今週やること", "/"),
            ("消費税の報告" if context.role in TOWN_MONEY else "交付金の手続き", listed),
            (f"{found.grant_name} {found.name}", None),
        ],
        help_page="grant-procedures",
        status=status_of(refused),
        errors=field_messages(refused),
        here=f"/tax-returns/{found.id}",
        state=found.status,
        facts=_facts(found),
        report=_report(found),
        values={**forms.return_values(found), **(typed or {})},
        methods=[(one, METHODS[one]) for one in FOR_ACCOUNT[found.account]],
        is_general=found.account == "general",
        rate=found.rate,
        is_correction=report is not None,
        may_report=context.role in REPORTERS and found.state != "accepted",
        may_decide=may_decide,
    )


def _facts(found: RequestView) -> list[tuple[str, str]]:
    return [
        ("交付金", f"{found.grant_name}({fiscal_year_label(found.fiscal_year)} {found.program_title})"),
        ("会計", ACCOUNTS[found.account]),
        ("交付金の額", format_yen(found.grant_yen)),
        ("率", found.rate),
        ("負担のうち消費税(計算から)", format_yen(found.tax_yen)),
        ("報告期限", japanese_date(found.due_date)),
    ]


def _report(found: RequestView) -> list[tuple[str, str]]:
    report = found.report
    if report is None:
        return []
    ratio = [("課税売上割合", report.ratio)] if report.method == "ratio" else []
    decided = [("県の確認", f"{found.status.label}({report.decided_by})")] if report.accepted is not None else []
    said = (("メモ", report.note), ("訂正の理由", report.reason), ("差戻しの理由", report.decision_reason))
    return [
        ("控除のしかた", METHODS[report.method]),
        ("補助対象経費の消費税", format_yen(report.tax_yen)),
        *ratio,
        ("控除した税額", format_yen(report.deductible_yen)),
        ("返還する額", format_yen(report.return_yen)),
        ("報告", f"{report.entered_by}({japanese_date(report.entered_at)})"),
        *decided,
        *((label, text) for label, text in said if text),
    ]


MODULE = Module(
    name="tax_returns",
    handlers=(tax_returns, tax_return, report_tax_return, decide_tax_return, tax_return_paper, *REGISTER),
    templates=Path(__file__).parent / "templates",
    navigation=(NavigationEntry("消費税の報告", "/tax-returns", TOWN_MONEY, "apportionment"),),
    tasks=(tax_return_tasks,),
    action_labels={
        "set_tax_accounts": "構成団体の会計の区分を保存",
        "ask_tax_return": "消費税の報告を依頼",
        "report_tax_return": "消費税の仕入控除税額を報告",
        "accept_tax_return": "消費税の報告を確認",
        "return_tax_return": "消費税の報告を差し戻し",
    },
)
