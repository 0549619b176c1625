"""Reads of the second factor: a person's own state in the identity scope, a tenant's policy in its own scope."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tenants.access.sealing import SealBrokenError, unseal
from tenants.context import Role, Scope, TenantContext
from tenants.database.engine import current_door, is_open
from tenants.database.transaction import Pool, as_identity, open_door
from tenants.second_factor.rules import new_secret

logger = logging.getLogger(__name__)
SEALED_FOR = "second-factor"


@dataclass(frozen=True, slots=True)
class FactorView:
    """One person's second factor; ``confirmed_at`` is None while it is being set up."""

    secret: bytes
    confirmed_at: datetime | None
    last_step: int
    codes_left: int


async def factor_of(person_id: int, secret_key: str) -> FactorView | None:
    """In the identity scope: the person's second factor, confirmed or being set up."""
    rows = await current_door().execute(
        "SELECT sealed_secret, confirmed_at, last_step, (SELECT count(*) FROM recovery_code c "
        "WHERE c.person_id = f.person_id AND c.used_at IS NULL) AS codes_left FROM second_factor f "
        "WHERE f.person_id = $1",
        (person_id,),
    )
    if not rows:
        return None
    row = rows[0]
    try:
        secret = unseal(secret_key, SEALED_FOR, str(person_id), bytes(row["sealed_secret"]))
    except SealBrokenError:
        logger.error("a second factor was sealed with another secret key; the person needs a reset")  # noqa: TRY400
        secret = new_secret()  # nobody's, so that no code matches
    return FactorView(secret, row["confirmed_at"], row["last_step"], row["codes_left"])


async def required_somewhere(person_id: int, today: date) -> bool:
    """In the identity scope: whether one of the person's memberships of today asks for a second factor."""
    rows = await current_door().execute(
        "SELECT 1 FROM membership m JOIN factor_policy f ON f.tenant_id = m.tenant_id AND f.role = m.role "
        "WHERE m.person_id = $1 AND m.valid_from <= $2 AND (m.valid_to IS NULL OR m.valid_to >= $2) LIMIT 1",
        (person_id, today),
    )
    return bool(rows)


async def state_of(pool: Pool, person_id: int, secret_key: str, today: date) -> tuple[FactorView | None, bool]:
    """The person's second factor, and whether one of their roles requires it; in the open door or one of its own."""
    if is_open():
        return await factor_of(person_id, secret_key), await required_somewhere(person_id, today)
    async with open_door(pool, Scope.IDENTITY, read_only=True):
        return await factor_of(person_id, secret_key), await required_somewhere(person_id, today)


async def required_roles(context: TenantContext) -> frozenset[Role]:
    """The roles of the context's own tenant that must use the second factor."""
    rows = await current_door().execute("SELECT role FROM factor_policy WHERE tenant_id = $1", (context.tenant_id,))
    return frozenset(Role(row["role"]) for row in rows)


async def enrolled_among(person_ids: Sequence[int]) -> frozenset[int]:
    """Who of these people, all the tenant's own, has a confirmed second factor. Steps aside."""
    async with as_identity() as door:
        rows = await door.execute(
            "SELECT person_id FROM second_factor WHERE person_id = ANY($1) AND confirmed_at IS NOT NULL",
            (list(person_ids),),
        )
    return frozenset(row["person_id"] for row in rows)
