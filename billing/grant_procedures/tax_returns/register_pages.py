"""Pages of the register of consumption-tax returns: accounts, the request to every member, who has reported."""

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.grant_procedures.steps.places import HERE, grant_trail, place, url_of
from billing.grant_procedures.tax_returns import forms, operations, queries
from billing.grant_procedures.tax_returns.rules import ACCOUNTS, STATES, RequestView, sum_to_return
from billing.grants.rules import GrantView
from billing.money import format_yen
from billing.programs import queries as programs
from billing.programs.rules import MemberView, ProgramView
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import field_messages, read_form, status_of
from tenants.web.routes import PREFECTURE, act, page
from tenants.web.visit import visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})
_REGISTER = HERE + "/tax-returns"
say_when_done(
    {"tax-accounts-saved": "会計の区分を保存しました。", "tax-returns-asked": "構成団体に報告を依頼しました。"}
)


@page(_REGISTER, roles=PREFECTURE)
async def tax_register(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """Which member has reported what."""
    program, grant = await place(program_id, grant_id)
    return await _page(request, program, grant)


@act(HERE + "/tax-accounts", roles=EDITORS)
async def save_tax_accounts(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """Keeps the account of each member."""
    form = await read_form(request)
    program, grant = await place(program_id, grant_id)
    try:
        async with savepoint():
            wanted = forms.accounts_input(form, await programs.members(program.id))
            await operations.save_accounts(visit(request).context, program.id, wanted)
    except (Invalid, Conflict) as refused:
        return await _page(request, program, grant, form, refused)
    return see_other(f"{url_of(program, grant)}/tax-returns", done="tax-accounts-saved")


@act(HERE + "/tax-requests", roles=EDITORS)
async def ask_members(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """Asks every member for its report."""
    form = await read_form(request)
    program, grant = await place(program_id, grant_id)
    here = visit(request)
    try:
        async with savepoint():
            due = forms.due_input(form, here.now.date())
            await operations.ask_members(here.context, program, grant, due, here.now)
    except (Invalid, Conflict) as refused:
        return await _page(request, program, grant, form, refused)
    return see_other(f"{url_of(program, grant)}/tax-returns", done="tax-returns-asked")


async def _page(
    request: Request[Any, Any, Any],
    program: ProgramView,
    grant: GrantView,
    typed: Mapping[str, str] | None = None,
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    asked = await queries.requests_of_grant(grant.id)
    known = await queries.accounts(program.id)
    members = await programs.members(program.id)
    by_tenant = {one.tenant_id: one for one in asked}
    accepted, waiting = sum_to_return(asked)
    typed = typed or {}
    return render(
        request,
        "tax_returns/register.html",
        title=f"{grant.name} 消費税の報告",
        lead="公営企業会計で控除した消費税の分は国などへ返還します。一般会計の団体も0円の報告が必要です。",
        breadcrumb=grant_trail(program, grant, "消費税の報告"),
        help_page="grant-procedures",
        status=status_of(refused),
        errors=field_messages(refused),
        here=url_of(program, grant),
        rows=[_row(one, by_tenant.get(one.tenant_id), known.get(one.tenant_id, "")) for one in members],
        counts=_counts(asked, len(members)),
        late=[one.name for one in asked if one.is_open],
        accepted=format_yen(accepted),
        waiting=format_yen(waiting),
        sums={"name": "合計", "return_yen": accepted + waiting},
        members=[
            (f"account-{one.tenant_id}", one.name, typed.get(f"account-{one.tenant_id}", known.get(one.tenant_id, "")))
            for one in members
        ],
        accounts=list(ACCOUNTS.items()),
        due_date=typed.get("due_date", ""),
        may_edit=visit(request).context.role in EDITORS,
    )


def _counts(asked: list[RequestView], members: int) -> list[tuple[str, str]]:
    by_state = {code: sum(one.state == code for one in asked) for code in STATES if code != "unasked"}
    found = [(STATES[code].label, f"{count}団体") for code, count in by_state.items()]
    return [*found, (STATES["unasked"].label, f"{members - len(asked)}団体")]


def _row(member: MemberView, asked: RequestView | None, account: str) -> dict[str, Any]:
    report = asked.report if asked else None
    return {
        "code": member.code,
        "name": member.name,
        "url": f"/tax-returns/{asked.id}" if asked else None,
        "account": ACCOUNTS.get(asked.account if asked else account, "未入力"),
        "state": asked.status if asked else STATES["unasked"],
        "due_date": asked.due_date if asked else None,
        "grant_yen": asked.grant_yen if asked else None,
        "reported_at": report.entered_at if report else None,
        "return_yen": report.return_yen if report else None,
    }


HANDLERS = (tax_register, save_tax_accounts, ask_members)
