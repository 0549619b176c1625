"""Writes of payments: charge what was approved, write down what came in, reverse a slip, remind whoever is late."""

import json
from datetime import date, datetime
from pathlib import Path

from billing.notices.rules import instalments_of
from billing.payments import queries
from billing.payments.rules import (
    LevyFirst,
    LevyInput,
    NothingOverdue,
    NothingToLevy,
    NotOverdue,
    PapersUnfinished,
    PaymentView,
    Planned,
    ReceiptInput,
    ReversedAlready,
    check_pay_by,
    is_overdue,
    levies,
    to_remind,
)
from billing.payments.tables import Levy, Payment, PaymentReminder, Receipt
from billing.programs import queries as programs
from billing.programs.rules import ProgramView
from billing.runs import queries as runs
from billing.runs.rules import RunView
from billing.statements import queries as statements
from tenants.audit.trail import Subject, record
from tenants.calendar import JST, japanese_date
from tenants.context import PREFECTURE_TENANT_ID, Role, TenantContext
from tenants.errors import Invalid, NotFound
from tenants.mail.operations import notify
from tenants.mail.queries import people_with_roles
from tenants.mail.rules import MailTemplate

REMINDED = MailTemplate(Path(__file__).parent / "templates" / "payments" / "mail" / "reminded.txt")


async def levy_program(
    context: TenantContext, program_id: int, levied_on: date, levy_number: str, now: datetime
) -> list[LevyInput]:
    """Will charge every member what its valid statement says and was not charged yet; returns what was charged.

    Raises NotFound, PapersUnfinished, NothingToLevy.
    """
    program = await programs.program(program_id)
    await runs.lock_program(program_id)
    present = {(one.tenant_id, one.number): one for one in await queries.payments(program_id)}
    charged = {key: one.levied_yen for key, one in present.items()}
    days = {key: one.due_date for key, one in present.items()}
    due = levies(await _planned(await runs.last_approved(program_id)), charged, days)
    if not due:
        raise NothingToLevy
    for one in due:
        known = present.get((one.tenant_id, one.number))
        payment_id = known.id if known else await _new_payment(program, one)
        await Levy.insert(
            Levy(
                tenant_id=one.tenant_id,
                prefecture_id=PREFECTURE_TENANT_ID,
                payment_id=payment_id,
                statement_id=one.statement_id,
                levied_on=levied_on,
                levy_number=levy_number,
                amount_yen=one.amount_yen,
                due_date=one.due_date,
                entered_by_id=context.person_id,
                entered_by=context.person_name,
                entered_at=now,
            )
        )
        after = {"amount_yen": one.amount_yen, "levied_on": levied_on.isoformat(), "levy_number": levy_number}
        subject = Subject("payment", payment_id, f"{program.title} 第{one.number}期")
        await record(context, "levy_payment", subject, after=after, tenant_id=one.tenant_id)
    return list(due)


async def note_receipt(context: TenantContext, payment_id: int, receipt: ReceiptInput, now: datetime) -> int:
    """Will write down a sum that came in (or, below zero, went back) and return its id. Raises NotFound, Invalid."""
    one = await _locked(payment_id)
    _check_day(receipt.received_on, now)
    rows = await Receipt.insert(_receipt(context, one, receipt, now))
    receipt_id = int(rows[0]["id"])
    after = {
        "amount_yen": receipt.amount_yen,
        "received_on": receipt.received_on.isoformat(),
        "reference": receipt.reference,
        "note": receipt.note,
    }
    await record(context, "note_receipt", _subject(one), after=after, tenant_id=one.tenant_id)
    return receipt_id


async def reverse_receipt(context: TenantContext, payment_id: int, receipt_id: int, reason: str, now: datetime) -> None:
    """Will take a receipt back by a reversing one with the reason. Raises NotFound, ReversedAlready."""
    one = await _locked(payment_id)
    found = next((each for each in await queries.receipts(payment_id) if each.id == receipt_id), None)
    if found is None:
        raise NotFound
    if found.reversed or found.reverses_id is not None:
        raise ReversedAlready
    back = ReceiptInput(found.received_on, -found.amount_yen, "", reason)
    await Receipt.insert(_receipt(context, one, back, now, reverses_id=receipt_id))
    before = {"amount_yen": found.amount_yen, "received_on": found.received_on.isoformat()}
    after = {"reason": reason}
    await record(context, "reverse_receipt", _subject(one), before=before, after=after, tenant_id=one.tenant_id)


async def remind(context: TenantContext, payment_id: int, pay_by: date, now: datetime) -> None:
    """Will remind one member of what it owes and tell its finance officers.

    Raises NotFound, NotOverdue, LevyFirst, Invalid.
    """
    one = await _locked(payment_id)
    today = now.astimezone(JST).date()
    check_pay_by(pay_by, today)
    if not is_overdue(one, today) or not await _still_late(one.program_id, [one], today):
        raise NotOverdue
    await _remind(context, one, pay_by, now)


