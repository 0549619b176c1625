"""Reads of bases; bases in the order they were entered, values by organisation code."""

from typing import Any

from billing.bases.rules import BasisLine, BasisView, Origin, ValueView, line_of
from billing.bases.tables import Basis
from billing.costs import queries as costs
from billing.keys import queries as keys
from billing.keys.rules import used_basis_ids
from tenants.database.engine import current_door
from tenants.errors import NotFound

_VALUES = """
SELECT b.id AS basis_id, t.id AS tenant_id, t.code, t.name, v.value, v.entered_by, v.entered_at,
       v.entered_by_id, v.id AS value_id, v.note, v.as_of AS value_as_of, v.reading_id
  FROM basis b
  JOIN program_member m ON m.tenant_id = b.tenant_id AND m.program_id = b.program_id
  JOIN tenant t ON t.id = m.member_id
  LEFT JOIN basis_value v ON v.tenant_id = b.tenant_id AND v.basis_id = b.id AND v.member_id = m.member_id
 WHERE b.program_id = $1 AND ($2::bigint IS NULL OR b.id = $2)
 ORDER BY b.id, t.code
"""


async def bases(program_id: int) -> list[BasisView]:
    """The program's own bases in the order they were entered; the built-in 均等 is not among them."""
    rows = await Basis.select().where(Basis.program_id == program_id).order_by(Basis.id)
    return [_view(row) for row in rows]


async def basis(program_id: int, basis_id: int) -> BasisView:
    """One basis of this program; raises NotFound, also for a basis of another program."""
    row = await Basis.select().where((Basis.program_id == program_id) & (Basis.id == basis_id)).first()
    if row is None:
        raise NotFound
    return _view(row)


async def basis_values(program_id: int) -> dict[int, dict[str, str]]:
    """The exact values by basis id, then by member code; every basis is there, members without a value are not.

    Values of organisations that no longer take part stay out.
    """
    found: dict[int, dict[str, str]] = {one.id: {} for one in await bases(program_id)}
    for row in await current_door().execute(_VALUES, (program_id, None)):
        if row["value"] is not None:
            found[row["basis_id"]][row["code"]] = row["value"]
    return found


async def member_values(program_id: int, basis_id: int) -> list[ValueView]:
    """Every member of the program by code, with its value of one basis."""
    return [_value(row) for row in await current_door().execute(_VALUES, (program_id, basis_id))]


async def basis_lines(program_id: int) -> list[BasisLine]:
    """Every basis of the program and how far it is filled."""
    values: dict[int, list[ValueView]] = {}
    for row in await current_door().execute(_VALUES, (program_id, None)):
        values.setdefault(row["basis_id"], []).append(_value(row))
    return [line_of(one, values.get(one.id, [])) for one in await bases(program_id)]


async def keys_using(program_id: int, basis_id: int) -> list[str]:
    """The names of the keys that split by this basis, in the order the keys were entered."""
    return [one.name for one in await keys.keys(program_id) if basis_id in used_basis_ids(one.definition)]


async def uses_of(program_id: int, basis_id: int) -> list[str]:
    """What reads this basis, in words: keys that split by it, and costs with a tariff over it."""
    return [
        *(f"按分方法「{name}」" for name in await keys_using(program_id, basis_id)),
        *(f"経費「{name}」の料金表" for name in await costs.priced_by(program_id, basis_id)),
    ]


def _view(row: dict[str, Any]) -> BasisView:
    return BasisView(**{name: row[name] for name in BasisView.__dataclass_fields__})


def _value(row: dict[str, Any]) -> ValueView:
    return ValueView(
        row["tenant_id"],
        row["code"],
        row["name"],
        row["value"],
        row["entered_by"] or "",
        row["entered_at"],
        row["entered_by_id"] or 0,
        row["value_id"],
        Origin(row["note"] or "", row["value_as_of"], row["reading_id"]),
    )
