"""Forms of cost lines: text as typed → frozen input, with a message at every field that is wrong."""

from collections.abc import Mapping
from datetime import date

from billing.grant_procedures.lines.operations import LineInput, check_sum
from billing.grant_procedures.lines.rules import DATES, DatesInput, EligibilityInput, LineView
from billing.money import parse_yen
from tenants.calendar import japanese_date, parse_japanese_date
from tenants.errors import Invalid
from tenants.web.form_data import Faults, free_text, sent_version

_LONGEST_REASON = 500


def line_input(form: Mapping[str, str], line: LineView) -> LineInput:
    """What a person said of one cost; raises Invalid with every field's message."""
    faults = Faults()
    dates = DatesInput(*(_day(form, f"{word}_date", faults) for word in DATES))
    _check_order(dates, faults)
    split = EligibilityInput(
        faults.read("eligible_yen", _not_negative, form.get("eligible_yen", ""), 0),
        faults.read("ineligible_yen", _not_negative, form.get("ineligible_yen", ""), 0),
        free_text(form, "reason", "対象外の理由", faults, longest=_LONGEST_REASON),
    )
    if split.ineligible_yen and not split.reason:
        faults.note("reason", "対象外の額があるときは、その理由を入力してください。", "required")
    if not faults.fields.keys() & {"eligible_yen", "ineligible_yen"}:
        try:
            check_sum(split, line)
        except Invalid as error:
            faults.note("ineligible_yen", error.fields["ineligible_yen"], error.code)
    faults.raise_if_any()
    return LineInput(dates, split, sent_version(form, "dates_version"), sent_version(form, "eligibility_version"))


def line_values(line: LineView) -> dict[str, str]:
    """A saved line as the form shows it; without an entry, as the calculation takes it."""
    return {
        **{f"{word}_date": _shown(line.date_of(word)) for word in DATES},
        "eligible_yen": f"{line.assumed.eligible_yen:,}",
        "ineligible_yen": f"{line.assumed.ineligible_yen:,}",
        "reason": line.assumed.reason,
    }


def _check_order(dates: DatesInput, faults: Faults) -> None:
    for name, day in (("delivery_date", dates.delivery_date), ("payment_date", dates.payment_date)):
        if dates.contract_date and day and day < dates.contract_date:
            faults.note(name, "契約日より前の日付です。どちらかを確かめてください。", "bad-period")


def _shown(day: date | None) -> str:
    return "" if day is None else japanese_date(day)


def _day(form: Mapping[str, str], name: str, faults: Faults) -> date | None:
    text = form.get(name, "").strip()
    return faults.read(name, parse_japanese_date, text, None) if text else None


def _not_negative(text: str) -> int:
    amount = parse_yen(text)
    if amount < 0:
        raise Invalid("yen-out-of-range", "0円以上で入力してください。")
    return amount
