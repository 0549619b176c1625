"""The API of payments: a program's instalments, charging, receipts, reversals, reminders."""

from datetime import date
from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta, Struct

from billing.fields import SignedYen
from billing.payments import forms, operations, queries
from billing.payments.rules import STATUSES, PaymentView, ReceiptInput, status_code
from billing.programs import queries as programs
from tenants.api.answers import answer, created, listed
from tenants.api.bodies import read_body
from tenants.api.fields import Code, Count, Id
from tenants.api.routes import VERSION, api_act, api_read
from tenants.api.rules import say_verbs
from tenants.context import Role
from tenants.errors import Invalid
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE
from tenants.web.visit import visit

OFFICERS = frozenset({Role.PREFECTURE_FINANCE})
say_verbs({"payments:read": "収納の状況を見る", "payments:write": "調定・収納・督促を記録する"})
_LIST = "/programs/{program_id:str}/payments"
_ONE = "/payments/{payment_id:str}"


class Payment(Struct, frozen=True):
    """一団体の一期分。open_yen が負の数なら、返還する額です。"""

    id: Id
    member_code: Code
    member_name: str
    number: Count
    due_date: date | None
    levied_yen: SignedYen
    received_yen: SignedYen
    open_yen: SignedYen
    status: Annotated[str, Meta(description="、".join(f"{code}={one.label}" for code, one in STATUSES.items()))]
    reminded_on: date | None


class LevyBody(Struct, frozen=True, forbid_unknown_fields=True):
    """調定。承認済みの計算と、これまでの調定との差を全団体分まとめて調定します。"""

    levied_on: date
    levy_number: Annotated[str, Meta(max_length=forms.LONGEST_REFERENCE)] = ""


class Levied(Struct, frozen=True):
    """調定した件数と額の計。"""

    instalments: Count
    amount_yen: SignedYen


class ReceiptBody(Struct, frozen=True, forbid_unknown_fields=True):
    """収納。amount_yen が負の数なら、県が返した額です。"""

    received_on: date
    amount_yen: SignedYen
    reference: Annotated[str, Meta(max_length=forms.LONGEST_REFERENCE)] = ""
    note: Annotated[str, Meta(max_length=forms.LONGEST_NOTE)] = ""


class ReversalBody(Struct, frozen=True, forbid_unknown_fields=True):
    """収納の取り消し。"""

    reason: Annotated[str, Meta(min_length=1, max_length=forms.LONGEST_REASON)]


class ReminderBody(Struct, frozen=True, forbid_unknown_fields=True):
    """督促。"""

    pay_by: date


class Reminded(Struct, frozen=True):
    """督促した件数。"""

    instalments: Count


