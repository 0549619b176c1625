"""Writes of mail: tell people something, write to an address, mark as read, choose how often, send again."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from tenants.access.tables import Person
from tenants.audit.trail import Subject, record
from tenants.context import TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import as_identity, rows_may_be_missing
from tenants.errors import Conflict, NotFound
from tenants.mail.rules import Frequency, MailTemplate, Text
from tenants.mail.tables import MailPreference, Notice


async def notify(
    context: TenantContext,
    recipient_person_ids: Sequence[int],
    template: MailTemplate,
    values: Mapping[str, str],
    url: str,
    now: datetime,
    *,
    digest: bool = True,
    tenant_id: int | None = None,
) -> None:
    """Will put a notice before each person (once, in the present transaction) and write those who want mail.

    ``url`` is the page inside the product that shows more, after sign-in; ``tenant_id`` the tenant in which the notice
    is read (default: the context's). With ``digest`` false the mail goes out whatever the person chose, and at once:
    for what concerns their account or cannot wait.
    """
    tenant = context.tenant_id if tenant_id is None else tenant_id
    text = template.text(values)
    for person_id, address, frequency in await _recipients(recipient_person_ids):
        waits = digest and frequency is Frequency.DAILY
        await current_door().execute(
            "INSERT INTO notice (tenant_id, person_id, template, subject, body, url, awaits_digest, created_at) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            (tenant, person_id, template.name, text.subject, text.body, url, waits, now),
        )
        if address and not waits and (not digest or frequency is Frequency.NOW):
            await _write(tenant, person_id, address, template.name, text, url, now)


async def send_to_address(
    context: TenantContext,
    address: str,
    template: MailTemplate,
    values: Mapping[str, str],
    url: str,
    now: datetime,
) -> None:
    """Will write to an address that may belong to nobody here yet (an invitation), in the present transaction."""
    await _write(context.tenant_id, None, address, template.name, template.text(values), url, now)


async def _recipients(person_ids: Sequence[int]) -> list[tuple[int, str, Frequency]]:
    """Each enabled person once, by id, with the address and the chosen frequency."""
    async with as_identity() as door:
        rows = await door.execute(
            "SELECT p.id, p.email, coalesce(f.frequency, 'daily') AS frequency FROM person p "
            "LEFT JOIN mail_preference f ON f.person_id = p.id "
            "WHERE p.id = ANY($1) AND p.disabled_at IS NULL ORDER BY p.id",
            (sorted(set(person_ids)),),
        )
    return [(int(row["id"]), str(row["email"]), Frequency(row["frequency"])) for row in rows]


async def _write(
    tenant_id: int, person_id: int | None, address: str, template: str, text: Text, url: str, now: datetime
) -> None:
    await current_door().execute(
        "INSERT INTO mail (tenant_id, person_id, address, template, subject, body, url, message_id, due_at, "
        "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
        (tenant_id, person_id, address, template, text.subject, text.body, url, secrets.token_hex(16), now),
    )


async def read_notice(context: TenantContext, notice_id: int, now: datetime) -> str:
    """Will note that the person has read a notice, and return the page it leads to. Raises NotFound."""
    rows = await current_door().execute(
        "UPDATE notice SET read_at = coalesce(read_at, $4), awaits_digest = false "
        "WHERE tenant_id = $1 AND id = $2 AND person_id = $3 RETURNING url",
        (context.tenant_id, notice_id, context.person_id, now),
    )
    return str(rows[0]["url"])


async def read_all_notices(context: TenantContext, now: datetime) -> None:
    """Will note that the person has read everything in this tenant."""
    door = current_door()
    async with rows_may_be_missing(door):
        await Notice.update({Notice.read_at: now, Notice.awaits_digest: False}).where(
            (Notice.tenant_id == context.tenant_id)
            & (Notice.person_id == context.person_id)
            & (Notice.read_at.is_null())
        )


async def choose_frequency(context: TenantContext, frequency: Frequency) -> None:
    """Will remember how often the person wants mail about notices that can wait."""
    async with as_identity() as door:
        before = await MailPreference.select().where(MailPreference.person_id == context.person_id).first()
        await door.execute(
            "INSERT INTO mail_preference (person_id, frequency) VALUES ($1, $2) "
            "ON CONFLICT (person_id) DO UPDATE SET frequency = excluded.frequency",
            (context.person_id, frequency.value),
        )
        person = await Person.select(Person.name).where(Person.id == context.person_id).first()
    await record(
        context,
        "choose_mail_frequency",
        Subject("person", context.person_id, person["name"] if person else ""),
        before={"frequency": before["frequency"] if before else Frequency.DAILY.value},
        after={"frequency": frequency.value},
    )


class NothingToSendAgain(Conflict):
    """Only a mail that failed or whose fate is unknown may be sent again."""

    def __init__(self) -> None:
        super().__init__("mail-not-failed", "このメールは、もう一度送る必要がありません。画面を開き直してください。")


async def send_again(context: TenantContext, mail_id: int, now: datetime) -> None:
    """Will send a failed or doubtful mail once more. Raises NotFound, NothingToSendAgain."""
    door = current_door()
    rows = await door.execute(
        "SELECT state, subject FROM mail WHERE tenant_id = $1 AND id = $2 FOR UPDATE", (context.tenant_id, mail_id)
    )
    async with rows_may_be_missing(door):
        again = await door.execute(
            "UPDATE mail SET state = 'waiting', attempts = 0, due_at = $3, lease_until = NULL, error_message = '', "
            "message_id = $4 WHERE tenant_id = $1 AND id = $2 AND state IN ('failed', 'unknown') RETURNING id",
            (context.tenant_id, mail_id, now, secrets.token_hex(16)),
        )
    if not again:
        if not rows:
            raise NotFound
        raise NothingToSendAgain
    await record(context, "send_mail_again", Subject("mail", mail_id, str(rows[0]["subject"])))
