"""Reads before a tenant is known: the session behind a token, the memberships of a person."""

from datetime import date, datetime
from typing import Any

from tenants.access.rules import MembershipView, SessionLimits, SignedIn, Supporting, is_live, token_sha256, waits_for
from tenants.context import Role
from tenants.database.engine import current_door

_HOLDS = (
    "{m}.valid_from <= {day} AND ({m}.valid_to IS NULL OR {m}.valid_to >= {day}) AND {m}.suspended_at IS NULL "
    "AND ({m}.paused_from IS NULL OR {day} < {m}.paused_from OR coalesce({day} > {m}.paused_to, false))"
)
"""A membership counts on a day: within its days, not resting (a pause without an end goes on), not stopped."""


def membership_holds(alias: str, day: str) -> str:
    """The condition that a membership counts on ``day``; both are names in the statement it becomes part of."""
    return _HOLDS.replace("{m}", alias).replace("{day}", day)


_SESSION = f"""
SELECT s.id, s.csrf_token, s.person_id, p.name AS person_name, coalesce(st.id, t.id) AS tenant_id,
       coalesce(st.code, t.code) AS tenant_code, coalesce(st.name, t.name) AS tenant_name,
       coalesce(sa.role, m.role) AS role, sa.id AS support_id, sa.ends_at AS support_ends_at,
       s.last_seen_at, s.expires_at,
       s.factor_passed_at IS NOT NULL AS factor_passed,
       EXISTS (SELECT FROM second_factor f WHERE f.person_id = s.person_id AND f.confirmed_at IS NOT NULL) AS enrolled,
       EXISTS (SELECT FROM factor_policy f WHERE f.tenant_id = m.tenant_id AND f.role = m.role) AS required,
       (SELECT coalesce(array_agg(e.module), '{{}}') FROM entitlement e WHERE e.tenant_id = coalesce(st.id, t.id))
         AS modules,
       (SELECT count(*) FROM membership o WHERE o.person_id = s.person_id
          AND {membership_holds("o", "$2")}) AS membership_count
  FROM session s
  JOIN person p ON p.id = s.person_id AND p.disabled_at IS NULL
  JOIN membership m ON m.tenant_id = s.membership_tenant_id AND m.id = s.membership_id AND m.person_id = s.person_id
   AND {membership_holds("m", "$2")}
  JOIN tenant t ON t.id = m.tenant_id AND t.active_from <= $2 AND (t.active_to IS NULL OR t.active_to >= $2)
  LEFT JOIN support_access sa ON sa.tenant_id = s.support_tenant_id AND sa.id = s.support_access_id
   AND sa.person_id = s.person_id AND m.role = 'prefecture_admin' AND sa.closed_at IS NULL AND sa.ends_at > $3
  LEFT JOIN tenant st ON st.id = sa.tenant_id
 WHERE s.token_sha256 = $1
"""  # noqa: S608  (our own condition)

_MEMBERSHIPS = f"""
SELECT m.id, m.tenant_id, t.name AS tenant_name, m.role
  FROM membership m
  JOIN tenant t ON t.id = m.tenant_id AND t.active_from <= $2 AND (t.active_to IS NULL OR t.active_to >= $2)
 WHERE m.person_id = $1 AND {membership_holds("m", "$2")}
 ORDER BY t.code, m.role, m.id
"""  # noqa: S608


async def session_behind(token: str, now: datetime, today: date, limits: SessionLimits) -> SignedIn | None:
    """The live session of ``token``, its person still enabled and its membership still valid; else None."""
    rows = await current_door().execute(_SESSION, (token_sha256(token), today, now))
    if not rows or not is_live(rows[0]["last_seen_at"], rows[0]["expires_at"], now, limits):
        return None
    return _signed_in(rows[0])


def _signed_in(row: dict[str, Any]) -> SignedIn:
    return SignedIn(
        session_id=row["id"],
        csrf_token=row["csrf_token"],
        person_id=row["person_id"],
        person_name=row["person_name"],
        tenant_id=row["tenant_id"],
        tenant_code=row["tenant_code"],
        tenant_name=row["tenant_name"],
        role=Role(row["role"]),
        modules=frozenset(row["modules"]),
        membership_count=row["membership_count"],
        last_seen_at=row["last_seen_at"],
        expires_at=row["expires_at"],
        waits_for=waits_for(enrolled=row["enrolled"], required=row["required"], passed=row["factor_passed"]),
        support=Supporting(row["support_id"], row["support_ends_at"]) if row["support_id"] else None,
    )


async def memberships_of(person_id: int, today: date) -> list[MembershipView]:
    """What the person may act as today, by organisation code."""
    rows = await current_door().execute(_MEMBERSHIPS, (person_id, today))
    return [MembershipView(row["id"], row["tenant_id"], row["tenant_name"], Role(row["role"])) for row in rows]
