"""The life of a grant as pure rules."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.grant_procedures.steps.deadlines import ProcedureView
from billing.grant_procedures.steps.rules import (
    FOLLOWING,
    KINDS,
    StepNotPossible,
    StepView,
    WaitsForConfirmation,
    can_confirm,
    check_fits,
    check_none_waits,
    effective,
    standing,
    waiting,
)

FIRST = date(2026, 5, 1)
AT = datetime(2026, 5, 1, tzinfo=UTC)


def step(number: int, kind: str, yen: int, day: int = 0, **changes: Any) -> StepView:
    made = StepView(kind, FIRST + timedelta(days=day), "", yen, "", number, None, False, "", 1, "甲", AT, "乙", AT)
    return replace(made, **changes)


def whole_life() -> list[StepView]:
    return [
        step(1, "apply", 1000, 0),
        step(2, "decide", 900, 10),
        step(3, "advance", 500, 20),
        step(4, "apply_change", 800, 30),
        step(5, "decide_change", 800, 40),
        step(6, "advance", 250, 50),
        step(7, "report", 700, 60),
        step(8, "settle", 650, 70),
    ]


class TestStanding:
    def test_follows_a_grant_to_its_end(self):
        now = standing(whole_life())
        assert (now.state, now.decided_yen, now.received_yen, now.settled_yen) == ("settled", 800, 750, 650)
        assert (now.to_receive_yen, now.to_repay_yen) == (0, 100)
        assert now.next_kinds == ("repay", "repay_tax")
        assert not now.is_closed
        done = standing([*whole_life(), step(9, "repay", 100, 80)])
        assert done.is_closed
        assert done.status.label == "完了"
        assert done.next_kinds == ("repay_tax",)

    def test_lets_the_rest_be_received_after_the_settlement(self):
        life = [step(1, "apply", 100), step(2, "decide", 100, 1), step(3, "report", 90, 2), step(4, "settle", 80, 3)]
        assert standing(life).next_kinds == ("final_payment", "repay_tax")
        assert standing([*life, step(5, "final_payment", 80, 4)]).is_closed

    def test_takes_a_payment_recorded_late_by_its_date(self):
        life = [*whole_life()[:2], *whole_life()[3:6], whole_life()[6], replace(whole_life()[2], id=20)]
        assert [one.id for one in effective(life)] == [1, 2, 20, 4, 5, 6, 7]
        assert standing(life).received_yen == 750

    @pytest.mark.parametrize("kind", [one for one in KINDS if one != "apply"])
    def test_begins_with_the_application(self, kind: str):
        with pytest.raises(StepNotPossible) as refused:
            standing([step(1, kind, 0)])
        assert refused.value.code == "grant-step-order"
        assert "申請前" in refused.value.fields["step_date"]

    @pytest.mark.parametrize(
        ("before", "kind", "yen"),
        [
            (1, "decide", 1001),
            (2, "advance", 901),
            (4, "decide_change", 801),
            (6, "report", 801),
            (7, "settle", 701),
            (8, "repay", 101),
            (8, "final_payment", 1),
            (8, "repay_tax", 651),
        ],
    )
    def test_refuses_amounts_beyond_what_they_can_be(self, before: int, kind: str, yen: int):
        life = whole_life()[:before]
        with pytest.raises(StepNotPossible) as refused:
            standing([*life, step(99, kind, yen, 90)])
        assert list(refused.value.fields) == ["amount_yen"]
        if yen > 1:
            assert standing([*life, step(99, kind, yen - 1, 90)])

    @given(st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.integers(0, 1000)), max_size=25))
    def test_keeps_its_balances_whatever_is_tried(self, tried: list[tuple[str, int]]):
        life: list[StepView] = []
        for number, (kind, yen) in enumerate(tried, 1):
            added = step(number, kind, yen, number)
            try:
                check_fits(life, added)
            except StepNotPossible:
                continue
            life.append(added)
        now = standing(life)
        assert now.received_yen - now.repaid_yen + now.to_receive_yen - now.to_repay_yen == (
            now.granted_yen if now.settled_yen is not None else max(now.granted_yen, now.received_yen)
        )
        assert min(now.to_receive_yen, now.to_repay_yen) == 0
        assert now.settled_yen is None or now.settled_yen <= now.reported_yen <= now.decided_yen
        assert set(now.next_kinds) <= set(FOLLOWING[now.state])


class TestCorrections:
    def test_stand_in_the_place_of_what_they_correct(self):
        life = [step(1, "apply", 100), step(2, "decide", 90, 1), step(3, "apply", 200, replaces_id=1, reason="誤記")]
        assert [one.id for one in effective(life)] == [3, 2]
        assert standing(life).applied_yen == 200

    def test_may_take_a_step_away_and_bring_it_back(self):
        life = [step(1, "apply", 100), step(2, "apply", 100, replaces_id=1, reason="取下げ", withdrawn=True)]
        assert standing(life).state == "new"
        assert standing([*life, step(3, "apply", 50, 5)]).applied_yen == 50

    def test_that_take_away_what_two_confirmed_wait_until_then_it_counts(self):
        gone = step(2, "apply", 100, replaces_id=1, reason="取下げ", withdrawn=True, undoes_confirmed=True)
        unsettled = replace(gone, confirmed_at=None)
        assert [one.id for one in effective([step(1, "apply", 100), unsettled])] == [1]
        assert waiting([step(1, "apply", 100), unsettled]) == [unsettled]
        assert effective([step(1, "apply", 100), gone]) == waiting([step(1, "apply", 100), gone]) == []
        later = [step(1, "apply", 100), step(3, "decide", 90, 1)]
        with pytest.raises(StepNotPossible):
            check_fits(later, unsettled)

    def test_are_refused_when_a_later_record_breaks(self):
        life = [step(1, "apply", 100), step(2, "decide", 90, 1)]
        with pytest.raises(StepNotPossible) as refused:
            check_fits(life, step(3, "apply", 80, replaces_id=1, reason="誤記"))
        assert refused.value.code == "grant-step-breaks"
        assert "交付決定" in refused.value.fields[""]
        with pytest.raises(StepNotPossible):
            check_fits(life, step(3, "apply", 100, replaces_id=1, reason="取消し", withdrawn=True))


class TestConfirmation:
    def test_holds_everything_else_up(self):
        waiting = step(1, "apply", 100, confirmed_by="", confirmed_at=None)
        with pytest.raises(WaitsForConfirmation):
            check_none_waits([waiting])
        check_none_waits([waiting], but=1)
        assert can_confirm(waiting, 2)
        assert not can_confirm(waiting, waiting.prepared_by_id)

    def test_is_not_asked_for_what_the_funder_did(self):
        assert not step(2, "decide", 1, confirmed_at=None).waits


class TestDeadlines:
    def test_are_the_earlier_of_days_and_date(self):
        view = ProcedureView(None, date(2027, 2, 28), date(2026, 5, 15), 30, date(2027, 4, 10), 1)
        assert view.report_due == date(2027, 3, 30)
        assert replace(view, report_days=None).report_due == date(2027, 4, 10)
        assert replace(view, report_days=60).report_due == date(2027, 4, 10)
        assert replace(view, report_days=None, report_date=None).report_due is None

    def test_are_asked_for_only_while_the_paper_is_missing(self):
        view = ProcedureView(None, None, date(2026, 5, 15), None, date(2027, 4, 10), 1)
        assert view.next_due(standing([])) == ("交付申請", date(2026, 5, 15))
        assert view.next_due(standing(whole_life()[:1])) is None
        assert view.next_due(standing(whole_life()[:2])) == ("実績報告", date(2027, 4, 10))
        assert view.next_due(standing(whole_life())) is None
