"""The API of consumption-tax returns: the register of a grant, one request, report, decide; towns their own."""

from datetime import date
from typing import Annotated, Any, Literal

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta, Struct

from billing.fields import Share, Yen
from billing.grant_procedures.steps.places import HERE, place
from billing.grant_procedures.tax_returns import forms, operations, queries
from billing.grant_procedures.tax_returns.rules import RequestView
from billing.programs import queries as programs
from tenants.api.answers import answer, listed
from tenants.api.bodies import as_form, read_body
from tenants.api.fields import Code, Id
from tenants.api.routes import api_act, api_read
from tenants.api.rules import say_verbs
from tenants.context import Role, Scope
from tenants.errors import Invalid, NotFound
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE, TOWN_MONEY
from tenants.web.visit import visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})
REPORTERS = frozenset({Role.PREFECTURE_FINANCE, Role.TOWN_FINANCE})
_ONE = "/tax-returns/{tax_request_id:str}"
say_verbs({"taxreturns:read": "消費税の報告を見る", "taxreturns:write": "消費税の報告を依頼・報告・確認する"})


class TaxReturnRequest(Struct, frozen=True):
    """1団体への依頼と、最新の報告。return_yen は報告の前は null。"""

    id: Id
    member: Code
    grant_id: Id
    grant_name: str
    account: str
    rate: Share
    grant_yen: Yen
    tax_yen: Yen
    due_date: date
    state: str
    deductible_yen: Yen | None
    return_yen: Yen | None


class TaxAccountsBody(Struct, frozen=True, forbid_unknown_fields=True):
    """会計の区分。団体コードごとに general(一般会計)か enterprise(公営企業会計)。"""

    accounts: Annotated[
        dict[str, Literal["general", "enterprise"]], Meta(max_length=2_000, examples=[{"283011": "enterprise"}])
    ]


class TaxRequestsBody(Struct, frozen=True, forbid_unknown_fields=True):
    """報告の依頼。"""

    due_date: date


class TaxReturnBody(Struct, frozen=True, forbid_unknown_fields=True):
    """消費税仕入控除税額の報告。一般会計の method は none(0円の報告)。"""

    method: Literal["none", "all", "ratio", "entered"]
    tax_yen: Yen
    ratio: Share | None = None
    deductible_yen: Yen | None = None
    note: Annotated[str, Meta(max_length=1_000)] = ""
    reason: Annotated[str, Meta(max_length=1_000, description="訂正のときの理由")] = ""


class TaxDecisionBody(Struct, frozen=True, forbid_unknown_fields=True):
    """報告の確認。accepted が false なら差戻しで、理由が必要。"""

    accepted: bool
    reason: Annotated[str, Meta(max_length=1_000)] = ""


