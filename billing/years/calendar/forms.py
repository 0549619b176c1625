"""The calendar's form: dates in 和暦 or 西暦 and the rules of the year, with a message at every field that is wrong."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from billing.runs.rules import STAGES
from billing.years.calendar.rules import HOLIDAY_RULES, LEAVING_RULES, REASONS, Calendar
from tenants.calendar import fiscal_year_end, fiscal_year_start, japanese_date, parse_japanese_date
from tenants.web.form_data import Faults, FormData, one_of

_NEAR = timedelta(days=366)
"""A day of the plan lies in the fiscal year or at most a year beside it; anything else is a slip in the year."""


def calendar_input(form: FormData, fiscal_year: int, instalments: int, last_years: Collection[int]) -> Calendar:
    """The plan a person typed; raises Invalid with every field's message."""
    faults = Faults()
    deadlines = {stage: _day(form, f"{stage}_by", fiscal_year, faults) for stage in STAGES}
    _check_order(deadlines, faults)
    dues = [_day(form, f"due-{number}", fiscal_year, faults) for number in range(1, instalments + 1)]
    _check_dues(dues, faults)
    chosen = form.get("last_year_program_id", "")
    choices = {"": None, **{str(one): one for one in last_years}}
    one_of({"last_year_program_id": chosen}, "last_year_program_id", "前年度の事業", choices, faults)
    settings = Calendar(
        estimate_by=deadlines["estimate"],
        notice_by=deadlines["notice"],
        final_by=deadlines["final"],
        true_up_by=deadlines["true_up"],
        due_dates=tuple(dues),
        settlement_due=_day(form, "settlement_due", fiscal_year, faults),
        holiday_rule=one_of(form, "holiday_rule", "納期限が休日のとき", HOLIDAY_RULES, faults),
        leaving_rule=one_of(form, "leaving_rule", "途中で退会した団体", LEAVING_RULES, faults),
        reason_required=one_of(form, "reason_required", "変更の理由", REASONS, faults) == "yes",
        last_year_program_id=choices.get(chosen),
    )
    faults.raise_if_any()
    return settings


def calendar_values(settings: Calendar, dues: Sequence[date | None]) -> dict[str, str]:
    """The plan as the form shows it, with a field for each instalment."""
    values = {f"{stage}_by": _shown(settings.deadline(stage)) for stage in STAGES}
    values |= {f"due-{number}": _shown(day) for number, day in enumerate(dues, start=1)}
    return values | {
        "settlement_due": _shown(settings.settlement_due),
        "holiday_rule": settings.holiday_rule,
        "leaving_rule": settings.leaving_rule,
        "reason_required": "yes" if settings.reason_required else "no",
        "last_year_program_id": str(settings.last_year_program_id or ""),
    }


def _shown(day: date | None) -> str:
    return japanese_date(day) if day else ""


def _day(form: FormData, field: str, fiscal_year: int, faults: Faults) -> date | None:
    text = form.get(field, "").strip()
    day = faults.read(field, parse_japanese_date, text, None) if text else None
    if day is None or fiscal_year_start(fiscal_year) - _NEAR <= day <= fiscal_year_end(fiscal_year) + _NEAR:
        return day
    faults.note(field, f"{japanese_date(day)}は、この年度から1年より離れています。年を確かめてください。", "far-away")
    return None


def _check_order(deadlines: dict[str, date | None], faults: Faults) -> None:
    latest: tuple[date, str] | None = None
    for stage, day in deadlines.items():
        if day is None:
            continue
        if latest is not None and day < latest[0]:
            message = f"{latest[1]}の期限({japanese_date(latest[0])})より前です。段階の順になるように入力してください。"
            faults.note(f"{stage}_by", message, "not-in-order")
        latest = (day, STAGES[stage])


def _check_dues(dues: Sequence[date | None], faults: Faults) -> None:
    latest: date | None = None
    for number, day in enumerate(dues, start=1):
        if day is not None and latest is not None and day <= latest:
            faults.note(
                f"due-{number}", f"前の期の納期限({japanese_date(latest)})より後の日にしてください。", "not-in-order"
            )
        latest = day or latest
