"""Writes of disputes: open one, reply, close, set a program's period, freeze a statement's."""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from billing.disputes import queries
from billing.disputes.rules import (
    OUTCOMES,
    DisputeView,
    Period,
    check_can_accept,
    check_can_open,
    check_can_reply,
    period_after,
)
from billing.disputes.tables import Dispute, DisputeMessage, DisputePeriod
from billing.grant_procedures.evidence.rules import Evidence
from billing.statements import queries as statements
from tenants.audit.trail import Subject, record
from tenants.calendar import JST
from tenants.context import PREFECTURE_TENANT_ID, Role, TenantContext
from tenants.database.engine import current_door
from tenants.database.transaction import rows_may_be_missing
from tenants.database.versions import EditedMeanwhile
from tenants.errors import Invalid
from tenants.files.operations import keep_file
from tenants.files.rules import FileKind, declare_kind
from tenants.mail.operations import notify
from tenants.mail.queries import people_with_roles
from tenants.mail.rules import MailTemplate
from tenants.storage import Storage

ATTACHMENT = declare_kind(FileKind("dispute", "照会・異議の添付", place="照会・異議の画面"))
"""Kept for ever beside the thread: it is part of why an amount was or was not changed."""
_MAIL = Path(__file__).parent / "templates" / "disputes" / "mail"
REPLIED, CLOSED = MailTemplate(_MAIL / "replied.txt"), MailTemplate(_MAIL / "closed.txt")


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody writes, perhaps with a file."""

    text: str
    file: Evidence | None = None


async def freeze_period(tenant_id: int, statement_id: int, program_id: int, issued_at: datetime) -> Period:
    """Will keep until when the statement may be disputed, from the program's rule of today; the issue records it."""
    days, _ = await queries.rule(program_id)
    period = period_after(issued_at, days)
    await DisputePeriod.insert(
        DisputePeriod(
            tenant_id=tenant_id,
            prefecture_id=PREFECTURE_TENANT_ID,
            statement_id=statement_id,
            last_day=period.last_day,
        )
    )
    return period


async def set_rule(context: TenantContext, program_id: int, days: int, version: int) -> None:
    """Will let statements issued from now on be disputed for ``days``; what was issued keeps its day.

    Raises EditedMeanwhile.
    """
    before, present = await queries.rule(program_id)
    if present != version:
        raise EditedMeanwhile
    door = current_door()
    async with rows_may_be_missing(door):
        rows = await door.execute(
            "INSERT INTO dispute_rule (tenant_id, program_id, days, version) VALUES ($1, $2, $3, 1) "
            "ON CONFLICT (tenant_id, program_id) DO UPDATE SET days = $3, version = dispute_rule.version + 1 "
            "WHERE dispute_rule.version = $4 RETURNING id",
            (context.tenant_id, program_id, days, version),
        )
    if not rows:
        raise EditedMeanwhile
    subject = Subject("program", program_id)
    await record(context, "set_dispute_rule", subject, before={"days": before}, after={"days": days})


async def open_dispute(
    context: TenantContext,
    storage: Storage,
    statement_id: int,
    cost_id: str,
    kind: str,
    comment: Comment,
    now: datetime,
) -> int:
    """Will put a question or objection before the prefecture and return its id; ``cost_id`` empty: the whole sheet.

    Raises NotFound, PeriodOver, StatementWithdrawn, Invalid (unknown-line), OverQuota.
    """
    line, content = await statements.statement(statement_id)
    period = await queries.period_of(statement_id, line.issued_at)
    check_can_open(period, now.astimezone(JST).date(), withdrawn=line.withdrawn_at is not None)
    names = {"": ""} | {one["cost_id"]: one["name"] for one in content["lines"]}
    if cost_id not in names:
        raise Invalid("unknown-line", "入力内容を確かめてください。", {"line": "どの行についてかを選んでください。"})
    rows = await Dispute.insert(
        Dispute(
            tenant_id=context.tenant_id,
            statement_id=statement_id,
            cost_id=cost_id,
            line_name=names[cost_id],
            kind=kind,
            state="open",
            outcome="",
            opened_by_id=context.person_id,
            opened_by=context.person_name,
            opened_at=now,
            closed_by="",
        )
    )
    dispute = await queries.dispute(int(rows[0]["id"]))
    await _write(context, storage, dispute, comment, now)
    await record(context, "open_dispute", _subject(dispute), after={"kind": kind, "line": dispute.line_name})
    return dispute.id


