"""Reads for administrators: their own people and what keeps them out, and the requests that wait."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from tenants.access.attempts.rules import Kind, subject
from tenants.access.queries import membership_holds
from tenants.access.resets.rules import Guarded, ResetView, What
from tenants.context import PREFECTURE_TENANT_ID, Role, TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import as_identity
from tenants.errors import NotFound

_OWN = f"SELECT person_id, role FROM membership m WHERE m.tenant_id = $1 AND {membership_holds('m', '$2')}"  # noqa: S608
_ADMINISTRATORS_OF_TOWNS = f"""
SELECT m.person_id, m.role, m.tenant_id FROM membership m
 WHERE m.role = 'town_admin' AND {membership_holds("m", "$1")} ORDER BY m.tenant_id, m.person_id
"""  # noqa: S608
_FACTS = f"""
SELECT p.id, p.name, p.email, p.disabled_at IS NOT NULL AS disabled,
       EXISTS (SELECT FROM second_factor f WHERE f.person_id = p.id AND f.confirmed_at IS NOT NULL) AS enrolled,
       (SELECT coalesce(array_agg(DISTINCT m.tenant_id::bigint), '{{}}') FROM membership m
         WHERE m.person_id = p.id AND {membership_holds("m", "$2")}) AS tenant_ids
  FROM person p WHERE p.id = ANY($1) ORDER BY p.name, p.id
"""  # noqa: S608
_BLOCKED = "SELECT kind, subject_sha256, blocked_until FROM attempt_count WHERE blocked_until > $1"
_RESETS = """
SELECT id, tenant_id, person_id, person_name, what, reason, needs_prefecture, asked_by_id, asked_by_name, asked_at
  FROM access_reset WHERE state = 'asked'
"""


async def guarded_people(context: TenantContext, now: datetime) -> list[Guarded]:
    """The people of the administrator's own organisation; for the prefecture also every town's administrators."""
    door, roles = current_door(), defaultdict[tuple[int, int], list[Role]](list)
    for row in await door.execute(_OWN, (context.tenant_id, now.date())):
        roles[context.tenant_id, row["person_id"]].append(Role(row["role"]))
    names = {context.tenant_id: context.tenant_name}
    if context.is_prefecture:
        names |= {row["id"]: row["name"] for row in await door.execute("SELECT id, name FROM tenant")}
        async with as_identity():
            for row in await door.execute(_ADMINISTRATORS_OF_TOWNS, (now.date(),)):
                roles[row["tenant_id"], row["person_id"]].append(Role(row["role"]))
    facts = await _facts([person_id for _, person_id in roles], now)
    found = [
        _guarded(facts[person_id], tenant_id, names[tenant_id], held)
        for (tenant_id, person_id), held in roles.items()
        if person_id in facts
    ]
    return sorted(found, key=lambda one: (one.tenant_id != context.tenant_id, one.tenant_id, one.name, one.person_id))


async def guarded(context: TenantContext, person_id: int, now: datetime) -> Guarded:
    """One of these people; raises NotFound for anybody else."""
    for one in await guarded_people(context, now):
        if one.person_id == person_id:
            return one
    raise NotFound


async def administrators_of(tenant_id: int, today: date) -> list[int]:
    """The enabled administrators of one organisation. Steps aside."""
    role = Role.PREFECTURE_ADMIN if tenant_id == PREFECTURE_TENANT_ID else Role.TOWN_ADMIN
    async with as_identity() as door:
        rows = await door.execute(
            "SELECT m.person_id FROM membership m JOIN person p ON p.id = m.person_id AND p.disabled_at IS NULL "  # noqa: S608
            f"WHERE m.tenant_id = $1 AND m.role = $3 AND {membership_holds('m', '$2')} ORDER BY m.person_id",
            (tenant_id, today, role.value),
        )
    return [row["person_id"] for row in rows]


async def town_is_closed(context: TenantContext, now: datetime) -> bool:
    """Whether too many failures keep the whole organisation out for now. Steps aside."""
    async with as_identity() as door:
        rows = await door.execute(
            _BLOCKED + " AND kind = 'town' AND subject_sha256 = $2", (now, subject(str(context.tenant_id)))
        )
    return bool(rows)


async def open_resets(context: TenantContext) -> list[ResetView]:
    """The requests that wait: the organisation's own; for the prefecture those it must confirm."""
    condition = "AND (tenant_id = $1 OR needs_prefecture)" if context.is_prefecture else "AND tenant_id = $1"
    rows = await current_door().execute(f"{_RESETS} {condition} ORDER BY asked_at, id", (context.tenant_id,))
    return [_view(row) for row in rows]


async def open_reset(context: TenantContext, reset_id: int) -> ResetView:
    """One of them; raises NotFound for any other, also one that is decided."""
    for one in await open_resets(context):
        if one.id == reset_id:
            return one
    raise NotFound


async def _facts(person_ids: Sequence[int], now: datetime) -> dict[int, dict[str, Any]]:
    async with as_identity() as door:
        rows = await door.execute(_FACTS, (sorted(set(person_ids)), now.date()))
        blocked = {
            (row["kind"], bytes(row["subject_sha256"])): row["blocked_until"]
            for row in await door.execute(
                _BLOCKED + " AND subject_sha256 = ANY($2)",
                (now, [key for row in rows for key in (subject(row["email"]), subject(str(row["id"])))]),
            )
        }
    for row in rows:
        keys = ((Kind.PASSWORD, subject(row["email"])), (Kind.SECOND_FACTOR, subject(str(row["id"]))))
        row["blocked_until"] = max((blocked[key] for key in keys if key in blocked), default=None)
    return {row["id"]: row for row in rows}


def _guarded(row: dict[str, Any], tenant_id: int, tenant_name: str, roles: Sequence[Role]) -> Guarded:
    return Guarded(
        person_id=row["id"],
        name=row["name"],
        email=row["email"],
        tenant_id=tenant_id,
        tenant_name=tenant_name,
        role_labels=tuple(role.label for role in Role if role in roles),
        disabled=row["disabled"],
        blocked_until=row["blocked_until"],
        enrolled=row["enrolled"],
        other_tenant_ids=tuple(one for one in row["tenant_ids"] if one != tenant_id),
    )


def _view(row: dict[str, Any]) -> ResetView:
    return ResetView(
        id=row["id"],
        tenant_id=row["tenant_id"],
        person_id=row["person_id"],
        person_name=row["person_name"],
        what=What(row["what"]),
        reason=row["reason"],
        needs_prefecture=row["needs_prefecture"],
        asked_by_id=row["asked_by_id"],
        asked_by_name=row["asked_by_name"],
        asked_at=row["asked_at"],
    )
