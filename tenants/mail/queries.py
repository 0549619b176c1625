"""Reads of mail: a person's notices, the tenant's mails and how far they got, who to tell."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from tenants.access.queries import membership_holds
from tenants.context import Role, TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import as_identity
from tenants.mail.rules import Frequency, MailState

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One notice of the person."""

    id: int
    subject: str
    body: str
    created_at: datetime
    read: bool


@dataclass(frozen=True, slots=True)
class MailLine:
    """One mail as an administrator sees it: how far it got, not what it says."""

    id: int
    address: str
    subject: str
    state: MailState
    attempts: int
    error_text: str
    created_at: datetime
    sent_at: datetime | None


async def notices(context: TenantContext, before_id: int | None = None) -> list[NoticeView]:
    """The person's notices in this tenant, newest first, at most PAGE_SIZE + 1."""
    rows = await current_door().execute(
        "SELECT id, subject, body, created_at, read_at FROM notice WHERE tenant_id = $1 AND person_id = $2 "
        "AND ($3::bigint IS NULL OR id < $3) ORDER BY id DESC LIMIT $4",
        (context.tenant_id, context.person_id, before_id, PAGE_SIZE + 1),
    )
    return [
        NoticeView(row["id"], row["subject"], row["body"], row["created_at"], row["read_at"] is not None)
        for row in rows
    ]


async def unread_count(context: TenantContext) -> int:
    """How many notices the person has not read in this tenant."""
    rows = await current_door().execute(
        "SELECT count(*) AS unread FROM notice WHERE person_id = $2 AND tenant_id = $1 AND read_at IS NULL",
        (context.tenant_id, context.person_id),
    )
    return int(rows[0]["unread"])


async def mails(tenant_id: int, before_id: int | None = None) -> list[MailLine]:
    """The tenant's mails, newest first, at most PAGE_SIZE + 1."""
    rows = await current_door().execute(
        "SELECT id, address, subject, state, attempts, error_message, created_at, sent_at FROM mail "
        "WHERE tenant_id = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
        (tenant_id, before_id, PAGE_SIZE + 1),
    )
    return [
        MailLine(
            row["id"],
            row["address"],
            row["subject"],
            MailState(row["state"]),
            row["attempts"],
            row["error_message"],
            row["created_at"],
            row["sent_at"],
        )
        for row in rows
    ]


async def frequency_of(person_id: int) -> Frequency:
    """How often the person wants mail; once a day unless chosen otherwise."""
    async with as_identity() as door:
        rows = await door.execute("SELECT frequency FROM mail_preference WHERE person_id = $1", (person_id,))
    return Frequency(rows[0]["frequency"]) if rows else Frequency.DAILY


async def people_with_roles(tenant_id: int, roles: Collection[Role], today: date) -> list[int]:
    """Ids of the enabled people who hold one of the roles in the tenant today, ascending."""
    async with as_identity() as door:
        rows = await door.execute(
            "SELECT DISTINCT m.person_id FROM membership m "  # noqa: S608  (our own condition)
            "JOIN person p ON p.id = m.person_id AND p.disabled_at IS NULL "
            f"WHERE m.tenant_id = $1 AND m.role = ANY($2) AND {membership_holds('m', '$3')} ORDER BY m.person_id",
            (tenant_id, sorted(role.value for role in roles), today),
        )
    return [int(row["person_id"]) for row in rows]
