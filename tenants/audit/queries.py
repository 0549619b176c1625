"""Reads of a tenant's own trail, newest first, by keyset."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tenants.database.engine import current_door

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Trace:
    """One event as the page shows it; ``changes`` are (field, before, after) as text."""

    id: int
    occurred_at: datetime
    person_name: str
    role: str
    acting_tenant_name: str
    action: str
    subject: str
    subject_id: str
    subject_label: str
    changes: tuple[tuple[str, str, str], ...]
    address: str
    request_id: str
    via: str
    """The token a program acted with; empty when a person acted on a page."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to show: half-open period, part of a name, one action, and where the page begins (an event id)."""

    since: datetime | None = None
    until: datetime | None = None
    person: str = ""
    action: str = ""
    before_id: int | None = None
    limit: int = PAGE_SIZE


async def traces(tenant_id: int, wanted: Wanted) -> list[Trace]:
    """At most one more than ``limit`` events of the tenant; the extra one says that there is a next page."""
    conditions, values = ["e.tenant_id = $1"], [tenant_id]
    parts: list[tuple[str, Any]] = [
        ("e.occurred_at >= ${}", wanted.since),
        ("e.occurred_at < ${}", wanted.until),
        ("strpos(e.person_name, ${}) > 0", wanted.person or None),
        ("e.action = ${}", wanted.action or None),
        ("e.id < ${}", wanted.before_id),
    ]
    for text, value in parts:
        if value is not None:
            values.append(value)
            conditions.append(text.format(len(values)))
    rows = await current_door().execute(
        "SELECT e.*, t.name AS acting_tenant_name FROM audit_event e JOIN tenant t ON t.id = e.acting_tenant_id "  # noqa: S608  (conditions are ours, values are parameters)
        f"WHERE {' AND '.join(conditions)} ORDER BY e.id DESC LIMIT {int(wanted.limit) + 1}",
        values,
    )
    return [_trace(row) for row in rows]


def _trace(row: dict[str, Any]) -> Trace:
    before = json.loads(row["before"]) if row["before"] else {}
    after = json.loads(row["after"]) if row["after"] else {}
    fields = [*before, *(name for name in after if name not in before)]
    return Trace(
        id=row["id"],
        occurred_at=row["occurred_at"],
        person_name=row["person_name"],
        role=row["role"],
        acting_tenant_name=row["acting_tenant_name"],
        action=row["action"],
        subject=row["subject"],
        subject_id=row["subject_id"],
        subject_label=row["subject_label"],
        changes=tuple((name, _text(before.get(name)), _text(after.get(name))) for name in fields),
        address=row["address"],
        request_id=row["request_id"],
        via=row["via"],
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
