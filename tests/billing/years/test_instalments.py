"""Payments of a year: nothing past moves, the next takes the difference, and the sum is always the invoice."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from billing.years.instalments.rules import Instalment, from_plain, next_due, plain, schedule
from billing.years.stages.rules import RunYearView

JUNE, SEPTEMBER, DECEMBER, MARCH, MAY = (
    date(2026, 6, 30),
    date(2026, 9, 30),
    date(2026, 12, 28),
    date(2027, 3, 31),
    date(2027, 5, 31),
)
DUES = (JUNE, SEPTEMBER, DECEMBER, MARCH)
NOTIFIED = tuple(Instalment(place, day, 100) for place, day in enumerate(DUES, start=1))


def _yen(lines: object) -> list[int]:
    return [one.yen for one in lines]  # type: ignore[attr-defined]


class TestFirstSchedule:
    def test_is_what_the_calculation_split(self):
        lines = schedule(None, 401, [101, 100, 100, 100], DUES[:2], JUNE)
        assert _yen(lines) == [101, 100, 100, 100]
        assert [one.due_date for one in lines] == [JUNE, SEPTEMBER, None, None]
        assert [one.notified_yen for one in lines] == [0, 0, 0, 0]


class TestLaterSchedule:
    def test_adds_more_to_the_next_instalment(self):
        assert _yen(schedule(NOTIFIED, 450, [], DUES, SEPTEMBER)) == [100, 100, 150, 100]

    def test_adds_more_to_the_next_day_and_not_to_a_lower_number_without_one(self):
        undated = (NOTIFIED[0], Instalment(2, None, 100), *NOTIFIED[2:])
        assert _yen(schedule(undated, 450, [], (JUNE, None, DECEMBER, MARCH), SEPTEMBER)) == [100, 100, 150, 100]
        swapped = (NOTIFIED[0], replace(NOTIFIED[1], due_date=MARCH), replace(NOTIFIED[2], due_date=DECEMBER))
        assert _yen(schedule(swapped, 330, [], (), JUNE)) == [100, 100, 130]

    def test_adds_more_to_the_lowest_number_where_none_has_a_day(self):
        undated = (NOTIFIED[0], Instalment(2, None, 100), Instalment(3, None, 100))
        assert _yen(schedule(undated, 330, [], (), SEPTEMBER)) == [100, 130, 100]

    def test_takes_less_off_the_next_and_then_the_following(self):
        assert _yen(schedule(NOTIFIED, 270, [], DUES, SEPTEMBER)) == [100, 100, 0, 70]

    def test_pays_back_what_no_instalment_can_take(self):
        lines = schedule(NOTIFIED, 150, [], DUES, SEPTEMBER)
        assert _yen(lines) == [100, 100, 0, 0, -50]
        assert (lines[-1].is_refund, lines[-1].due_date, lines[-1].number) == (True, None, 5)

    def test_asks_for_more_at_the_settlement_when_every_day_has_passed(self):
        lines = schedule(NOTIFIED, 430, [], DUES, MARCH, settlement_due=MAY)
        assert (_yen(lines)[-1], lines[-1].due_date) == (30, MAY)

    def test_uses_an_instalment_added_to_the_plan_before_the_settlement(self):
        april = MARCH + timedelta(days=30)
        lines = schedule(NOTIFIED, 430, [], (*DUES, april), MARCH, settlement_due=MAY)
        assert (lines[-1].number, lines[-1].due_date) == (5, april)

    def test_dates_what_had_no_day_by_a_settlement_decided_later(self):
        undated = (*NOTIFIED, Instalment(5, None, 30))
        lines = schedule(undated, 430, [], DUES, MARCH, settlement_due=MAY)
        assert (_yen(lines), lines[-1].due_date) == ([100, 100, 100, 100, 30], MAY)
        assert schedule(undated, 430, [], DUES, MARCH)[-1].due_date is None

    def test_leaves_an_instalment_due_today_alone(self):
        assert _yen(schedule(NOTIFIED, 450, [], DUES, JUNE)) == [100, 150, 100, 100]

    def test_moves_only_days_still_to_come(self):
        other = (JUNE + timedelta(days=1), SEPTEMBER + timedelta(days=1), None, MARCH)
        lines = schedule(NOTIFIED, 400, [], other, JUNE)
        assert [one.due_date for one in lines] == [JUNE, SEPTEMBER + timedelta(days=1), DECEMBER, MARCH]

    def test_gives_back_everything_to_a_member_that_bears_nothing_any_more(self):
        assert sum(_yen(schedule(NOTIFIED, 0, [0], DUES, SEPTEMBER))) == 0


class TestNextDue:
    def test_is_the_next_day_on_which_something_is_paid(self):
        lines = schedule(NOTIFIED, 270, [], DUES, SEPTEMBER)
        assert next_due(lines, SEPTEMBER + timedelta(days=1)) == MARCH
        assert next_due(lines, MAY) == MARCH
        assert next_due(schedule(None, 0, [0], (), JUNE), JUNE) is None


_DAYS = st.dates(date(2026, 4, 1), date(2027, 6, 30))


@given(
    st.lists(st.integers(0, 10**9), min_size=1, max_size=12),
    st.lists(st.none() | _DAYS, max_size=12),
    st.lists(st.tuples(st.integers(0, 10**9), _DAYS), min_size=1, max_size=6),
    st.none() | _DAYS,
)
def test_a_year_of_changes_always_adds_up_and_never_touches_what_was_due(
    split: list[int], dues: list[date | None], changes: list[tuple[int, date]], settlement: date | None
):
    """Whatever follows whatever: the sum is the invoice, what was due stands, and no payment to come is negative."""
    lines = schedule(None, sum(split), split, dues, date(2026, 4, 1))
    assert sum(one.yen for one in lines) == sum(split)
    for invoice, today in sorted(changes, key=lambda one: one[1]):
        before = from_plain(plain(lines))
        lines = schedule(before, invoice, [], dues, today, settlement_due=settlement)
        assert sum(one.yen for one in lines) == invoice
        assert sum(one.difference_yen for one in lines) == invoice - sum(one.yen for one in before)
        assert [one.number for one in lines] == list(range(1, len(lines) + 1))
        for old, new in zip(before, lines, strict=False):
            assert new.notified_yen == old.yen
            if old.yen < 0 or (old.due_date is not None and old.due_date <= today):
                assert (new.yen, new.due_date) == (old.yen, old.due_date)
            else:
                assert new.yen >= 0
        more = [(old, one) for old, one in zip(before, lines, strict=False) if one.yen > old.yen]
        assert len(more) <= 1
        days = [one.due_date for one in lines[: len(before)] if one.due_date is not None and one.due_date > today]
        for _, raised in more:
            assert raised.due_date == (min(days) if days else None)


class TestPassedDates:
    def test_are_told_before_a_first_run_is_approved_alone(self):
        today = date(2026, 11, 20)
        first = RunYearView(None, "", "", "", {}, (today - timedelta(days=1), today, None), None, None)
        assert first.passed_dates(today) == (today - timedelta(days=1),)
        assert replace(first, previous_run_id=7).passed_dates(today) == ()
