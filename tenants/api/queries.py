"""Reads of tokens in the identity scope: the live token behind a request, a person's tokens, an organisation's."""

from datetime import date, datetime
from typing import Any

from tenants.access.queries import membership_holds
from tenants.api.rules import Caller, TokenView, api_token_sha256
from tenants.context import Role
from tenants.database.engine import current_door

_CALLER = f"""
SELECT a.id AS token_id, a.name AS token_name, a.verbs, a.person_id, p.name AS person_name, m.tenant_id,
       t.code AS tenant_code, t.name AS tenant_name, m.role, a.expires_at, a.last_used_at,
       (SELECT coalesce(array_agg(e.module), '{{}}') FROM entitlement e WHERE e.tenant_id = m.tenant_id) AS modules
  FROM api_token a
  JOIN person p ON p.id = a.person_id AND p.disabled_at IS NULL
  JOIN membership m ON m.tenant_id = a.membership_tenant_id AND m.id = a.membership_id AND m.person_id = a.person_id
   AND {membership_holds("m", "$3")}
  JOIN tenant t ON t.id = m.tenant_id AND t.active_from <= $3 AND (t.active_to IS NULL OR t.active_to >= $3)
 WHERE a.token_sha256 = $1 AND a.revoked_at IS NULL AND a.expires_at > $2
"""  # noqa: S608  (our own condition)
_TOKENS = f"""
SELECT a.id, a.name, a.hint, a.person_id, p.name AS person_name, t.name AS tenant_name, m.role, a.verbs, a.created_at,
       a.expires_at, a.last_used_at, a.revoked_at, a.revoked_by,
       a.revoked_at IS NULL AND a.expires_at > $1 AND p.disabled_at IS NULL
         AND {membership_holds("m", "$2")} AND t.active_from <= $2
         AND (t.active_to IS NULL OR t.active_to >= $2) AS usable
  FROM api_token a
  JOIN person p ON p.id = a.person_id
  JOIN membership m ON m.tenant_id = a.membership_tenant_id AND m.id = a.membership_id
  JOIN tenant t ON t.id = m.tenant_id
"""  # noqa: S608
_ORDER = " ORDER BY a.id DESC"


async def caller_behind(token: str, now: datetime, today: date) -> Caller | None:
    """The live token, its person still enabled and its membership still valid; else None."""
    rows = await current_door().execute(_CALLER, (api_token_sha256(token), now, today))
    if not rows:
        return None
    row = rows[0]
    lists = {"verbs": frozenset(row["verbs"]), "modules": frozenset(row["modules"]), "role": Role(row["role"])}
    return Caller(**{**row, **lists})


async def tokens_of_person(person_id: int, now: datetime) -> list[TokenView]:
    """The person's tokens, newest first, ended ones too."""
    rows = await current_door().execute(_TOKENS + " WHERE a.person_id = $3" + _ORDER, (now, now.date(), person_id))
    return [_view(row) for row in rows]


async def tokens_of_tenant(tenant_id: int, now: datetime) -> list[TokenView]:
    """Every token that acts for the organisation, newest first, ended ones too."""
    sql = _TOKENS + " WHERE a.membership_tenant_id = $3" + _ORDER
    return [_view(row) for row in await current_door().execute(sql, (now, now.date(), tenant_id))]


def _view(row: dict[str, Any]) -> TokenView:
    return TokenView(**{**row, "verbs": tuple(row["verbs"]), "role": Role(row["role"])})
