"""Rules of disputes: until when, and who may do what."""

from datetime import UTC, date, datetime, timedelta

import pytest

from billing.disputes.forms import days_input, decision_input, dispute_input
from billing.disputes.rules import Period, PeriodOver, StatementWithdrawn, check_can_open, period_after
from tenants.errors import Invalid


class TestPeriod:
    def test_counts_from_the_japanese_day_of_issue(self):
        late = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)  # already the 21st in Japan
        assert period_after(late, 14) == Period(date(2026, 12, 5))

    def test_holds_on_its_last_day_and_not_after(self):
        period = Period(date(2026, 12, 5))
        check_can_open(period, date(2026, 12, 5), withdrawn=False)
        with pytest.raises(PeriodOver, match=r"12月5日.*で終わりました"):
            check_can_open(period, date(2026, 12, 5) + timedelta(days=1), withdrawn=False)

    def test_is_of_no_use_for_what_was_withdrawn(self):
        with pytest.raises(StatementWithdrawn):
            check_can_open(Period(date(2026, 12, 5)), date(2026, 12, 1), withdrawn=True)


class TestForms:
    def test_say_everything_that_is_wrong_at_its_field(self):
        with pytest.raises(Invalid) as refused:
            dispute_input({"kind": "complaint", "text": " "})
        assert set(refused.value.fields) == {"kind", "text"}
        with pytest.raises(Invalid) as refused:
            decision_input({"outcome": "accepted", "answer": "x" * 2001})
        assert set(refused.value.fields) == {"outcome", "answer"}

    @pytest.mark.parametrize("text", ["", "0", "91", "1.5", "-1", "十四", "²", "1000"])
    def test_take_only_days_that_make_sense(self, text: str):
        with pytest.raises(Invalid):
            days_input({"days": text})

    def test_take_days_within_bounds(self):
        assert [days_input({"days": text}) for text in ("1", " 14 ", "90")] == [1, 14, 90]
