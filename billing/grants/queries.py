"""Reads of grants, in the order of calculation."""

from typing import Any

from billing.grants.rules import GrantView
from billing.grants.tables import GrantLine
from tenants.errors import NotFound


async def grants(program_id: int) -> list[GrantView]:
    """The program's grants by position."""
    rows = await GrantLine.select().where(GrantLine.program_id == program_id).order_by(GrantLine.position, GrantLine.id)
    return [_view(row) for row in rows]


async def grant(program_id: int, grant_id: int) -> GrantView:
    """One grant of this program; raises NotFound, also for a grant of another program."""
    row = await GrantLine.select().where((GrantLine.program_id == program_id) & (GrantLine.id == grant_id)).first()
    if row is None:
        raise NotFound
    return _view(row)


def _view(row: dict[str, Any]) -> GrantView:
    cost_ids = row["cost_ids"]
    values = {name: row[name] for name in GrantView.__dataclass_fields__}
    return GrantView(**{**values, "cost_ids": None if cost_ids is None else tuple(cost_ids)})
