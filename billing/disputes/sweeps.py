"""What the worker does for disputes by the clock: tell the prefecture what members wrote.

A member's scope writes no notices of another organisation, so the prefecture's own scope looks for what is new.
"""

from datetime import datetime, timedelta
from pathlib import Path

from billing.disputes import queries
from billing.disputes.operations import REPLIED, mail_words
from tenants.audit.trail import Subject, record
from tenants.context import PREFECTURE_TENANT_ID, Role, Scope, TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import Pool, open_door
from tenants.mail.operations import notify
from tenants.mail.queries import people_with_roles
from tenants.mail.rules import MailTemplate

TELL_SECONDS = 60
"""Within a minute: nobody waits before the screen, and the task stands in 今週やること at once."""
_LOOK_BACK = timedelta(days=7)
"""A worker that stood still over a long holiday still tells; the trail remembers what was told."""
OPENED = MailTemplate(Path(__file__).parent / "templates" / "disputes" / "mail" / "opened.txt")
_UNTOLD = """
SELECT m.id, m.dispute_id, NOT EXISTS (SELECT FROM dispute_message e WHERE e.tenant_id = m.tenant_id
                                         AND e.dispute_id = m.dispute_id AND e.id < m.id) AS is_first
  FROM dispute_message m
 WHERE NOT m.by_prefecture AND m.written_at > $1
   AND NOT EXISTS (SELECT FROM audit_event e WHERE e.tenant_id = $2 AND e.action = 'tell_dispute'
                      AND e.subject_id = m.id::text)
 ORDER BY m.id
"""


async def tell_prefecture(pool: Pool, now: datetime) -> int:
    """Will put each new comment of a member before the prefecture's finance officers, once; returns how many."""
    context = TenantContext(PREFECTURE_TENANT_ID, "", "", Role.PREFECTURE_FINANCE, 0, "自動処理", "disputes")
    async with open_door(pool, Scope.PREFECTURE, PREFECTURE_TENANT_ID):
        # One worker at a time: another would not see yet what this one is telling.
        await current_door().execute("SELECT pg_advisory_xact_lock($1::bigint)", (_LOCK,))
        rows = await current_door().execute(_UNTOLD, (now - _LOOK_BACK, PREFECTURE_TENANT_ID))
        officers = await people_with_roles(PREFECTURE_TENANT_ID, {Role.PREFECTURE_FINANCE}, now.date()) if rows else []
        for row in rows:
            dispute = await queries.dispute(row["dispute_id"])
            template = OPENED if row["is_first"] else REPLIED
            await notify(context, officers, template, mail_words(dispute), f"/disputes/{dispute.id}", now)
            label = f"{dispute.title} {dispute.stage_label} {dispute.tenant_name}"
            await record(context, "tell_dispute", Subject("dispute_message", row["id"], label))
    return len(rows)


_LOCK = 0x4449535054454C4C
"""Our advisory lock (「DISPTELL」)."""
