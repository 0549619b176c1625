"""Reads of support: who of the prefecture looked into a town's records."""

from typing import Any

from tenants.context import role_label
from tenants.database.engine import current_door
from tenants.support.rules import SupportView

PAGE_SIZE = 50


async def accesses() -> list[SupportView]:
    """The latest support accesses of the prefecture, newest first, at most PAGE_SIZE."""
    rows = await current_door().execute(
        "SELECT s.*, t.name AS tenant_name FROM support_access s JOIN tenant t ON t.id = s.tenant_id "
        "ORDER BY s.id DESC LIMIT $1",
        (PAGE_SIZE,),
    )
    return [_view(row) for row in rows]


async def accesses_of(tenant_id: int) -> list[SupportView]:
    """The latest support accesses to one town, newest first, at most PAGE_SIZE."""
    rows = await current_door().execute(
        "SELECT s.*, t.name AS tenant_name FROM support_access s JOIN tenant t ON t.id = s.tenant_id "
        "WHERE s.tenant_id = $1 ORDER BY s.id DESC LIMIT $2",
        (tenant_id, PAGE_SIZE),
    )
    return [_view(row) for row in rows]


def _view(row: dict[str, Any]) -> SupportView:
    return SupportView(
        id=row["id"],
        tenant_id=row["tenant_id"],
        tenant_name=row["tenant_name"],
        person_name=row["person_name"],
        role_label=role_label(row["role"]),
        reason=row["reason"],
        opened_at=row["opened_at"],
        ends_at=row["ends_at"],
        closed_at=row["closed_at"],
    )
