"""The plan of a year: proposals, holidays, the timeline and the stage that comes next."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.runs.rules import STAGES
from billing.years.calendar.rules import (
    StageRun,
    fitted,
    moved,
    next_stage,
    proposed_calendar,
    timeline,
)
from tenants.calendar import fiscal_year_end, fiscal_year_start, is_office_holiday
from tenants.web.rendering import Status

PLAN = proposed_calendar(2026, 2, None, None)
APPROVED, WAITING = Status("承認済み", "success"), Status("承認待ち", "warning")


class TestProposedCalendar:
    def test_has_the_days_of_the_model_rule(self):
        assert [PLAN.deadline(stage) for stage in STAGES] == [
            date(2026, 2, 10),
            date(2026, 11, 5),
            date(2027, 2, 15),
            date(2027, 5, 31),
        ]

    @pytest.mark.parametrize(
        ("count", "first", "days"),
        [
            (1, None, [date(2027, 3, 31)]),
            (2, None, [date(2026, 9, 30), date(2027, 3, 31)]),
            (4, None, [date(2026, 6, 30), date(2026, 9, 30), date(2026, 12, 31), date(2027, 3, 31)]),
            (2, date(2026, 11, 20), [date(2026, 11, 20), date(2027, 3, 31)]),
            (3, date(2027, 2, 20), [date(2027, 2, 20), None, None]),
        ],
    )
    def test_divides_the_year_between_the_instalments(self, count: int, first: date | None, days: list[date | None]):
        assert list(proposed_calendar(2026, count, first, None).due_dates) == days

    @given(st.integers(2000, 2190), st.integers(1, 12), st.none() | st.integers(0, 364))
    def test_dates_every_instalment_once_and_in_order(self, year: int, count: int, offset: int | None):
        first = None if offset is None else fiscal_year_start(year) + timedelta(days=offset)
        plan = proposed_calendar(year, count, first, None)
        dated = [day for day in plan.due_dates if day is not None]
        assert len(plan.due_dates) == count
        assert dated == sorted(set(dated))
        assert all(fiscal_year_start(year) <= day <= fiscal_year_end(year) for day in dated)


class TestMoved:
    @pytest.mark.parametrize(
        ("rule", "day"), [("after", date(2027, 1, 4)), ("before", date(2026, 12, 28)), ("as_is", date(2026, 12, 31))]
    )
    def test_leaves_the_turn_of_the_year_as_the_rule_says(self, rule: str, day: date):
        assert moved(date(2026, 12, 31), rule) == day

    @given(st.dates(date(2000, 1, 1), date(2099, 12, 1)), st.sampled_from(["after", "before"]))
    def test_ends_on_the_nearest_open_day_of_its_direction(self, day: date, rule: str):
        found = moved(day, rule)
        step = timedelta(days=1 if rule == "after" else -1)
        between = [day + step * count for count in range(abs((found - day).days))]
        assert not is_office_holiday(found)
        assert all(is_office_holiday(one) for one in between)
        assert (found - day) * (1 if rule == "after" else -1) >= timedelta(0)


class TestNextStage:
    def test_is_the_first_one_planned_behind_those_that_stand(self):
        assert next_stage(PLAN, set()) == "estimate"
        assert next_stage(PLAN, {"notice"}) == "final"
        assert next_stage(replace(PLAN, estimate_by=None), set()) == "notice"
        assert next_stage(replace(PLAN, true_up_by=None), {"final"}) is None
        assert next_stage(PLAN, {"true_up"}) is None


class TestTimeline:
    def test_says_which_run_fulfils_a_stage_and_how_far_away_the_others_are(self):
        runs = [
            StageRun("final", "確定(第3回)", "/runs/3", WAITING, stands=False),
            StageRun("notice", "通知(第2回)", "/runs/2", WAITING, stands=False),
            StageRun("notice", "通知(第1回)", "/runs/1", APPROVED, stands=True),
        ]
        rows = timeline(PLAN, runs, date(2027, 2, 10))
        assert [(row.status.label, row.run_url, row.left) for row in rows] == [
            ("次の段階へ進みました", "", ""),
            ("承認済み", "/runs/1", ""),
            ("承認待ち", "/runs/3", "あと5日"),
            ("これから", "", "あと110日"),
        ]

    def test_says_of_a_stage_without_a_day_that_it_is_not_held_also_once_later_ones_stand(self):
        runs = [StageRun("notice", "通知(第1回)", "/runs/1", APPROVED, stands=True)]
        row = timeline(replace(PLAN, estimate_by=None), runs, date(2026, 11, 6))[0]
        assert (row.status.label, row.left) == ("行いません", "")

    def test_marks_what_is_overdue_or_not_held(self):
        rows = timeline(replace(PLAN, final_by=None), [], date(2026, 11, 6))
        assert [row.status.label for row in rows] == [
            "期限を過ぎています",
            "期限を過ぎています",
            "行いません",
            "これから",
        ]
        assert rows[1].left == "1日過ぎています"


class TestFitted:
    @given(st.integers(1, 12), st.integers(1, 12))
    def test_keeps_what_was_decided_for_another_number_of_instalments(self, before: int, after: int):
        plan = proposed_calendar(2026, before, None, None)
        days = fitted(plan, after)
        assert len(days) == after
        assert days[: min(before, after)] == plan.due_dates[: min(before, after)]
