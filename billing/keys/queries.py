"""Reads of keys, in the order they were entered."""

import json
from typing import Any

from billing.costs import queries as costs
from billing.keys.rules import KeyView, used_basis_ids
from billing.keys.tables import CostKey
from tenants.errors import NotFound


async def keys(program_id: int) -> list[KeyView]:
    """The program's keys by id."""
    return [_view(row) for row in await CostKey.select().where(CostKey.program_id == program_id).order_by(CostKey.id)]


async def key(program_id: int, key_id: int) -> KeyView:
    """One key of this program; raises NotFound, also for a key of another program."""
    row = await CostKey.select().where((CostKey.program_id == program_id) & (CostKey.id == key_id)).first()
    if row is None:
        raise NotFound
    return _view(row)


async def uses_basis(program_id: int, basis_id: int) -> bool:
    """Whether a key of the program splits by this basis."""
    return any(basis_id in used_basis_ids(one.definition) for one in await keys(program_id))


async def costs_using(program_id: int, key_id: int) -> list[str]:
    """The names of the costs that are split by this key, in the order they were entered."""
    return [one.name for one in await costs.costs(program_id) if one.key_id == key_id]


def _view(row: dict[str, Any]) -> KeyView:
    stored = row["definition"]
    definition = json.loads(stored) if isinstance(stored, str) else stored
    return KeyView(row["id"], row["name"], definition, row["version"])