async def reply(context: TenantContext, storage: Storage, dispute_id: int, comment: Comment, now: datetime) -> None:
    """Will add to the thread: the prefecture's reply answers it, the member's opens it again.

    Raises NotFound, DisputeClosed, OverQuota.
    """
    dispute = await queries.locked_dispute(dispute_id)
    check_can_reply(dispute)
    await _write(context, storage, dispute, comment, now)
    state = "answered" if context.is_prefecture else "open"
    await _move(dispute, {Dispute.state: state})
    await _record(context, "reply_to_dispute", dispute, {"state": dispute.state}, {"state": state})
    await _tell_member(context, dispute, REPLIED, now)


async def accept_answer(context: TenantContext, dispute_id: int, now: datetime) -> None:
    """Will end the dispute because the member is content with the answer. Raises DisputeClosed, NotAnswered."""
    dispute = await queries.locked_dispute(dispute_id)
    check_can_accept(dispute)
    await _close(context, dispute, "accepted", now)


async def decide_dispute(
    context: TenantContext, storage: Storage, dispute_id: int, outcome: str, comment: Comment, now: datetime
) -> None:
    """Will end the dispute with the prefecture's answer and its outcome. Raises NotFound, DisputeClosed, OverQuota."""
    dispute = await queries.locked_dispute(dispute_id)
    check_can_reply(dispute)
    await _write(context, storage, dispute, comment, now)
    await _close(context, dispute, outcome, now)


async def _close(context: TenantContext, dispute: DisputeView, outcome: str, now: datetime) -> None:
    await _move(
        dispute,
        {
            Dispute.state: "closed",
            Dispute.outcome: outcome,
            Dispute.closed_by: context.person_name,
            Dispute.closed_at: now,
        },
    )
    after = {"state": "closed", "outcome": OUTCOMES[outcome]}
    await _record(context, "close_dispute", dispute, {"state": dispute.state}, after)
    await _tell_member(context, dispute, CLOSED, now, outcome=OUTCOMES[outcome])


async def _move(dispute: DisputeView, changes: dict[object, object]) -> None:
    await Dispute.update(changes).where(  # type: ignore[arg-type]  # columns of the table
        (Dispute.tenant_id == dispute.tenant_id) & (Dispute.id == dispute.id)
    )


async def _write(
    context: TenantContext, storage: Storage, dispute: DisputeView, comment: Comment, now: datetime
) -> None:
    """Whoever writes, thread and file are the member's: it must find them without the prefecture."""
    file_id = None
    if comment.file is not None:
        # 64 bits: unique among all attachments anybody will ever send.
        name = f"dispute-{dispute.id}-{secrets.token_hex(8)}.{comment.file.suffix}"
        place = storage.for_tenant(dispute.tenant_id)
        parts, kind = ("disputes", name), comment.file.content_type
        stored = await asyncio.to_thread(place.put, parts, comment.file.content, kind)
        file_id = await keep_file(dispute.tenant_id, stored, name, kind, ATTACHMENT, by=context)
    await DisputeMessage.insert(
        DisputeMessage(
            tenant_id=dispute.tenant_id,
            dispute_id=dispute.id,
            by_prefecture=context.is_prefecture,
            person_id=context.person_id,
            person_name=context.person_name,
            text=comment.text,
            file_id=file_id,
            file_name=comment.file.name if comment.file else "",
            written_at=now,
        )
    )


async def _record(
    context: TenantContext, action: str, dispute: DisputeView, before: dict[str, str], after: dict[str, str]
) -> None:
    subject = _subject(dispute)
    await record(context, action, subject, before=before, after=after, tenant_id=dispute.tenant_id)


async def _tell_member(
    context: TenantContext, dispute: DisputeView, template: MailTemplate, now: datetime, **more: str
) -> None:
    """The member is told at once; the prefecture by ``sweeps``, because a member's scope writes it no notices."""
    if not context.is_prefecture:
        return
    writers = {dispute.opened_by_id, *await queries.writers(dispute.id, prefecture=False)}
    present = await people_with_roles(dispute.tenant_id, {Role.TOWN_FINANCE}, now.date())
    # Who wrote may have moved to another office since; then whoever does finance now is told.
    people = [one for one in present if one in writers] or present
    words = mail_words(dispute) | more
    await notify(context, people, template, words, f"/disputes/{dispute.id}", now, tenant_id=dispute.tenant_id)


def mail_words(dispute: DisputeView) -> dict[str, str]:
    """What a mail says of a dispute; what was written in it is read after sign-in only."""
    return {
        "title": dispute.title,
        "stage": dispute.stage_label,
        "tenant": dispute.tenant_name,
        "kind": dispute.kind_label,
        "about": dispute.about,
    }


def _subject(dispute: DisputeView) -> Subject:
    return Subject("dispute", dispute.id, f"{dispute.title} {dispute.stage_label} {dispute.tenant_name}")
