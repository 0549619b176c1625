"""Reads of support: the prefecture's accesses, and for a town everybody from outside who saw or did something."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tenants.context import Role
from tenants.database.engine import current_door
from tenants.support.rules import OUTSIDERS, SupportView

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class OutsiderTrace:
    """One line of a town's page: who of outside did or saw what."""

    id: int
    occurred_at: datetime
    person_name: str
    role: str
    organisation: str
    action: str
    subject_label: str


async def accesses(before_id: int | None = None) -> list[SupportView]:
    """The latest support accesses of the prefecture, newest first, at most PAGE_SIZE."""
    rows = await current_door().execute(
        "SELECT s.*, t.name AS tenant_name FROM support_access s JOIN tenant t ON t.id = s.tenant_id "
        "WHERE $1::bigint IS NULL OR s.id < $1 ORDER BY s.id DESC LIMIT $2",
        (before_id, PAGE_SIZE),
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


async def outsiders(tenant_id: int, before_id: int | None = None) -> list[OutsiderTrace]:
    """What people from outside did or saw in the town, newest first, at most PAGE_SIZE + 1."""
    roles = ", ".join(f"'{role.value}'" for role in OUTSIDERS)
    rows = await current_door().execute(
        "SELECT e.id, e.occurred_at, e.person_name, e.role, t.name AS organisation, e.action, e.subject_label "  # noqa: S608  (roles are ours)
        "FROM audit_event e JOIN tenant t ON t.id = e.acting_tenant_id "
        f"WHERE e.tenant_id = $1 AND (e.acting_tenant_id <> e.tenant_id OR e.role IN ({roles})) "
        "AND ($2::bigint IS NULL OR e.id < $2) ORDER BY e.id DESC LIMIT $3",
        (tenant_id, before_id, PAGE_SIZE + 1),
    )
    return [OutsiderTrace(**row) for row in rows]


def _view(row: dict[str, Any]) -> SupportView:
    return SupportView(
        id=row["id"],
        tenant_id=row["tenant_id"],
        tenant_name=row["tenant_name"],
        person_name=row["person_name"],
        role=Role(row["role"]),
        reason=row["reason"],
        opened_at=row["opened_at"],
        ends_at=row["ends_at"],
        closed_at=row["closed_at"],
    )
