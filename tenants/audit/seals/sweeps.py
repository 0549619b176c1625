"""What the worker does for trails each night: seal the days that are over, compare the month, tell who must know."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from pathlib import Path

from tenants.audit.seals import queries
from tenants.audit.seals.rules import DayCheck, Seal, copy_of, copy_parts, seal_day
from tenants.audit.trail import Subject, record
from tenants.calendar import japanese_date
from tenants.context import PREFECTURE_TENANT_ID, Role, Scope, TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import Pool, open_door
from tenants.mail.operations import notify
from tenants.mail.queries import people_with_roles
from tenants.mail.rules import MailTemplate
from tenants.storage import Storage, StorageFailed

logger = logging.getLogger(__name__)
NIGHT_HOUR, NIGHT_MINUTE = 4, 0
"""Japanese time: four hours after the day's end, longer than any transaction lasts that could still add to it."""
COMPARED_DAYS = 31
"""A month back every night; older days are compared on the page and by ``yui verify-trail``."""
_TEMPLATE = MailTemplate(Path(__file__).parent / "templates" / "seals" / "mail" / "trail_changed.txt")


async def seal_trails(pool: Pool, storage: Storage, now: datetime) -> int:
    """Will seal every day that is over, in every tenant, and return how many; what fails is tried the next night."""
    sealed = 0
    for tenant_id, name in await _tenants(pool):
        try:
            sealed += await _seal(pool, storage, tenant_id, now)
            await _compare(pool, storage, tenant_id, name, now)
        except StorageFailed:
            logger.exception("the trail of tenant %s waits for the next night", tenant_id)
        except Exception:  # the edge: one organisation's trouble must not keep the others' trails unsealed
            logger.exception("the trail of tenant %s was not sealed", tenant_id)
    return sealed


async def check_trails(pool: Pool, storage: Storage, today: date) -> AsyncIterator[tuple[str, list[DayCheck]]]:
    """Every tenant's name with the comparison of every day it ever sealed."""
    for tenant_id, name in await _tenants(pool):
        found: list[DayCheck] = []
        async with open_door(pool, _scope(tenant_id), tenant_id, read_only=True):
            first = await queries.first_event_day(tenant_id)
            known = await queries.seals(tenant_id)
            start = min([one.day for one in known[:1]] + ([first] if first else []), default=today).replace(day=1)
            while start <= today:
                end = (start + timedelta(days=31)).replace(day=1)
                found += await queries.check_days(tenant_id, storage, (start, min(end, today + timedelta(days=1))))
                start = end
        yield name, found


async def _seal(pool: Pool, storage: Storage, tenant_id: int, now: datetime) -> int:
    async with open_door(pool, _scope(tenant_id), tenant_id, read_only=True):
        known = await queries.seals(tenant_id)
        first = known[-1].day + timedelta(days=1) if known else await queries.first_event_day(tenant_id)
        held = await queries.digests(tenant_id, first, now.date()) if first else []
    new: list[Seal] = []
    for digest in held:
        previous = new[-1] if new else known[-1] if known else None
        new.append(seal_day(tenant_id, digest, previous.sha256 if previous else ""))
    files = storage.for_tenant(tenant_id)
    for seal in new:
        # The copy first: a seal in the database whose copy is missing would look like a theft.
        await asyncio.to_thread(files.put, copy_parts(seal.day), copy_of(tenant_id, seal), "application/json")
        async with open_door(pool, _scope(tenant_id), tenant_id) as door:
            await door.execute(
                "INSERT INTO audit_seal (tenant_id, day, form, event_count, events_sha256, previous_sha256, sha256, "
                "sealed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant_id, day) DO NOTHING",
                (
                    tenant_id,
                    seal.day,
                    seal.form,
                    seal.event_count,
                    seal.events_sha256,
                    seal.previous_sha256,
                    seal.sha256,
                    now,
                ),
            )
    return len(new)


async def _compare(pool: Pool, storage: Storage, tenant_id: int, name: str, now: datetime) -> None:
    days = (now.date() - timedelta(days=COMPARED_DAYS), now.date())
    async with open_door(pool, _scope(tenant_id), tenant_id, read_only=True):
        found = await queries.check_days(tenant_id, storage, days)
    for one in found:
        if one.verdict.is_trouble:
            logger.error("the trail of tenant %s on %s: %s", tenant_id, one.day, one.verdict)
            await _tell(pool, tenant_id, name, one, now)


async def _tell(pool: Pool, tenant_id: int, name: str, found: DayCheck, now: datetime) -> None:
    """Tells the organisation's and the prefecture's administrators, once for each day and finding."""
    role = Role.PREFECTURE_ADMIN if tenant_id == PREFECTURE_TENANT_ID else Role.TOWN_ADMIN
    context = TenantContext(tenant_id, "", name, role, 0, "自動処理", "nightly")
    subject_id = f"{found.day.isoformat()}/{found.verdict.value}"
    async with open_door(pool, _scope(tenant_id), tenant_id):
        told = await current_door().execute(
            "SELECT 1 FROM audit_event WHERE tenant_id = $1 AND action = 'find_trail_changed' AND subject_id = $2 "
            "LIMIT 1",
            (tenant_id, subject_id),
        )
        if told:
            return
        day, finding = japanese_date(found.day), found.verdict.status.label
        await record(context, "find_trail_changed", Subject("audit_seal", subject_id, f"{day}: {finding}"))
        url, values = f"/audit/seals?month={found.day:%Y-%m}", {"day": day, "finding": finding, "tenant": name}
        people = await people_with_roles(tenant_id, {role}, now.date())
        await notify(context, people, _TEMPLATE, values, url, now, digest=False)
    if tenant_id != PREFECTURE_TENANT_ID:
        async with open_door(pool, Scope.PREFECTURE, PREFECTURE_TENANT_ID):
            await _tell_prefecture(tenant_id, name, values, subject_id, now)


async def _tell_prefecture(tenant_id: int, name: str, values: dict[str, str], subject_id: str, now: datetime) -> None:
    """The prefecture runs the database, so it must know too; it learns the day and the finding, no event."""
    context = TenantContext(PREFECTURE_TENANT_ID, "", "", Role.PREFECTURE_ADMIN, 0, "自動処理", "nightly")
    label = f"{name} {values['day']}: {values['finding']}"
    await record(context, "find_trail_changed", Subject("audit_seal", f"{tenant_id}/{subject_id}", label))
    people = await people_with_roles(PREFECTURE_TENANT_ID, {Role.PREFECTURE_ADMIN}, now.date())
    await notify(context, people, _TEMPLATE, values, "/audit", now, digest=False)


async def _tenants(pool: Pool) -> list[tuple[int, str]]:
    async with open_door(pool, Scope.JOBS, read_only=True) as door:
        rows = await door.execute("SELECT id, name FROM tenant ORDER BY id")
    return [(row["id"], row["name"]) for row in rows]


def _scope(tenant_id: int) -> Scope:
    return Scope.PREFECTURE if tenant_id == PREFECTURE_TENANT_ID else Scope.TOWN
