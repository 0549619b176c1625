"""Writes of the guards: a reason for a finding, what of a grant is national money."""

from datetime import datetime
from fractions import Fraction
from typing import Any

from billing.grant_procedures.guards import queries
from billing.grant_procedures.guards.rules import Finding, findings
from billing.grant_procedures.guards.tables import GrantRoute, GuardOverride
from billing.grants.rules import GrantView
from billing.money import exact_text
from billing.programs.rules import ProgramView
from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.database.versions import EditedMeanwhile
from tenants.errors import Conflict


class NoSuchFinding(Conflict):
    """What the reason is for is not found any more, or reads otherwise."""

    def __init__(self) -> None:
        super().__init__("finding-gone", "点検の結果が変わりました。いまの内容を確かめてください。")


async def override(
    context: TenantContext, program: ProgramView, grant: GrantView, finding: Finding, reason: str, now: datetime
) -> None:
    """Will keep why a finding stands all the same. Raises NoSuchFinding."""
    if finding not in findings(await queries.guard_case(program, grant)):
        raise NoSuchFinding
    await GuardOverride.insert(
        GuardOverride(
            tenant_id=context.tenant_id,
            grant_id=grant.id,
            code=finding.code,
            message=finding.message,
            reason=reason,
            overridden_by_id=context.person_id,
            overridden_by=context.person_name,
            overridden_at=now,
        )
    )
    subject = Subject("grant_line", grant.id, grant.name)
    after = {"code": finding.code, "finding": finding.message, "reason": reason}
    await record(context, "override_grant_guard", subject, after=after)


async def set_national_part(context: TenantContext, grant: GrantView, part: Fraction, version: int) -> None:
    """Will keep what of a grant is national money. Raises EditedMeanwhile."""
    await current_door().execute("SELECT id FROM grant_line WHERE id = $1 FOR UPDATE", (grant.id,))
    before, present = await queries.national_part(grant.id)
    if present != version:
        raise EditedMeanwhile
    text = exact_text(part)
    if version:
        values: dict[Any, Any] = {"national_part": text, "version": version + 1}
        await GrantRoute.update(values).where(GrantRoute.grant_id == grant.id)
    else:
        await GrantRoute.insert(
            GrantRoute(tenant_id=context.tenant_id, grant_id=grant.id, national_part=text, version=1)
        )
    subject = Subject("grant_line", grant.id, grant.name)
    await record(context, "set_national_part", subject, before={"national_part": before}, after={"national_part": text})
