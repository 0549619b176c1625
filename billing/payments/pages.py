"""Pages of payments: a program's instalments, one instalment's history, all of the prefecture's, and reminders."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.payments import forms, operations, queries
from billing.payments.imports import RECEIPTS
from billing.payments.listed import ALL_PAYMENTS, payment_list_of
from billing.payments.rules import REMINDED_DAYS, STATUSES, PaymentView, status_code, to_remind
from billing.payments.tasks import payment_tasks
from billing.programs import queries as programs
from billing.programs.rules import ProgramView
from billing.programs.tabs import program_tabs, program_trail
from billing.runs import queries as runs
from tenants.calendar import japanese_date
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.lists.listing import list_page
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import field_messages, positive_id, read_form, status_of
from tenants.web.modules import Module, NavigationEntry
from tenants.web.routes import PREFECTURE, act, page
from tenants.web.visit import visit

OFFICERS = frozenset({Role.PREFECTURE_FINANCE})
_NOTHING: Mapping[str, str] = {}
say_when_done(
    {
        "payments-levied": "調定しました。",
        "receipt-noted": "収納を記録しました。",
        "receipt-reversed": "収納を取り消しました。",
        "payment-reminded": "督促を記録し、団体の財政担当に知らせました。",
    }
)


@page("/payments", roles=PREFECTURE)
async def all_payments(request: Request[Any, Any, Any]) -> Response[Any]:
    """Every charged instalment of the prefecture; 督促 begins with those whose state is 期限超過."""
    return await list_page(
        request,
        ALL_PAYMENTS,
        template="payments/all.html",
        title="収納の状況",
        lead="すべての事業の、調定した負担金と収納の状況です。督促の対象は、状態を「期限超過」に絞り込むと並びます。",
        breadcrumb=[("今週やること", "/"), ("事業", "/programs"), ("収納の状況", None)],
        help_page="payments",
        empty_link=("/programs", "事業を見る"),
    )


@page("/programs/{program_id:str}/payments", roles=PREFECTURE)
async def program_payments(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """A program's charged instalments, its sums, and what is to be done next."""
    return await _program(request, await programs.program(positive_id(program_id)), _NOTHING)


