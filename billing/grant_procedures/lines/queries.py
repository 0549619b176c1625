"""Reads of a grant's cost lines, in the order of the costs."""

from collections import defaultdict
from typing import Any

from billing.costs import queries as costs
from billing.grant_procedures.lines.rules import CostEvidence, DatesInput, EligibilityInput, LineView, is_counted
from billing.grants.rules import GrantView
from tenants.database.engine import current_door
from tenants.errors import NotFound

_DATES = """
SELECT d.cost_id, d.contract_date, d.delivery_date, d.payment_date, d.version
  FROM cost_dates d JOIN cost c ON c.tenant_id = d.tenant_id AND c.id = d.cost_id WHERE c.program_id = $1
"""
_ELIGIBILITY = (
    "SELECT cost_id, eligible_yen, ineligible_yen, reason, version FROM grant_eligibility WHERE grant_id = $1"
)
_PAPERS = """
SELECT e.id, e.cost_id, e.kind, e.file_id, e.name, f.size_bytes, f.sha256
  FROM cost_evidence e JOIN stored_file f ON f.tenant_id = e.tenant_id AND f.id = e.file_id
  JOIN cost c ON c.tenant_id = e.tenant_id AND c.id = e.cost_id
 WHERE c.program_id = $1 AND e.removed_at IS NULL ORDER BY e.id
"""


async def lines(program_id: int, grant: GrantView) -> list[LineView]:
    """Every cost of the program as the grant sees it, by the costs' ids."""
    door = current_door()
    dates = {row["cost_id"]: row for row in await door.execute(_DATES, (program_id,))}
    eligibility = {row["cost_id"]: row for row in await door.execute(_ELIGIBILITY, (grant.id,))}
    papers: dict[int, list[CostEvidence]] = defaultdict(list)
    for row in await door.execute(_PAPERS, (program_id,)):
        papers[row["cost_id"]].append(CostEvidence(**{name: row[name] for name in CostEvidence.__dataclass_fields__}))
    return [
        LineView(
            cost=one,
            counted=is_counted(grant, one),
            dates=_dates(dates.get(one.id)),
            dates_version=dates[one.id]["version"] if one.id in dates else 0,
            eligibility=_eligibility(eligibility.get(one.id)),
            eligibility_version=eligibility[one.id]["version"] if one.id in eligibility else 0,
            papers=tuple(papers[one.id]),
        )
        for one in await costs.costs(program_id)
    ]


async def line(program_id: int, grant: GrantView, cost_id: int) -> LineView:
    """One cost as the grant sees it; raises NotFound."""
    found = next((one for one in await lines(program_id, grant) if one.cost.id == cost_id), None)
    if found is None:
        raise NotFound
    return found


def paper_of(line: LineView, cost_evidence_id: int) -> CostEvidence:
    """One paper of the line; raises NotFound."""
    found = next((one for one in line.papers if one.id == cost_evidence_id), None)
    if found is None:
        raise NotFound
    return found


def _dates(row: dict[str, Any] | None) -> DatesInput:
    if row is None:
        return DatesInput(None, None, None)
    return DatesInput(row["contract_date"], row["delivery_date"], row["payment_date"])


def _eligibility(row: dict[str, Any] | None) -> EligibilityInput | None:
    if row is None:
        return None
    return EligibilityInput(int(row["eligible_yen"]), int(row["ineligible_yen"]), row["reason"])
