"""Reads of an organisation's people; names and addresses are asked for exactly its own memberships."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tenants.access.rules import SessionLimits
from tenants.context import Role
from tenants.database.engine import current_door
from tenants.database.transaction import as_identity
from tenants.errors import NotFound
from tenants.people.rules import MembershipLine, PersonView, Standing

MEMBERSHIP_COLUMNS = (
    "id, person_id, role, valid_from, valid_to, paused_from, paused_to, suspended_at, suspended_reason, version"
)
_PEOPLE = """
SELECT p.id, p.name, p.email, p.disabled_at IS NOT NULL AS disabled,
       EXISTS (SELECT FROM second_factor f WHERE f.person_id = p.id AND f.confirmed_at IS NOT NULL) AS second_factor,
       (SELECT count(*) FROM session s WHERE s.person_id = p.id AND s.membership_tenant_id = $2
          AND s.expires_at > $3 AND s.last_seen_at > $4) AS sessions
  FROM person p WHERE p.id = ANY($1) ORDER BY p.name, p.id
"""
_LAST_SIGN_INS = """
SELECT person_id, max(occurred_at) AS at FROM audit_event
 WHERE tenant_id = $1 AND person_id = ANY($2) AND action IN ('sign_in', 'act_as') GROUP BY person_id
"""


async def people(tenant_id: int, now: datetime, limits: SessionLimits) -> list[PersonView]:
    """Everybody who has, had or will have a role in the organisation, by name."""
    return await _views(await memberships(tenant_id), tenant_id, now, limits)


async def person(tenant_id: int, person_id: int, now: datetime, limits: SessionLimits) -> PersonView:
    """One person of the organisation; raises NotFound for everybody else's."""
    lines = await memberships(tenant_id, person_id)
    if not lines:
        raise NotFound
    return (await _views(lines, tenant_id, now, limits))[0]


async def memberships(tenant_id: int, person_id: int | None = None) -> list[MembershipLine]:
    """The organisation's memberships, read under its own scope, by id."""
    rows = await current_door().execute(
        f"SELECT {MEMBERSHIP_COLUMNS} FROM membership WHERE tenant_id = $1 "  # noqa: S608  (our own columns)
        "AND ($2::bigint IS NULL OR person_id = $2) ORDER BY id",
        (tenant_id, person_id),
    )
    return [membership_line(row) for row in rows]


async def membership(tenant_id: int, membership_id: int) -> MembershipLine:
    """One membership of the organisation; raises NotFound."""
    rows = await current_door().execute(
        f"SELECT {MEMBERSHIP_COLUMNS} FROM membership WHERE tenant_id = $1 AND id = $2",  # noqa: S608
        (tenant_id, membership_id),
    )
    if not rows:
        raise NotFound
    return membership_line(rows[0])


async def names_of(person_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """(name, e-mail) of people whose ids were read from the organisation's own memberships."""
    async with as_identity() as door:
        rows = await door.execute("SELECT id, name, email FROM person WHERE id = ANY($1)", (sorted(set(person_ids)),))
    return {row["id"]: (row["name"], row["email"]) for row in rows}


async def last_sign_ins(tenant_id: int, person_ids: Sequence[int]) -> dict[int, datetime]:
    """When each person last began to act for the organisation; who never did is missing."""
    rows = await current_door().execute(_LAST_SIGN_INS, (tenant_id, sorted(set(person_ids))))
    return {row["person_id"]: row["at"] for row in rows}


async def _views(
    lines: Sequence[MembershipLine], tenant_id: int, now: datetime, limits: SessionLimits
) -> list[PersonView]:
    of_person: defaultdict[int, list[MembershipLine]] = defaultdict(list)
    for line in lines:
        of_person[line.person_id].append(line)
    ids = sorted(of_person)
    last = await last_sign_ins(tenant_id, ids)
    async with as_identity() as door:
        rows = await door.execute(_PEOPLE, (ids, tenant_id, now, now - limits.idle))
    order = list(Role)
    return [
        PersonView(
            id=row["id"],
            name=row["name"],
            email=row["email"],
            disabled=row["disabled"],
            second_factor=row["second_factor"],
            sessions=row["sessions"],
            last_sign_in_at=last.get(row["id"]),
            memberships=tuple(sorted(of_person[row["id"]], key=lambda one: order.index(one.role))),
        )
        for row in rows
    ]


def membership_line(row: dict[str, Any]) -> MembershipLine:
    """A row of the membership table as a view."""
    return MembershipLine(
        id=row["id"],
        person_id=row["person_id"],
        role=Role(row["role"]),
        standing=Standing(
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
            paused_from=row["paused_from"],
            paused_to=row["paused_to"],
            suspended=row["suspended_at"] is not None,
        ),
        suspended_reason=row["suspended_reason"],
        version=row["version"],
    )