@api_read(
    HERE + "/tax-returns",
    roles=PREFECTURE,
    verb="taxreturns:read",
    summary="交付金の消費税の報告の一覧",
    answers=TaxReturnRequest,
    listed=True,
)
async def tax_returns_of_grant(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """The newest request of every member."""
    _, grant = await place(program_id, grant_id)
    return listed(request, await queries.requests_of_grant(grant.id), lambda one: one.id, _shown)


@api_act(
    HERE + "/tax-accounts",
    roles=EDITORS,
    verb="taxreturns:write",
    summary="構成団体の会計の区分を保存する",
    body=TaxAccountsBody,
    answers=TaxAccountsBody,
    status=200,
    example={"accounts": {"283011": "enterprise"}},
)
async def save_tax_accounts(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """Keeps the account of the members named; others stay as they are."""
    program, _ = await place(program_id, grant_id)
    body = await read_body(request, TaxAccountsBody)
    by_code = {one.code: one.tenant_id for one in await programs.members(program.id)}
    if unknown := sorted(body.accounts.keys() - by_code.keys()):
        message = f"構成団体にない団体コードです({unknown[0]})。"
        raise Invalid("unknown-member", message, {"accounts": message})
    wanted = {by_code[code]: account for code, account in body.accounts.items()}
    await operations.save_accounts(visit(request).context, program.id, wanted)
    known = await queries.accounts(program.id)
    present: dict[str, Any] = {code: known[number] for code, number in by_code.items() if number in known}
    return answer(TaxAccountsBody(present))


@api_act(
    HERE + "/tax-requests",
    roles=EDITORS,
    verb="taxreturns:write",
    summary="構成団体に消費税の報告を依頼する",
    body=TaxRequestsBody,
    answers=TaxRequestsBody,
    status=200,
    example={"due_date": "2027-06-30"},
)
async def ask_members(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """Asks every member for its report."""
    program, grant = await place(program_id, grant_id)
    body, here = await read_body(request, TaxRequestsBody), visit(request)
    due = forms.due_input(as_form({"due_date": body.due_date}), here.now.date())
    await operations.ask_members(here.context, program, grant, due, here.now)
    return answer(body)


@api_read(
    "/tax-returns",
    roles=TOWN_MONEY,
    verb="taxreturns:read",
    summary="自団体の消費税の報告の一覧",
    answers=TaxReturnRequest,
    listed=True,
)
async def own_tax_returns(request: Request[Any, Any, Any]) -> Response[Any]:
    """The town's own requests."""
    found = await queries.requests_of_tenant(visit(request).context.tenant_id)
    return listed(request, found, lambda one: one.id, _shown)


@api_read(
    _ONE,
    roles=PREFECTURE | TOWN_MONEY,
    verb="taxreturns:read",
    summary="消費税の報告",
    answers=TaxReturnRequest,
)
async def tax_return(request: Request[Any, Any, Any], tax_request_id: FromPath[str]) -> Response[Any]:
    """One request with its newest report."""
    return answer(_shown(await _request(request, tax_request_id)))


@api_act(
    _ONE + "/reports",
    roles=REPORTERS,
    verb="taxreturns:write",
    summary="消費税の仕入控除税額を報告する",
    body=TaxReturnBody,
    answers=TaxReturnRequest,
    status=200,
    example={"method": "all", "tax_yen": 100_000},
)
async def report_tax_return(request: Request[Any, Any, Any], tax_request_id: FromPath[str]) -> Response[Any]:
    """Keeps a report."""
    found = await _request(request, tax_request_id)
    body, here = await read_body(request, TaxReturnBody), visit(request)
    values = {name: getattr(body, name) for name in TaxReturnBody.__struct_fields__}
    wanted = forms.return_input(as_form(values), found)
    await operations.report(here.context, found.id, wanted, here.now)
    return answer(_shown(await queries.request(found.id)))


@api_act(
    _ONE + "/decision",
    roles=EDITORS,
    verb="taxreturns:write",
    summary="消費税の報告を確認する・差し戻す",
    body=TaxDecisionBody,
    answers=TaxReturnRequest,
    status=200,
    example={"accepted": True},
)
async def decide_tax_return(request: Request[Any, Any, Any], tax_request_id: FromPath[str]) -> Response[Any]:
    """Accepts a report or sends it back."""
    found = await _request(request, tax_request_id)
    body, here = await read_body(request, TaxDecisionBody), visit(request)
    if not body.accepted and not body.reason.strip():
        raise Invalid("required", "差し戻す理由を指定してください。", {"reason": "差し戻す理由を指定してください。"})
    await operations.decide(here.context, found.id, body.reason.strip(), here.now, accepted=body.accepted)
    return answer(_shown(await queries.request(found.id)))


async def _request(request: Request[Any, Any, Any], tax_request_id: str) -> RequestView:
    found = await queries.request(positive_id(tax_request_id))
    context = visit(request).context
    if context.role.scope is Scope.TOWN and found.tenant_id != context.tenant_id:
        raise NotFound
    return found


def _shown(one: RequestView) -> TaxReturnRequest:
    names = ("id", "grant_id", "grant_name", "account", "rate", "grant_yen", "tax_yen", "due_date", "state")
    return TaxReturnRequest(
        member=one.code,
        deductible_yen=one.report.deductible_yen if one.report else None,
        return_yen=one.report.return_yen if one.report else None,
        **{name: getattr(one, name) for name in names},
    )


HANDLERS = (
    tax_returns_of_grant,
    save_tax_accounts,
    ask_members,
    own_tax_returns,
    tax_return,
    report_tax_return,
    decide_tax_return,
)
