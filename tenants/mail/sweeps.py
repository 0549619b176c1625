"""What the worker does with mail by the clock: send what is due, and once a day write the digests."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tenants.context import Scope
from tenants.database.transaction import Pool, open_door, rows_may_be_missing
from tenants.errors import Invalid
from tenants.mail.delivery import Connection, Envelope, LostContact, MailServer, Refused
from tenants.mail.rules import LEASE, Frequency, Text, digest_text, next_try

logger = logging.getLogger(__name__)

_ONE_ROUND = 200
"""Mails one round sends at most; the next round follows in seconds."""
_UNKNOWN = "送信中に通信が途切れたため、届いたかどうか分かりません。内容は本人の「お知らせ」にもあります。"
Clock = Callable[[], datetime]


async def send_due(pool: Pool, server: MailServer, clock: Clock) -> int:
    """Will send the mails that are due, one after another, and return how many the server took.

    A mail is claimed and committed before the server hears of it; marked and committed again before its text is
    sent; and marked as sent afterwards. Whoever finds it in the middle state asks nobody and sends nothing twice.
    """
    taken = 0
    with Connection(server) as connection:
        for _ in range(_ONE_ROUND):
            mail = await _claim(pool, clock())
            if mail is None:
                break
            taken += await _send_one(pool, connection, mail, clock)
    return taken


async def _claim(pool: Pool, now: datetime) -> dict[str, Any] | None:
    async with open_door(pool, Scope.JOBS) as door, rows_may_be_missing(door):
        await door.execute(
            "UPDATE mail SET state = 'unknown', lease_until = NULL, error_message = $2 "
            "WHERE state = 'handing_over' AND lease_until < $1",
            (now, _UNKNOWN),
        )
        rows = await door.execute(
            "UPDATE mail SET state = 'claimed', attempts = attempts + 1, lease_until = $2 WHERE (tenant_id, id) IN ("
            "SELECT tenant_id, id FROM mail WHERE due_at <= $1 AND (state = 'waiting' "
            "OR (state = 'claimed' AND lease_until < $1)) ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) "
            "RETURNING *",
            (now, now + LEASE),
        )
    return rows[0] if rows else None


async def _send_one(pool: Pool, connection: Connection, mail: dict[str, Any], clock: Clock) -> int:
    envelope = Envelope(
        mail["address"], Text(mail["subject"], mail["body"]), mail["url"], mail["message_id"], mail["created_at"]
    )
    try:
        await asyncio.to_thread(connection.announce, envelope)
        if not await _move(pool, mail, "claimed", "handing_over", lease_until=clock() + LEASE):
            await asyncio.to_thread(connection.start_over)
            return 0
        await asyncio.to_thread(connection.hand_over, envelope)
    except Refused as refused:
        await _put_back(pool, mail, refused.message, clock(), permanent=refused.permanent)
        return 0
    except Invalid as wrong:
        await _put_back(pool, mail, wrong.message, clock(), permanent=True)
        return 0
    except LostContact:
        logger.warning("contact was lost while mail %s was on its way", mail["id"])
        await _move(pool, mail, "handing_over", "unknown", error_message=_UNKNOWN)
        return 0
    await _move(pool, mail, "handing_over", "sent", sent_at=clock())
    return 1


async def _put_back(pool: Pool, mail: dict[str, Any], message: str, now: datetime, *, permanent: bool) -> None:
    again = None if permanent else next_try(mail["attempts"], now)
    state = "failed" if again is None else "waiting"
    for before in ("claimed", "handing_over"):
        if await _move(pool, mail, before, state, error_message=message, due_at=again or now):
            return


async def _move(pool: Pool, mail: dict[str, Any], before: str, after: str, **changes: Any) -> bool:
    """Moves a mail on in a transaction of its own; False when another worker has it meanwhile."""
    values: list[Any] = [mail["tenant_id"], mail["id"], before, after, mail["attempts"]]
    sets = ["state = $4"]
    for name, value in {"lease_until": None, **changes}.items():
        values.append(value)
        sets.append(f"{name} = ${len(values)}")
    async with open_door(pool, Scope.JOBS) as door, rows_may_be_missing(door):
        rows = await door.execute(
            f"UPDATE mail SET {', '.join(sets)} "  # noqa: S608  (column names are ours)
            "WHERE tenant_id = $1 AND id = $2 AND state = $3 AND attempts = $5 RETURNING id",
            values,
        )
    return bool(rows)


async def write_digests(pool: Pool, now: datetime) -> int:
    """Will put one mail on its way for every person whose notices wait for the daily mail; returns how many.

    A notice that was read meanwhile waits no more. Running it twice writes nothing twice.
    """
    async with open_door(pool, Scope.JOBS, read_only=True) as door:
        waiting = await door.execute(
            "SELECT DISTINCT n.tenant_id, n.person_id, t.name FROM notice n JOIN tenant t ON t.id = n.tenant_id "
            "WHERE n.awaits_digest ORDER BY n.tenant_id, n.person_id"
        )
    async with open_door(pool, Scope.IDENTITY, read_only=True) as door:
        people = await door.execute(
            "SELECT p.id, p.email, coalesce(f.frequency, 'daily') AS frequency FROM person p "
            "LEFT JOIN mail_preference f ON f.person_id = p.id WHERE p.id = ANY($1) AND p.disabled_at IS NULL",
            (sorted({row["person_id"] for row in waiting}),),
        )
    addresses = {row["id"]: row["email"] for row in people if row["frequency"] != Frequency.NEVER.value}
    written = 0
    for row in waiting:
        written += await _write_digest(pool, row, addresses.get(row["person_id"], ""), now)
    return written


async def _write_digest(pool: Pool, row: dict[str, Any], address: str, now: datetime) -> int:
    async with open_door(pool, Scope.JOBS) as door, rows_may_be_missing(door):
        notices = await door.execute(
            "UPDATE notice SET awaits_digest = false WHERE tenant_id = $1 AND person_id = $2 AND awaits_digest "
            "RETURNING id, subject, url, read_at",
            (row["tenant_id"], row["person_id"]),
        )
        unread = [
            (one["subject"], one["url"]) for one in sorted(notices, key=lambda one: one["id"]) if not one["read_at"]
        ]
        if not unread or not address:
            return 0
        text = digest_text(unread, row["name"])
        await door.execute(
            "INSERT INTO mail (tenant_id, person_id, address, template, subject, body, url, message_id, due_at, "
            "created_at) VALUES ($1, $2, $3, 'mail/digest', $4, $5, '/notices', $6, $7, $7)",
            (row["tenant_id"], row["person_id"], address, text.subject, text.body, secrets.token_hex(16), now),
        )
    return 1
