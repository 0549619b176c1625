"""Writes of consumption-tax returns: accounts, the request to every member, a report, the decision on it."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from billing.grant_procedures.tax_returns import queries
from billing.grant_procedures.tax_returns.rules import (
    ACCOUNTS,
    NoCalculation,
    NotToDecide,
    NotToReport,
    RequestView,
    ReturnInput,
    deductible,
    to_return,
)
from billing.grant_procedures.tax_returns.tables import TaxAccount, TaxRequest, TaxReturn, TaxReturnDecision
from billing.grants.rules import GrantView
from billing.programs import queries as programs
from billing.programs.rules import MemberView, ProgramView
from tenants.audit.trail import Subject, record
from tenants.context import PREFECTURE_TENANT_ID, TenantContext
from tenants.database.engine import current_door
from tenants.errors import Conflict, Invalid

_LOCKED = 0x54415852
"""The class of our advisory locks on a request (「TAXR」); the second number is the request."""
_LARGEST_LOCK = 2**31 - 1
"""An advisory lock of two numbers takes 32-bit ones; requests that share one only wait for each other."""


async def save_accounts(context: TenantContext, program_id: int, wanted: Mapping[int, str]) -> None:
    """Will keep the account of each member (tenant id → general, enterprise). Raises NotFound, Invalid."""
    program = await programs.program(program_id)
    known = {one.tenant_id for one in await programs.members(program_id)}
    if not wanted.keys() <= known or not set(wanted.values()) <= set(ACCOUNTS):
        raise Invalid("unknown-member", "この事業の構成団体と、会計の区分から選んでください。")
    await current_door().execute("SELECT id FROM program WHERE id = $1 FOR UPDATE", (program_id,))
    before = await queries.accounts(program_id)
    for member_id, account in wanted.items():
        if member_id not in before:
            await TaxAccount.insert(
                TaxAccount(tenant_id=context.tenant_id, program_id=program_id, member_id=member_id, account=account)
            )
        elif before[member_id] != account:
            place = (TaxAccount.program_id == program_id) & (TaxAccount.member_id == member_id)
            await TaxAccount.update({TaxAccount.account: account}).where(place)
    subject = Subject("program", program_id, program.title)
    await record(context, "set_tax_accounts", subject, before=_texts(before), after=_texts(wanted))


async def ask_members(
    context: TenantContext, program: ProgramView, grant: GrantView, due_date: date, now: datetime
) -> int:
    """Will ask every member for its report and return how many were asked; who was asked the same is not asked again.

    Another day is for those who have not reported: a request takes the place of the one before with its report.

    Raises NoCalculation before a run is approved, Invalid (required) while a member has no account.
    """
    await current_door().execute("SELECT id FROM program WHERE id = $1 FOR UPDATE", (program.id,))
    parts = await queries.parts(program.id, grant.id)
    if not parts:
        raise NoCalculation
    members, known = await programs.members(program.id), await queries.accounts(program.id)
    if missing := [one.name for one in members if one.tenant_id not in known]:
        names = "、".join(missing[:5]) + ("など" if len(missing) > 5 else "")  # noqa: PLR2004  (a message stays short)
        raise Invalid("required", f"会計の区分が決まっていない団体があります({names})。先に保存してください。")
    before = {one.tenant_id: one for one in await queries.requests_of_grant(grant.id)}
    asked = 0
    for one in members:
        if one.code not in parts:
            continue
        facts: dict[str, Any] = {
            "account": known[one.tenant_id],
            "rate": grant.rate,
            "grant_yen": parts[one.code].grant_yen,
            "tax_yen": parts[one.code].tax_yen,
            "due_date": due_date,
        }
        present = before.get(one.tenant_id)
        if present is not None and _is_asked(present, facts):
            continue
        await _ask(context, program, grant, one, facts, now)
        asked += 1
    return asked


def _is_asked(present: RequestView, facts: Mapping[str, Any]) -> bool:
    changed = {name for name, value in facts.items() if getattr(present, name) != value}
    return not changed or (changed == {"due_date"} and not present.is_open)


async def _ask(
    context: TenantContext,
    program: ProgramView,
    grant: GrantView,
    member: MemberView,
    facts: Mapping[str, Any],
    now: datetime,
) -> None:
    await TaxRequest.insert(
        TaxRequest(
            tenant_id=member.tenant_id,
            prefecture_id=PREFECTURE_TENANT_ID,
            grant_id=grant.id,
            grant_name=grant.name,
            program_title=program.title,
            fiscal_year=program.fiscal_year,
            requested_by=context.person_name,
            requested_at=now,
            **facts,
        )
    )
    subject = Subject("tax_request", grant.id, f"{grant.name} {member.name}")
    await record(context, "ask_tax_return", subject, after=facts, tenant_id=member.tenant_id)


async def report(context: TenantContext, tax_request_id: int, wanted: ReturnInput, now: datetime) -> int:
    """Will keep a member's report and return what is given back, in yen. Raises NotFound, NotToReport, Invalid."""
    request = await _locked(tax_request_id)
    if request.state == "accepted":
        raise NotToReport
    if request.report is not None and not wanted.reason:
        message = "前の報告を訂正する理由を入力してください。"
        raise Invalid("required", "入力内容を確かめてください。", {"reason": message})
    values = asdict(wanted) | {
        "deductible_yen": deductible(wanted),
        "return_yen": to_return(wanted, Fraction(request.rate), request.grant_yen),
    }
    await TaxReturn.insert(
        TaxReturn(
            tenant_id=request.tenant_id,
            request_id=request.id,
            entered_by_id=context.person_id,
            entered_by=context.person_name,
            entered_at=now,
            **values,
        )
    )
    await record(context, "report_tax_return", _subject(request), after=values, tenant_id=request.tenant_id)
    return int(values["return_yen"])


async def decide(context: TenantContext, tax_request_id: int, reason: str, now: datetime, *, accepted: bool) -> None:
    """Will accept the newest report or send it back with a reason. Raises NotFound, NotToDecide, Conflict."""
    request = await _locked(tax_request_id)
    if request.report is None or request.state != "waiting":
        raise NotToDecide
    if request.report.entered_by_id == context.person_id:
        raise Conflict("same-person", "入力した人は確認できません。別の担当者が確かめてください。")
    await TaxReturnDecision.insert(
        TaxReturnDecision(
            tenant_id=request.tenant_id,
            return_id=request.report.id,
            accepted=accepted,
            reason=reason,
            entered_by_id=request.report.entered_by_id,
            decided_by_id=context.person_id,
            decided_by=context.person_name,
            decided_at=now,
        )
    )
    action = "accept_tax_return" if accepted else "return_tax_return"
    after = {"return_yen": request.report.return_yen, "reason": reason}
    await record(context, action, _subject(request), after=after, tenant_id=request.tenant_id)


async def _locked(tax_request_id: int) -> RequestView:
    """The request, with others kept from reporting or deciding on it until the transaction ends.

    A town may not lock a row it cannot update, so the lock is on the number.
    """
    number = tax_request_id % _LARGEST_LOCK
    await current_door().execute("SELECT pg_advisory_xact_lock($1::integer, $2::integer)", (_LOCKED, number))
    return await queries.request(tax_request_id)


def _subject(request: RequestView) -> Subject:
    return Subject("tax_request", request.id, f"{request.grant_name} {request.name}")


def _texts(by_member: Mapping[int, str]) -> dict[str, str]:
    return {str(member_id): account for member_id, account in by_member.items()}
