"""Reads of the directory, by organisation code."""

from typing import Any

from tenants.database.engine import current_door
from tenants.directory.rules import TenantKind, TenantView
from tenants.errors import NotFound

_TENANTS = """
SELECT t.*,
       (SELECT coalesce(array_agg(e.module ORDER BY e.module), '{}') FROM entitlement e WHERE e.tenant_id = t.id)
         AS modules,
       (SELECT coalesce(array_agg(m.name ORDER BY m.code), '{}') FROM union_member u JOIN tenant m ON m.id = u.member_id
         WHERE u.union_id = t.id) AS members
  FROM tenant t
"""


async def tenants() -> list[TenantView]:
    """Every organisation of the cell, by code."""
    return [_view(row) for row in await current_door().execute(_TENANTS + " ORDER BY t.code")]


async def tenant(tenant_id: int) -> TenantView:
    """One organisation; raises NotFound."""
    rows = await current_door().execute(_TENANTS + " WHERE t.id = $1", (tenant_id,))
    if not rows:
        raise NotFound
    return _view(rows[0])


async def tenant_ids_by_code() -> dict[str, int]:
    """The number of every organisation by its code."""
    return {row["code"]: row["id"] for row in await current_door().execute("SELECT code, id FROM tenant ORDER BY code")}


def _view(row: dict[str, Any]) -> TenantView:
    return TenantView(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        kana=row["kana"],
        kind=TenantKind(row["kind"]),
        region=row["region"],
        active_from=row["active_from"],
        active_to=row["active_to"],
        modules=tuple(row["modules"]),
        members=tuple(row["members"]),
    )
