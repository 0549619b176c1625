"""Deadlines, due dates and the rules of a program's year; proposals computed from the fiscal year; pure."""

from calendar import monthrange
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from billing.runs.rules import STAGES
from tenants.calendar import fiscal_year_end, fiscal_year_start, is_office_holiday, next_business_day
from tenants.calendar import previous_business_day as day_before
from tenants.web.rendering import Status

HOLIDAY_RULES: Mapping[str, str] = {
    "after": "休日の次の開庁日にする",
    "before": "休日の前の開庁日にする",
    "as_is": "動かさない",
}
"""Holidays are Saturdays, Sundays, public holidays and 29 December to 3 January (地方自治法 第4条の2)."""
LEAVING_RULES: Mapping[str, str] = {
    "full_year": "全年度分を負担する(月数は変わりません)",
    "renormalise": "退会した月までの月割にして、残りを他の団体で按分し直す",
}
REASONS: Mapping[str, str] = {
    "yes": "必要(承認済みの計算があるときは、変更の理由を書かないと計算を始められません)",
    "no": "任意",
}
PROPOSAL = 1
"""The version of a plan that is only computed; the first one saved is the second."""
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Calendar:
    """What a program's year is planned as; a stage without a day is not held, an instalment without one is not dated.

    ``due_dates`` are as decided, one per instalment, before ``holiday_rule`` moves them; ``settlement_due`` is when an
    additional charge is due that no instalment can take any more.
    """

    estimate_by: date | None
    notice_by: date | None
    final_by: date | None
    true_up_by: date | None
    due_dates: tuple[date | None, ...]
    settlement_due: date | None
    holiday_rule: str
    leaving_rule: str
    reason_required: bool
    last_year_program_id: int | None
    """The program of the fiscal year before that statements are compared with (前年度の事業)."""

    def deadline(self, stage: str) -> date | None:
        """By when the stage is to be issued."""
        found: date | None = getattr(self, f"{stage}_by")
        return found

    @property
    def moved_due_dates(self) -> tuple[date | None, ...]:
        """The due dates as they are printed."""
        return tuple(None if day is None else moved(day, self.holiday_rule) for day in self.due_dates)

    @property
    def moved_settlement_due(self) -> date | None:
        """The due date of a settlement as it is printed."""
        return None if self.settlement_due is None else moved(self.settlement_due, self.holiday_rule)


@dataclass(frozen=True, slots=True)
class CalendarView:
    """A program's calendar; ``PROPOSAL`` as its version says that nobody has saved one yet."""

    program_id: int
    settings: Calendar
    version: int

    @property
    def saved(self) -> bool:
        """Whether somebody decided it."""
        return self.version > PROPOSAL


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage of the timeline."""

    stage: str
    label: str
    deadline: date | None
    left: str
    status: Status
    run_label: str
    run_url: str


@dataclass(frozen=True, slots=True)
class StageRun:
    """A run as the timeline needs it; ``stands`` says that it is approved and not withdrawn."""

    stage: str
    label: str
    url: str
    status: Status
    stands: bool


def moved(day: date, rule: str) -> date:
    """The day as the rule for office holidays has it."""
    if rule == "as_is" or not is_office_holiday(day):
        return day
    return next_business_day(day) if rule == "after" else day_before(day)


def proposed_calendar(
    fiscal_year: int, instalments: int, first_due: date | None, last_year_program_id: int | None
) -> Calendar:
    """The plan a new program starts from.

    The days are those of 渋川地区広域市町村圏振興整備組合's rule: planned amounts by 10 February before the year,
    recalculation at the end of October and notices by 5 November, final notices by 15 February.
    """
    return Calendar(
        estimate_by=date(fiscal_year, 2, 10),
        notice_by=date(fiscal_year, 11, 5),
        final_by=date(fiscal_year + 1, 2, 15),
        # 地方自治法 第235条の5: the year's receipts and payments are closed on 31 May.
        true_up_by=date(fiscal_year + 1, 5, 31),
        due_dates=_spread(fiscal_year, instalments, first_due),
        settlement_due=date(fiscal_year + 1, 5, 31),
        # 地方自治法 第4条の2第4項: what falls due on a holiday is due on the day after it.
        holiday_rule="after",
        leaving_rule="full_year",
        reason_required=True,
        last_year_program_id=last_year_program_id,
    )


def _spread(fiscal_year: int, instalments: int, first_due: date | None) -> tuple[date | None, ...]:
    """Equal parts of the year, each due on its last day; after a first day already decided, equal parts of the rest."""
    first, last = fiscal_year_start(fiscal_year), fiscal_year_end(fiscal_year)
    if first_due is None:
        return tuple(_month_end(first, -(-_MONTHS * part // instalments) - 1) for part in range(1, instalments + 1))
    months = (last.year - first_due.year) * _MONTHS + last.month - first_due.month
    if instalments == 1 or months < instalments - 1:
        return (first_due, *[None] * (instalments - 1))
    return (first_due, *(_month_end(first_due, months * part // (instalments - 1)) for part in range(1, instalments)))


def _month_end(start: date, months: int) -> date:
    """The last day of the month that lies ``months`` after the one of ``start``."""
    years, month = divmod(start.month - 1 + months, _MONTHS)
    return date(start.year + years, month + 1, monthrange(start.year + years, month + 1)[1])


def fitted(settings: Calendar, instalments: int) -> tuple[date | None, ...]:
    """The due dates for another number of instalments: those decided, the others still open."""
    return (*settings.due_dates[:instalments], *[None] * (instalments - len(settings.due_dates)))


def next_stage(settings: Calendar, standing: Collection[str]) -> str | None:
    """The stage to be issued next: the first with a deadline behind every stage that stands; None at the end."""
    order = list(STAGES)
    reached = max((order.index(stage) for stage in standing), default=-1)
    return next((stage for stage in order[reached + 1 :] if settings.deadline(stage) is not None), None)


def timeline(settings: Calendar, runs: Sequence[StageRun], today: date) -> list[StageRow]:
    """Every stage with its day and the run that fulfils it; ``runs`` newest first."""
    order = list(STAGES)
    reached = max((order.index(run.stage) for run in runs if run.stands), default=-1)
    rows = []
    for place, stage in enumerate(order):
        own = [run for run in runs if run.stage == stage]
        shown = next((run for run in own if run.stands), own[0] if own else None)
        deadline = settings.deadline(stage)
        done = shown is not None and shown.stands
        status = shown.status if shown is not None else _status_without_run(deadline, today, passed=place < reached)
        left = "" if deadline is None or done or place < reached else days_left(deadline, today)
        rows.append(
            StageRow(
                stage, STAGES[stage], deadline, left, status, shown.label if shown else "", shown.url if shown else ""
            )
        )
    return rows


def days_left(deadline: date, today: date) -> str:
    """How far away the day is, in words."""
    days = (deadline - today).days
    return "今日まで" if days == 0 else f"あと{days}日" if days > 0 else f"{-days}日過ぎています"


def _status_without_run(deadline: date | None, today: date, *, passed: bool) -> Status:
    if deadline is None:
        return Status("行いません", "neutral")
    if passed:
        return Status("次の段階へ進みました", "neutral")
    return Status("期限を過ぎています", "danger") if deadline < today else Status("これから", "neutral")