@api_read(_LIST, roles=PREFECTURE, verb="payments:read", summary="収納の状況", answers=Payment, listed=True)
async def payment_list(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The program's charged instalments."""
    program = await programs.program(positive_id(program_id))
    today = visit(request).today
    found = await queries.payments(program.id)
    return listed(request, found, lambda one: one.id, lambda one: _shown(one, today))


@api_read(_ONE, roles=PREFECTURE, verb="payments:read", summary="一期分の収納の状況", answers=Payment)
async def payment(request: Request[Any, Any, Any], payment_id: FromPath[str]) -> Response[Any]:
    """One instalment."""
    return answer(_shown(await queries.payment(positive_id(payment_id)), visit(request).today))


@api_act(
    "/programs/{program_id:str}/levies",
    roles=OFFICERS,
    verb="payments:write",
    summary="調定する",
    body=LevyBody,
    answers=Levied,
    example={"levied_on": "2026-11-20", "levy_number": "R8-000123"},
)
async def levy_program(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Charges every member what its valid statement says."""
    number, here = (await programs.program(positive_id(program_id))).id, visit(request)
    said = await read_body(request, LevyBody)
    if said.levied_on > visit(request).today:
        message = "調定日に先の日付は入力できません。"
        raise Invalid("levied-later", message, {"levied_on": message})
    made = await operations.levy_program(here.context, number, said.levied_on, said.levy_number, here.now)
    url = f"{VERSION}/programs/{number}/payments"
    return created(Levied(len(made), sum(one.amount_yen for one in made)), url)


@api_act(
    f"{_ONE}/receipts",
    roles=OFFICERS,
    verb="payments:write",
    summary="収納を記録する",
    body=ReceiptBody,
    answers=Payment,
    example={"received_on": "2026-11-20", "amount_yen": 2_310_000, "reference": "R8-000123"},
)
async def note_receipt(request: Request[Any, Any, Any], payment_id: FromPath[str]) -> Response[Any]:
    """Writes down a sum that came in or went back."""
    number, here = (await queries.payment(positive_id(payment_id))).id, visit(request)
    said = await read_body(request, ReceiptBody)
    if said.amount_yen == 0:
        message = "0円の収納は記録できません。"
        raise Invalid("not-positive", message, {"amount_yen": message})
    receipt = ReceiptInput(said.received_on, said.amount_yen, said.reference, said.note)
    await operations.note_receipt(here.context, number, receipt, here.now)
    return created(_shown(await queries.payment(number), visit(request).today), f"{VERSION}/payments/{number}")


@api_act(
    f"{_ONE}/receipts/{{receipt_id:str}}/reversal",
    roles=OFFICERS,
    verb="payments:write",
    summary="収納を取り消す",
    body=ReversalBody,
    answers=Payment,
    example={"reason": "別の団体の収納だったため"},
)
async def reverse_receipt(
    request: Request[Any, Any, Any], payment_id: FromPath[str], receipt_id: FromPath[str]
) -> Response[Any]:
    """Takes a receipt back."""
    number, here = (await queries.payment(positive_id(payment_id))).id, visit(request)
    said = await read_body(request, ReversalBody)
    await operations.reverse_receipt(here.context, number, positive_id(receipt_id), said.reason, here.now)
    return created(_shown(await queries.payment(number), visit(request).today), f"{VERSION}/payments/{number}")


@api_act(
    f"{_ONE}/reminders",
    roles=OFFICERS,
    verb="payments:write",
    summary="督促する",
    body=ReminderBody,
    answers=Payment,
    example={"pay_by": "2026-12-15"},
)
async def remind_payment(request: Request[Any, Any, Any], payment_id: FromPath[str]) -> Response[Any]:
    """Reminds one member."""
    number, here = (await queries.payment(positive_id(payment_id))).id, visit(request)
    said = await read_body(request, ReminderBody)
    await operations.remind(here.context, number, said.pay_by, here.now)
    return created(_shown(await queries.payment(number), visit(request).today), f"{VERSION}/payments/{number}")


@api_act(
    "/programs/{program_id:str}/reminders",
    roles=OFFICERS,
    verb="payments:write",
    summary="期限超過にまとめて督促する",
    body=ReminderBody,
    answers=Reminded,
    example={"pay_by": "2026-12-15"},
)
async def remind_program(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Reminds every member of the program that is late."""
    number, here = (await programs.program(positive_id(program_id))).id, visit(request)
    said = await read_body(request, ReminderBody)
    reminded = await operations.remind_all(here.context, number, said.pay_by, here.now)
    return created(Reminded(reminded), f"{VERSION}/programs/{number}/payments")


def _shown(one: PaymentView, today: date) -> Payment:
    return Payment(
        one.id,
        one.tenant_code,
        one.tenant_name,
        one.number,
        one.due_date,
        one.levied_yen,
        one.received_yen,
        one.open_yen,
        status_code(one.levied_yen, one.received_yen, one.due_date, today),
        one.reminded_on,
    )


HANDLERS = (payment_list, payment, levy_program, note_receipt, reverse_receipt, remind_payment, remind_program)