@act("/programs/{program_id:str}/levies", roles=OFFICERS)
async def levy_program(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Charges every member what its valid statement says."""
    form = await read_form(request)
    here, program = visit(request), await programs.program(positive_id(program_id))
    try:
        async with savepoint():
            typed = forms.levy_input(form, here.today)
            await operations.levy_program(here.context, program.id, typed.levied_on, typed.levy_number, here.now)
    except (Invalid, Conflict) as refused:
        return await _program(request, program, form, refused)
    return see_other(f"/programs/{program.id}/payments", done="payments-levied")


@act("/programs/{program_id:str}/reminders", roles=OFFICERS)
async def remind_program(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Reminds every member of the program that is late."""
    form = await read_form(request)
    here, program = visit(request), await programs.program(positive_id(program_id))
    try:
        async with savepoint():
            pay_by = forms.pay_by_day(form, here.today)
            await operations.remind_all(here.context, program.id, pay_by, here.now)
    except (Invalid, Conflict) as refused:
        return await _program(request, program, form, refused)
    return see_other(f"/programs/{program.id}/payments", done="payment-reminded")


@page("/payments/{payment_id:str}", roles=PREFECTURE)
async def payment_page(request: Request[Any, Any, Any], payment_id: FromPath[str]) -> Response[Any]:
    """One instalment of one member: its charges, receipts and reminders."""
    return await _payment(request, await queries.payment(positive_id(payment_id)), _NOTHING)


@act("/payments/{payment_id:str}/receipts", roles=OFFICERS)
async def note_receipt(request: Request[Any, Any, Any], payment_id: FromPath[str]) -> Response[Any]:
    """Writes down a sum that came in or went back."""
    form = await read_form(request)
    here, one = visit(request), await queries.payment(positive_id(payment_id))
    try:
        async with savepoint():
            await operations.note_receipt(here.context, one.id, forms.receipt_input(form, here.today), here.now)
    except (Invalid, Conflict) as refused:
        return await _payment(request, one, form, refused)
    return see_other(f"/payments/{one.id}", done="receipt-noted")


@act("/payments/{payment_id:str}/receipts/{receipt_id:str}/reversal", roles=OFFICERS)
async def reverse_receipt(
    request: Request[Any, Any, Any], payment_id: FromPath[str], receipt_id: FromPath[str]
) -> Response[Any]:
    """Takes a receipt back, with a reason."""
    form = await read_form(request)
    here, one = visit(request), await queries.payment(positive_id(payment_id))
    number = positive_id(receipt_id)
    try:
        async with savepoint():
            reason = forms.reversal_reason(form)
            await operations.reverse_receipt(here.context, one.id, number, reason, here.now)
    except (Invalid, Conflict) as refused:
        return await _payment(request, one, form, refused, reversing=number)
    return see_other(f"/payments/{one.id}", done="receipt-reversed")


@act("/payments/{payment_id:str}/reminders", roles=OFFICERS)
async def remind_payment(request: Request[Any, Any, Any], payment_id: FromPath[str]) -> Response[Any]:
    """Reminds one member."""
    form = await read_form(request)
    here, one = visit(request), await queries.payment(positive_id(payment_id))
    try:
        async with savepoint():
            await operations.remind(here.context, one.id, forms.pay_by_day(form, here.today), here.now)
    except (Invalid, Conflict) as refused:
        return await _payment(request, one, form, refused)
    return see_other(f"/payments/{one.id}", done="payment-reminded")


async def _program(
    request: Request[Any, Any, Any],
    program: ProgramView,
    typed: Mapping[str, str],
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    everything, today = await queries.payments(program.id), visit(request).today
    newest = await runs.last_approved(program.id)
    officer = visit(request).context.role in OFFICERS
    return await list_page(
        request,
        payment_list_of(program.id),
        template="payments/list.html",
        title=f"{program.title} 収納の状況",
        lead="団体と期ごとの、調定額・収納額・残額です。団体の名前から、収納の記録と取り消しができます。",
        breadcrumb=program_trail(program, ("納入・収納", f"/programs/{program.id}/collection"), ("収納の状況", None)),
        help_page="payments",
        status=status_of(refused),
        errors=field_messages(refused),
        tabs=program_tabs(program, "/collection"),
        program=program,
        sums={
            "levied_yen": sum(one.levied_yen for one in everything),
            "received_yen": sum(one.received_yen for one in everything),
            "open_yen": sum(one.open_yen for one in everything),
        },
        newest=newest.stage_label if newest else None,
        may_edit=officer,
        late=len(to_remind(everything, today)),
        reminded_days=REMINDED_DAYS,
        typed={
            "levied_on": typed.get("levied_on", japanese_date(today)),
            "levy_number": typed.get("levy_number", ""),
            "pay_by": typed.get("pay_by", ""),
        },
        has_payments=bool(everything),
    )


async def _payment(
    request: Request[Any, Any, Any],
    one: PaymentView,
    typed: Mapping[str, str],
    refused: Invalid | Conflict | None = None,
    reversing: int | None = None,
) -> Response[Any]:
    today = visit(request).today
    program = await programs.program(one.program_id)
    state = status_code(one.levied_yen, one.received_yen, one.due_date, today)
    return render(
        request,
        "payments/page.html",
        title=f"{one.label} {program.title}",
        breadcrumb=program_trail(
            program,
            ("納入・収納", f"/programs/{program.id}/collection"),
            ("収納の状況", f"/programs/{program.id}/payments"),
            (one.label, None),
        ),
        help_page="payments",
        status=status_of(refused),
        errors=field_messages(refused),
        payment=one,
        state=STATUSES[state],
        levies=await queries.levies(one.id),
        receipts=await queries.receipts(one.id),
        reminders=await queries.reminders(one.id),
        kinds=list(forms.KINDS.items()),
        typed={
            "kind": typed.get("kind", "out" if state == "refund" else "in"),
            "received_on": typed.get("received_on", ""),
            "amount_yen": typed.get("amount_yen", f"{abs(one.open_yen):,}" if one.open_yen else ""),
            "reference": typed.get("reference", ""),
            "note": typed.get("note", ""),
            "reason": typed.get("reason", ""),
            "pay_by": typed.get("pay_by", ""),
        },
        reversing=reversing,
        may_edit=visit(request).context.role in OFFICERS,
        may_remind=state == "overdue",
        reminded_days=REMINDED_DAYS,
    )


MODULE = Module(
    name="payments",
    handlers=(
        all_payments,
        program_payments,
        levy_program,
        remind_program,
        payment_page,
        note_receipt,
        reverse_receipt,
        remind_payment,
    ),
    templates=Path(__file__).parent / "templates",
    navigation=(NavigationEntry("収納の状況", "/payments", OFFICERS),),
    tasks=(payment_tasks,),
    imports=(RECEIPTS,),
    action_labels={
        "levy_payment": "調定",
        "note_receipt": "収納を記録",
        "reverse_receipt": "収納を取り消し",
        "remind_payment": "督促",
    },
)
