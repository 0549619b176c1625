"""Reads of appointments, for the prefecture: how many people a town has, and who administers it; nothing more."""

from dataclasses import dataclass
from datetime import date, datetime

from tenants.access.queries import membership_holds
from tenants.context import PREFECTURE_TENANT_ID, Role
from tenants.database.transaction import as_identity
from tenants.errors import NotFound
from tenants.people.invitations.queries import invitations
from tenants.people.invitations.rules import InvitationView

_ORGANISATIONS = f"""
SELECT t.id, t.code, t.name,
       (SELECT count(DISTINCT m.person_id) FROM membership m JOIN person p ON p.id = m.person_id
         WHERE m.tenant_id = t.id AND p.disabled_at IS NULL AND {membership_holds("m", "$1")}) AS people,
       (SELECT coalesce(array_agg(p.name ORDER BY p.name, p.id), '{{}}')
          FROM membership m JOIN person p ON p.id = m.person_id
         WHERE m.tenant_id = t.id AND m.role = $2 AND p.disabled_at IS NULL AND {membership_holds("m", "$1")})
         AS administrators,
       (SELECT max(i.id) FROM invitation i WHERE i.tenant_id = t.id AND i.inviting_tenant_id = $3 AND i.state = 'open')
         AS invitation_id
  FROM tenant t
 WHERE t.id <> $3 AND t.active_from <= $1 AND (t.active_to IS NULL OR t.active_to >= $1)
"""  # noqa: S608  (our own condition)


@dataclass(frozen=True, slots=True)
class OrganisationPeople:
    """One organisation as the prefecture sees it: a number, and the names of those who administer it."""

    id: int
    code: str
    name: str
    people: int
    administrators: tuple[str, ...]
    invitation_id: int | None
    """The appointment that has not been accepted yet."""


async def organisations(today: date) -> list[OrganisationPeople]:
    """Every active organisation but the prefecture, by code."""
    return await _read(today, " ORDER BY t.code")


async def organisation(tenant_id: int, today: date) -> OrganisationPeople:
    """One of them; raises NotFound."""
    found = await _read(today, f" AND t.id = {int(tenant_id)}")
    if not found:
        raise NotFound
    return found[0]


async def appointment(tenant_id: int, now: datetime) -> InvitationView | None:
    """The appointment the prefecture made there and nobody accepted yet, while its code works."""
    one = await organisation(tenant_id, now.date())
    if one.invitation_id is None:
        return None
    async with as_identity():
        found = await invitations(tenant_id, [one.invitation_id])
    return found[0] if found and found[0].works(now, now.date()) else None


async def _read(today: date, condition: str) -> list[OrganisationPeople]:
    async with as_identity() as door:
        rows = await door.execute(_ORGANISATIONS + condition, (today, Role.TOWN_ADMIN.value, PREFECTURE_TENANT_ID))
    return [OrganisationPeople(**{**row, "administrators": tuple(row["administrators"])}) for row in rows]
