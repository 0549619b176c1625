"""Reads of seals: what the trail holds day by day, what was sealed, what lies in the storage."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime

from tenants.audit.seals.rules import DayCheck, DayDigest, Seal, compare, copy_day, copy_parts
from tenants.calendar import JST
from tenants.database.engine import current_door
from tenants.storage import Storage, StorageFailed

# Every column of an event that is told to people, as one JSON array; moments as microseconds, which no setting changes.
_EVENT = (
    "sha256(convert_to(jsonb_build_array(id, (extract(epoch FROM occurred_at) * 1000000)::bigint, acting_tenant_id, "
    "person_id, person_name, role, action, subject, subject_id, subject_label, before, after, request_id, address, "
    "via, about_tenant_id)::text, 'UTF8'))"
)


async def digests(tenant_id: int, first: date, end: date) -> list[DayDigest]:
    """What the trail holds of each day from ``first`` up to but not including ``end``; days without events are absent.

    The database computes it: SHA-256 over the SHA-256 of every event in the order of their numbers.
    """
    rows = await current_door().execute(
        f"SELECT (occurred_at AT TIME ZONE 'Asia/Tokyo')::date AS day, count(*) AS events, "  # noqa: S608  (our own words)
        f"encode(sha256(string_agg({_EVENT}, ''::bytea ORDER BY id)), 'hex') AS sha256 FROM audit_event "
        "WHERE tenant_id = $1 AND occurred_at >= $2 AND occurred_at < $3 GROUP BY 1 ORDER BY 1",
        (tenant_id, _midnight(first), _midnight(end)),
    )
    return [DayDigest(row["day"], row["events"], row["sha256"]) for row in rows]


async def first_event_day(tenant_id: int) -> date | None:
    """The day of the oldest event."""
    rows = await current_door().execute(
        "SELECT min(occurred_at) AS oldest FROM audit_event WHERE tenant_id = $1", (tenant_id,)
    )
    oldest = rows[0]["oldest"]
    return None if oldest is None else oldest.astimezone(JST).date()


async def seals(tenant_id: int) -> list[Seal]:
    """Every seal of the tenant, oldest first: some hundred a year."""
    rows = await current_door().execute(
        "SELECT day, form, event_count, events_sha256, previous_sha256, sha256 FROM audit_seal "
        "WHERE tenant_id = $1 ORDER BY day",
        (tenant_id,),
    )
    return [Seal(**row) for row in rows]


async def check_days(tenant_id: int, storage: Storage, days: tuple[date, date]) -> list[DayCheck]:
    """Compares trail, seals and copies of the days; when the storage fails, trail and seals only."""
    months = sorted({(one.year, one.month) for one in (days[0], days[1])})
    try:
        copies = await asyncio.to_thread(_copies, storage, tenant_id, months)
    except StorageFailed:
        copies = None
    return compare(tenant_id, await seals(tenant_id), await digests(tenant_id, *days), copies, days)


def _copies(storage: Storage, tenant_id: int, months: Sequence[tuple[int, int]]) -> dict[date, bytes]:
    files = storage.for_tenant(tenant_id)
    found = {}
    for year, month in months:
        for entry in files.list(*copy_parts(date(year, month, 1))[:2]):
            day = copy_day(entry.key)
            if day is not None:
                found[day] = files.get(entry.key)
    return found


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=JST)
