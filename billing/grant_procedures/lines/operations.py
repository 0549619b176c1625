"""Writes of cost lines: dates and eligible yen of one cost, a paper more, a paper away."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from billing.grant_procedures.evidence.operations import keep_evidence
from billing.grant_procedures.evidence.rules import Evidence
from billing.grant_procedures.lines import queries
from billing.grant_procedures.lines.rules import DatesInput, EligibilityInput, LineView
from billing.grant_procedures.lines.tables import CostDates, CostPaper, GrantEligibility
from billing.grants import queries as grants
from billing.grants.rules import GrantView
from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.database.versions import EditedMeanwhile
from tenants.errors import Invalid
from tenants.storage import Storage


@dataclass(frozen=True, slots=True)
class LineInput:
    """What a person says of one cost, and the versions it was made from."""

    dates: DatesInput
    eligibility: EligibilityInput
    dates_version: int
    eligibility_version: int


async def save_line(context: TenantContext, program_id: int, grant_id: int, cost_id: int, wanted: LineInput) -> None:
    """Will keep a cost's dates and what the grant takes of it. Raises NotFound, EditedMeanwhile, Invalid (sum)."""
    grant, before = await _hold(program_id, grant_id, cost_id)
    if (before.dates_version, before.eligibility_version) != (wanted.dates_version, wanted.eligibility_version):
        raise EditedMeanwhile
    check_sum(wanted.eligibility, before)
    dates: dict[Any, Any] = {**asdict(wanted.dates), "version": before.dates_version + 1}
    if before.dates_version:
        await CostDates.update(dates).where(CostDates.cost_id == cost_id)
    else:
        await CostDates.insert(CostDates(tenant_id=context.tenant_id, cost_id=cost_id, **dates))
    split: dict[Any, Any] = {**asdict(wanted.eligibility), "version": before.eligibility_version + 1}
    if before.eligibility_version:
        place = (GrantEligibility.grant_id == grant_id) & (GrantEligibility.cost_id == cost_id)
        await GrantEligibility.update(split).where(place)
    else:
        await GrantEligibility.insert(
            GrantEligibility(tenant_id=context.tenant_id, grant_id=grant_id, cost_id=cost_id, **split)
        )
    said = {**asdict(wanted.dates), **asdict(wanted.eligibility)}
    known = asdict(before.eligibility) if before.eligibility else {}
    await record(
        context,
        "save_grant_line",
        Subject("cost", cost_id, before.cost.name),
        before={**asdict(before.dates), **known},
        after={"grant": grant.name, **said},
    )


def check_sum(split: EligibilityInput, line: LineView) -> None:
    """Raises Invalid when eligible and ineligible are not together what the cost comes to."""
    if split.eligible_yen + split.ineligible_yen != line.cost.net_yen:
        message = f"対象額と対象外の額の合計を、特定財源を引いた経費({line.cost.net_yen:,}円)に合わせてください。"
        raise Invalid("eligibility-sum", "入力内容を確かめてください。", {"ineligible_yen": message})


async def add_paper(
    context: TenantContext,
    storage: Storage,
    program_id: int,
    grant_id: int,
    cost_id: int,
    kind: str,
    evidence: Evidence,
    now: datetime,
) -> None:
    """Will keep a paper with a cost. Raises NotFound, OverQuota, StorageFailed."""
    _, line = await _hold(program_id, grant_id, cost_id)
    file_id = await keep_evidence(context, storage, evidence, now)
    await CostPaper.insert(
        CostPaper(
            tenant_id=context.tenant_id,
            cost_id=cost_id,
            kind=kind,
            file_id=file_id,
            name=evidence.name,
            added_by=context.person_name,
            added_at=now,
        )
    )
    subject = Subject("cost", cost_id, line.cost.name)
    await record(context, "add_cost_evidence", subject, after={"kind": kind, "name": evidence.name})


async def remove_paper(
    context: TenantContext,
    program_id: int,
    grant_id: int,
    cost_id: int,
    cost_evidence_id: int,
    reason: str,
    now: datetime,
) -> None:
    """Will mark a paper as removed; the file itself is kept. Raises NotFound."""
    _, line = await _hold(program_id, grant_id, cost_id)
    paper = queries.paper_of(line, cost_evidence_id)
    removal: dict[Any, Any] = {"removed_by": context.person_name, "removed_at": now, "removal_reason": reason}
    await CostPaper.update(removal).where(CostPaper.id == paper.id)
    subject = Subject("cost", cost_id, line.cost.name)
    await record(context, "remove_cost_evidence", subject, before={"name": paper.name}, after={"reason": reason})


async def _hold(program_id: int, grant_id: int, cost_id: int) -> tuple[GrantView, LineView]:
    """One person at a time writes what belongs to a cost."""
    grant = await grants.grant(program_id, grant_id)
    await current_door().execute(
        "SELECT id FROM cost WHERE program_id = $1 AND id = $2 FOR UPDATE", (program_id, cost_id)
    )
    return grant, await queries.line(program_id, grant, cost_id)
