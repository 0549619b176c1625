"""Forms of payments: text as typed → frozen input, with a message at every field that is wrong."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from billing.money import parse_yen
from billing.payments.rules import ReceiptInput
from tenants.calendar import parse_japanese_date
from tenants.errors import Invalid
from tenants.web.form_data import Faults, free_text, one_of, required_text

KINDS: Mapping[str, str] = {"in": "収納(県に入った)", "out": "還付(県が返した)"}
LONGEST_REFERENCE, LONGEST_NOTE, LONGEST_REASON = 60, 300, 300
"""Characters: numbers of accounting systems stay far below 60; a note and a reason are a few sentences."""


class LevyForm(NamedTuple):
    """When it was charged and under which number of the prefecture's books."""

    levied_on: date
    levy_number: str


def levy_input(form: Mapping[str, str], today: date) -> LevyForm:
    """What a person said of a charge; raises Invalid with every field's message."""
    faults = Faults()
    day = faults.read("levied_on", parse_japanese_date, form.get("levied_on", ""), today)
    if day > today:
        faults.note("levied_on", "調定日に先の日付は入力できません。", "levied-later")
    number = free_text(form, "levy_number", "調定番号", faults, longest=LONGEST_REFERENCE).replace("\n", " ")
    faults.raise_if_any()
    return LevyForm(day, number)


def receipt_input(form: Mapping[str, str], today: date) -> ReceiptInput:
    """The sum a person typed; raises Invalid with every field's message."""
    faults = Faults()
    kind = one_of(form, "kind", "区分", KINDS, faults)
    receipt = ReceiptInput(
        received_on=faults.read("received_on", parse_japanese_date, form.get("received_on", ""), today),
        amount_yen=faults.read("amount_yen", amount, form.get("amount_yen", ""), 0) * (-1 if kind == "out" else 1),
        reference=free_text(form, "reference", "整理番号", faults, longest=LONGEST_REFERENCE).replace("\n", " "),
        note=free_text(form, "note", "備考", faults, longest=LONGEST_NOTE),
    )
    if receipt.received_on > today:
        faults.note("received_on", "収納日に先の日付は入力できません。", "received-later")
    faults.raise_if_any()
    return receipt


def reversal_reason(form: Mapping[str, str]) -> str:
    """Why a receipt is taken back; raises Invalid."""
    faults = Faults()
    reason = required_text(form, "reason", "取り消す理由", faults, longest=LONGEST_REASON)
    faults.raise_if_any()
    return reason


def pay_by_day(form: Mapping[str, str], today: date) -> date:
    """Until when a reminder asks for payment; raises Invalid."""
    faults = Faults()
    day = faults.read("pay_by", parse_japanese_date, form.get("pay_by", ""), today)
    faults.raise_if_any()
    return day


def amount(text: str) -> int:
    """A sum of at least one yen. Raises Invalid."""
    yen = parse_yen(text)
    if yen <= 0:
        raise Invalid("not-positive", "1円以上の金額を入力してください。")
    return yen
