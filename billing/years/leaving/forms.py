"""The form of a departure: who, until when, why."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta

from billing.years.leaving.rules import DepartureInput
from tenants.calendar import fiscal_year_end, fiscal_year_start, japanese_date, parse_japanese_date
from tenants.web.form_data import Faults, one_of, required_text


def departure_input(form: Mapping[str, str], fiscal_year: int, members: Collection[int]) -> DepartureInput:
    """What a person typed; raises Invalid with every field's message."""
    faults = Faults()
    choices = {str(one): one for one in members}
    chosen = one_of(form, "member", "退会する団体", choices, faults)
    text = form.get("left_on", "").strip()
    left_on = faults.read("left_on", parse_japanese_date, text, None)
    # The day before the year begins says that the member takes no part in this year at all.
    first, last = fiscal_year_start(fiscal_year) - timedelta(days=1), fiscal_year_end(fiscal_year)
    if left_on is not None and not first <= left_on <= last:
        faults.note(
            "left_on",
            f"{japanese_date(first)}(この年度には参加しない)から{japanese_date(last)}までの日を入力してください。",
            "outside-the-year",
        )
    reason = required_text(form, "reason", "退会の理由", faults, longest=500)
    faults.raise_if_any()
    return DepartureInput(choices[chosen], left_on or date.min, reason)
