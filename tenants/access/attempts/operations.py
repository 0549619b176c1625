"""Writes of counted attempts, all in the identity scope; whoever calls commits them before the answer is known."""

from collections.abc import Callable, Sequence
from datetime import datetime

from tenants.access.attempts.rules import (
    FORGET_AFTER,
    LOCK_AT,
    TOWN_LIMIT,
    Count,
    Kind,
    after_attempt,
    after_town_failure,
    must_wait,
    subject,
)
from tenants.access.rules import normalise_email
from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import as_identity, rows_may_be_missing
from tenants.errors import Conflict


async def count_attempt(kind: Kind, key: str, now: datetime) -> tuple[bool, Count]:
    """Will count an attempt before it is looked at; answers whether it may be looked at, and the count.

    Counting first means that sixty-four attempts at once are sixty-four, and only as many are compared as are free.
    """
    before = await _locked(kind, key, now)
    after = after_attempt(before, now)
    await _store(kind, key, after)
    return not must_wait(before, now), after


async def count_town_failure(tenant_ids: Sequence[int], now: datetime) -> list[int]:
    """Will count a failure for each town; answers the towns that reached their limit with this one."""
    full: list[int] = []
    for tenant_id in sorted(tenant_ids):  # always in one order, so that two failures never wait for each other
        before = await _locked(Kind.TOWN, str(tenant_id), now)
        after = after_town_failure(before, now)
        await _store(Kind.TOWN, str(tenant_id), after)
        if after.failures == TOWN_LIMIT:
            full.append(tenant_id)
    return full


async def town_must_wait(tenant_ids: Sequence[int], now: datetime) -> bool:
    """Whether one of the towns has had too many failures lately."""
    rows = await current_door().execute(
        "SELECT 1 FROM attempt_count WHERE kind = $1 AND subject_sha256 = ANY($2) AND blocked_until > $3",
        (Kind.TOWN.value, [subject(str(one)) for one in tenant_ids], now),
    )
    return bool(rows)


async def forget_attempts(kind: Kind, key: str) -> None:
    """Will take the count away: the attempt was right, or an administrator let the person try again."""
    door = current_door()
    async with rows_may_be_missing(door):
        await door.execute(
            "DELETE FROM attempt_count WHERE kind = $1 AND subject_sha256 = $2", (kind.value, subject(key))
        )


async def forget_old_attempts(now: datetime) -> None:
    """In the identity scope: will delete counts that count no more; strangers may have made many."""
    door = current_door()
    async with rows_may_be_missing(door):
        await door.execute("DELETE FROM attempt_count WHERE last_failed_at < $1", (now - FORGET_AFTER,))


async def unlock(context: TenantContext, person_id: int, email: str, name: str) -> None:
    """Will let a person of the tenant try again at once; the caller has read the person among the tenant's own."""
    async with as_identity():
        await forget_attempts(Kind.PASSWORD, normalise_email(email))
        await forget_attempts(Kind.SECOND_FACTOR, str(person_id))
    await record(context, "unlock_account", Subject("person", person_id, name))


async def reopen_town(context: TenantContext, now: datetime) -> None:
    """Will let the people of the context's own tenant sign in again. Raises Conflict when nothing stops them."""
    async with as_identity():
        if not await town_must_wait([context.tenant_id], now):
            raise Conflict("town-not-closed", "この団体のサインインは止まっていません。")
        await forget_attempts(Kind.TOWN, str(context.tenant_id))
    await record(context, "reopen_town", Subject("tenant", context.tenant_id, context.tenant_name))


async def record_lock(
    context_for: Callable[[int], TenantContext], tenant_ids: Sequence[int], person: Subject, count: Count
) -> None:
    """Will write into each tenant's trail that the person's account stands still, when it does."""
    if count.failures < LOCK_AT or count.blocked_until is None:
        return
    for tenant_id in tenant_ids:
        after = {"failures": count.failures, "until": count.blocked_until}
        await record(context_for(tenant_id), "lock_account", person, after=after)


async def _locked(kind: Kind, key: str, now: datetime) -> Count:
    """The subject's row, held until the transaction ends; made when it is missing."""
    rows = await current_door().execute(
        "INSERT INTO attempt_count (kind, subject_sha256, first_failed_at, last_failed_at) VALUES ($1, $2, $3, $3) "
        "ON CONFLICT (kind, subject_sha256) DO UPDATE SET kind = attempt_count.kind "
        "RETURNING failure_count, refused_count, first_failed_at, last_failed_at, blocked_until",
        (kind.value, subject(key), now),
    )
    row = rows[0]
    return Count(
        row["failure_count"], row["refused_count"], row["first_failed_at"], row["last_failed_at"], row["blocked_until"]
    )


async def _store(kind: Kind, key: str, count: Count) -> None:
    await current_door().execute(
        "UPDATE attempt_count SET failure_count = $3, refused_count = $4, first_failed_at = $5, last_failed_at = $6, "
        "blocked_until = $7 WHERE kind = $1 AND subject_sha256 = $2",
        (
            kind.value,
            subject(key),
            count.failures,
            count.refused,
            count.first_failed_at,
            count.last_failed_at,
            count.blocked_until,
        ),
    )
