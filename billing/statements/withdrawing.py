"""Withdrawing (取消し): an approved run and every member's statement count no more, and the members are told."""

from datetime import datetime
from pathlib import Path

from billing.runs.decisions import operations as decisions
from billing.runs.rules import RunView
from billing.statements import queries
from billing.statements.queries import StatementLine
from billing.statements.tables import StatementWithdrawal
from tenants.audit.trail import Subject, record
from tenants.context import PREFECTURE_TENANT_ID, Role, TenantContext
from tenants.mail.operations import notify
from tenants.mail.queries import people_with_roles
from tenants.mail.rules import MailTemplate

WITHDRAWN = MailTemplate(Path(__file__).parent / "templates" / "statements" / "mail" / "withdrawn.txt")


async def withdraw_with_statements(context: TenantContext, run_id: int, reason: str, now: datetime) -> None:
    """Will withdraw the run and what its members were told, in one transaction.

    Statements still being made are not issued any more. Raises NotInThisState, ApproverWithdraws, NotNewest.
    """
    run = await decisions.withdraw_run(context, run_id, reason, now)
    for one in await queries.statements_of_run(run_id):
        await _withdraw(context, run, one, reason, now)


async def _withdraw(context: TenantContext, run: RunView, line: StatementLine, reason: str, now: datetime) -> None:
    await StatementWithdrawal.insert(
        StatementWithdrawal(
            tenant_id=line.tenant_id,
            prefecture_id=PREFECTURE_TENANT_ID,
            statement_id=line.id,
            reason=reason,
            withdrawn_at=now,
        )
    )
    subject = Subject("statement", line.id, f"{run.title} {run.stage_label} {line.tenant_name}")
    await record(context, "withdraw_statement", subject, after={"reason": reason}, tenant_id=line.tenant_id)
    await notify(
        context,
        await people_with_roles(line.tenant_id, {Role.TOWN_FINANCE}, now.date()),
        WITHDRAWN,
        {"title": run.title, "stage": run.stage_label, "tenant": line.tenant_name, "reason": reason},
        f"/statements/{line.id}",
        now,
        tenant_id=line.tenant_id,
    )
