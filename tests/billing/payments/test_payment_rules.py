"""What is charged, received and open: the differences add up, and every sum has one state."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.payments.rules import (
    STATUSES,
    PaymentView,
    Planned,
    check_pay_by,
    levies,
    status_code,
    to_remind,
)
from tenants.errors import Invalid

TODAY = date(2026, 11, 20)
_KEYS = st.tuples(st.integers(1, 5), st.integers(1, 4))
_YEN = st.integers(-10_000_000, 10_000_000)


def _payment(**changes) -> PaymentView:
    facts = {
        "id": 1,
        "tenant_id": 2,
        "tenant_code": "281000",
        "tenant_name": "神戸市",
        "program_id": 3,
        "program_title": "共同調査",
        "fiscal_year": 2026,
        "number": 1,
        "due_date": TODAY - timedelta(days=1),
        "levied_yen": 1000,
        "received_yen": 0,
        "reminded_on": None,
        "pay_by": None,
    }
    return PaymentView(**{**facts, **changes})


class TestLevies:
    @given(st.dictionaries(_KEYS, _YEN), st.dictionaries(_KEYS, _YEN))
    def test_bring_what_was_charged_to_what_the_statements_say(self, plan, charged):
        planned = {key: Planned(7, TODAY, yen) for key, yen in plan.items()}
        after = dict(charged)
        for one in levies(planned, charged):
            assert one.amount_yen != 0
            key = (one.tenant_id, one.number)
            after[key] = after.get(key, 0) + one.amount_yen
        told = {tenant for tenant, _ in plan}
        assert {key: yen for key, yen in after.items() if yen and key[0] in told} == {
            key: yen for key, yen in plan.items() if yen
        }
        for tenant in {tenant for tenant, _ in after} - told:
            assert sum(yen for key, yen in after.items() if key[0] == tenant) == 0
        assert levies(planned, after) == ()

    def test_leave_a_member_alone_that_left_and_was_paid_back(self):
        assert levies({(1, 1): Planned(7, TODAY, 5)}, {(1, 1): 5, (2, 1): 100, (2, 2): -100}) == ()

    def test_take_back_whole_what_no_statement_names_any_more(self):
        (back,) = levies({}, {(2, 1): 1234})
        assert (back.amount_yen, back.statement_id, back.due_date) == (-1234, None, None)


class TestMovedDays:
    def test_are_charged_with_nothing_but_the_day(self):
        later = TODAY + timedelta(days=30)
        plan = {(2, 1): Planned(7, later, 1000)}
        (moved,) = levies(plan, {(2, 1): 1000}, {(2, 1): TODAY})
        assert (moved.amount_yen, moved.due_date, moved.statement_id) == (0, later, 7)
        assert levies(plan, {(2, 1): 1000}, {(2, 1): later}) == ()


class TestStatus:
    @given(_YEN, _YEN, st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2027, 3, 31))))
    def test_is_one_of_those_people_can_read(self, levied, received, due):
        code = status_code(levied, received, due, TODAY)
        assert code in STATUSES
        assert (code == "paid") == (levied == received)
        assert (code == "overdue") == (levied > received and due is not None and due < TODAY)

    @pytest.mark.parametrize(
        ("levied", "received", "due", "code"),
        [
            (1000, 0, TODAY, "unpaid"),
            (1000, 0, TODAY - timedelta(days=1), "overdue"),
            (1000, 400, TODAY, "partly"),
            (1000, 400, TODAY - timedelta(days=1), "overdue"),
            (1000, 1000, TODAY - timedelta(days=1), "paid"),
            (1000, 1200, None, "over"),
            (-500, 0, None, "refund"),
            (-500, -200, None, "refund"),
            (-500, -500, None, "paid"),
            (0, 300, None, "over"),
        ],
    )
    def test_says_what_is_to_be_done(self, levied, received, due, code):
        assert status_code(levied, received, due, TODAY) == code


class TestReminders:
    def test_are_due_once_until_their_own_day_has_passed(self):
        late = _payment()
        asked = _payment(pay_by=TODAY, reminded_on=TODAY - timedelta(days=12))
        again = _payment(pay_by=TODAY - timedelta(days=1), reminded_on=TODAY - timedelta(days=12))
        assert to_remind([late, asked, again], TODAY) == [late, again]
        assert to_remind([_payment(received_yen=1000), _payment(due_date=TODAY), _payment(due_date=None)], TODAY) == []

    def test_leave_ten_days(self):
        check_pay_by(TODAY + timedelta(days=10), TODAY)
        with pytest.raises(Invalid) as refused:
            check_pay_by(TODAY + timedelta(days=9), TODAY)
        assert refused.value.code == "pay-by-too-soon"