async def remind_all(context: TenantContext, program_id: int, pay_by: date, now: datetime) -> int:
    """Will remind every member that is late and was not reminded yet; returns how many instalments.

    Raises NotFound, NothingOverdue, LevyFirst, Invalid.
    """
    await programs.program(program_id)
    await runs.lock_program(program_id)
    today = now.astimezone(JST).date()
    check_pay_by(pay_by, today)
    late = await _still_late(program_id, to_remind(await queries.payments(program_id), today), today)
    if not late:
        raise NothingOverdue
    for one in late:
        await _remind(context, one, pay_by, now)
    return len(late)


async def _planned(run: RunView | None) -> dict[tuple[int, int], Planned]:
    """What the valid statements say; nothing when every approved run was withdrawn."""
    if run is None:
        return {}
    lines = await statements.statements_of_run(run.id)
    if len(lines) < len(json.loads(run.result_json or "{}").get("members", [])):
        raise PapersUnfinished
    planned = {}
    for line in lines:
        _, content = await statements.statement(line.id)
        for one in instalments_of(content, line.due_date):
            planned[line.tenant_id, one.number] = Planned(line.id, one.due_date, one.yen)
    return planned


async def _still_late(program_id: int, late: list[PaymentView], today: date) -> list[PaymentView]:
    """Those whose day has passed also by the newest statement: nobody is reminded of what it says no more.

    Raises LevyFirst when it says another amount, or was withdrawn; PapersUnfinished.
    """
    if not late:
        return []
    planned = await _planned(await runs.last_approved(program_id))
    plans = {one.id: planned.get((one.tenant_id, one.number)) for one in late}
    if any(one.levied_yen != (plan.yen if (plan := plans[one.id]) else 0) for one in late):
        raise LevyFirst
    return [one for one in late if (plan := plans[one.id]) and (plan.due_date is None or plan.due_date < today)]


async def _new_payment(program: ProgramView, one: LevyInput) -> int:
    rows = await Payment.insert(
        Payment(
            tenant_id=one.tenant_id,
            prefecture_id=PREFECTURE_TENANT_ID,
            program_id=program.id,
            title=program.title,
            fiscal_year=program.fiscal_year,
            number=one.number,
        )
    )
    return int(rows[0]["id"])


async def _locked(payment_id: int) -> PaymentView:
    """The instalment; whoever else writes to its program's payments waits."""
    await runs.lock_program((await queries.payment(payment_id)).program_id)
    return await queries.payment(payment_id)


def _check_day(received_on: date, now: datetime) -> None:
    if received_on > now.astimezone(JST).date():
        message = "収納日に先の日付は入力できません。"
        raise Invalid("received-later", message, {"received_on": message})


def _receipt(
    context: TenantContext, one: PaymentView, receipt: ReceiptInput, now: datetime, *, reverses_id: int | None = None
) -> Receipt:
    return Receipt(
        tenant_id=one.tenant_id,
        prefecture_id=PREFECTURE_TENANT_ID,
        program_id=one.program_id,
        payment_id=one.id,
        received_on=receipt.received_on,
        amount_yen=receipt.amount_yen,
        reference=receipt.reference,
        note=receipt.note,
        reverses_id=reverses_id,
        entered_by_id=context.person_id,
        entered_by=context.person_name,
        entered_at=now,
    )


async def _remind(context: TenantContext, one: PaymentView, pay_by: date, now: datetime) -> None:
    await PaymentReminder.insert(
        PaymentReminder(
            tenant_id=one.tenant_id,
            prefecture_id=PREFECTURE_TENANT_ID,
            payment_id=one.id,
            reminded_on=now.astimezone(JST).date(),
            amount_yen=one.open_yen,
            pay_by=pay_by,
            entered_by_id=context.person_id,
            entered_by=context.person_name,
            entered_at=now,
        )
    )
    after = {"amount_yen": one.open_yen, "pay_by": pay_by.isoformat()}
    await record(context, "remind_payment", _subject(one), after=after, tenant_id=one.tenant_id)
    await notify(
        context,
        await people_with_roles(one.tenant_id, {Role.TOWN_FINANCE}, now.date()),
        REMINDED,
        {
            "tenant": one.tenant_name,
            "title": one.program_title,
            "number": str(one.number),
            "day": japanese_date(pay_by),
        },
        "/statements",
        now,
        tenant_id=one.tenant_id,
    )


def _subject(one: PaymentView) -> Subject:
    return Subject("payment", one.id, f"{one.program_title} {one.label}")
