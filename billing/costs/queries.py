"""Reads of costs, in the order they were entered."""

import json
from typing import Any

from billing.costs.rules import CostView, PostedCost, content_sha256
from billing.costs.tariffs.rules import used_basis_id
from tenants.database.engine import current_door
from tenants.errors import NotFound

_COSTS = """
SELECT c.id, c.name, c.amount_yen, c.revenue_yen, c.tax_rate, c.eligible, c.charge_kind, c.key_id, c.member_id,
       c.tariff, c.source, c.reference, c.version,
       coalesce(k.name, '') AS key_name, coalesce(t.name, '') AS member_name,
       c.member_id IS NULL OR EXISTS (SELECT 1 FROM program_member m
         WHERE m.tenant_id = c.tenant_id AND m.program_id = c.program_id AND m.member_id = c.member_id) AS takes_part
  FROM cost c
  LEFT JOIN cost_key k ON k.tenant_id = c.tenant_id AND k.id = c.key_id
  LEFT JOIN tenant t ON t.id = c.member_id
 WHERE c.program_id = $1
"""
_GRANTS_COUNTING = "SELECT name FROM grant_line WHERE program_id = $1 AND $2 = ANY (cost_ids) ORDER BY position"


async def costs(program_id: int) -> list[CostView]:
    """The program's costs by id, the order they were entered in."""
    return [_view(row) for row in await current_door().execute(_COSTS + " ORDER BY c.id", (program_id,))]


async def cost(program_id: int, cost_id: int) -> CostView:
    """One cost of this program; raises NotFound, also for a cost of another program."""
    rows = await current_door().execute(_COSTS + " AND c.id = $2", (program_id, cost_id))
    if not rows:
        raise NotFound
    return _view(rows[0])


async def posted(program_id: int, source: str, reference: str) -> PostedCost | None:
    """What was posted under this source and reference, or None.

    A cost from before fingerprints were kept is taken by what it says now.
    """
    arguments = (program_id, source, reference)
    rows = await current_door().execute(_COSTS + " AND c.source = $2 AND c.reference = $3", arguments)
    if not rows:
        return None
    cost = _view(rows[0])
    kept = await current_door().execute("SELECT posted_sha256 FROM cost WHERE id = $1", (cost.id,))
    return PostedCost(cost.id, cost.name, kept[0]["posted_sha256"] or content_sha256(cost.content))


async def priced_by(program_id: int, basis_id: int) -> list[str]:
    """The names of the costs whose tariff reads this basis, in the order they were entered."""
    return [one.name for one in await costs(program_id) if used_basis_id(one.tariff) == basis_id]


async def grants_counting(program_id: int, cost_id: int) -> list[str]:
    """The names of the grants that list this cost, in the grants' order."""
    return [row["name"] for row in await current_door().execute(_GRANTS_COUNTING, (program_id, cost_id))]


def _view(row: dict[str, Any]) -> CostView:
    amounts = {name: int(row[name]) for name in ("amount_yen", "revenue_yen")}
    stored = row["tariff"]
    tariff = json.loads(stored) if isinstance(stored, str) else stored
    return CostView(**{**{name: row[name] for name in CostView.__dataclass_fields__}, **amounts, "tariff": tariff})
