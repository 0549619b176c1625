"""Cost lines and audit guards as pure rules."""

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.costs.rules import CostView
from billing.grant_procedures.evidence.rules import EvidenceView
from billing.grant_procedures.guards.rules import GuardCase, Override, checklist, findings
from billing.grant_procedures.lines.rules import CostEvidence, DatesInput, EligibilityInput, LineView, sums
from billing.grant_procedures.steps.deadlines import NOTHING_ENTERED, ProcedureView
from billing.grant_procedures.steps.rules import StepView
from billing.grants.rules import GrantView

AT = datetime(2026, 6, 1, tzinfo=UTC)
PAPER = EvidenceView(1, 1, "通知.pdf", 10, "0" * 64)
PERIOD = ProcedureView(date(2026, 4, 1), date(2027, 3, 31), None, None, None, 1)


def cost(**changes: Any) -> CostView:
    plain = {"charge_kind": "prefecture", "key_id": None, "member_id": None, "source": "page", "reference": "1"}
    named = {"key_name": "", "member_name": "", "takes_part": True, "version": 1}
    values = {"id": 1, "name": "解析", "amount_yen": 1100, "revenue_yen": 100, "tax_rate": "10/100", "eligible": True}
    return CostView(**{**values, **plain, **named, **changes})


def grant(number: int = 1, **changes: Any) -> GrantView:
    made = GrantView("国の交付金", "national", "1/2", None, None, None, "included", "program", 1, "floor", number, 1, 1)
    return replace(made, **changes)


def line(**changes: Any) -> LineView:
    dates = DatesInput(date(2026, 6, 10), date(2026, 9, 1), date(2026, 10, 1))
    papers = tuple(
        CostEvidence(n, n, "a.pdf", 1, "0" * 64, kind) for n, kind in enumerate(("contract", "delivery", "payment"))
    )
    return replace(LineView(cost(), True, dates, 1, None, 0, papers), **changes)


def step(number: int, kind: str, yen: int, day: date, **changes: Any) -> StepView:
    made = StepView(kind, day, "", yen, "", number, None, False, "", 1, "甲", AT, "乙", AT, (PAPER,))
    return replace(made, **changes)


LIFE = (
    step(1, "apply", 500, date(2026, 5, 1)),
    step(2, "decide", 500, date(2026, 6, 1)),
    step(3, "report", 500, date(2026, 11, 1)),
)


def case(**changes: Any) -> GuardCase:
    made = GuardCase(grant(), (grant(),), {}, Fraction(1, 2), (line(),), LIFE, PERIOD, 500)
    return replace(made, **changes)


def codes(one: GuardCase) -> list[str]:
    return [finding.code for finding in findings(one)]


class TestLines:
    def test_take_a_cost_as_the_calculation_does_until_something_is_entered(self):
        assert line().assumed == EligibilityInput(1000, 0, "")
        assert line(counted=False).assumed == EligibilityInput(0, 1000, "計算の対象外")
        assert line().adds_up
        assert line().difference == ""

    def test_say_how_an_entry_differs_from_the_calculation(self):
        part = EligibilityInput(900, 100, "保守")
        assert "経費を分けて" in line(eligibility=part).difference
        assert "対象にしていません" in line(eligibility=part, counted=False).difference
        assert not line(eligibility=EligibilityInput(900, 99, "保守")).adds_up

    @given(st.lists(st.tuples(st.integers(0, 10**12), st.integers(0, 10**12)), max_size=20))
    def test_add_up_to_the_whole(self, parts: list[tuple[int, int]]):
        lines = [
            line(cost=cost(amount_yen=a + b, revenue_yen=0), eligibility=EligibilityInput(a, b, "x")) for a, b in parts
        ]
        total = sums(lines)
        assert total.adds_up
        assert total.eligible_yen + total.ineligible_yen == sum(one.cost.net_yen for one in lines)


class TestGuards:
    def test_find_nothing_where_everything_is_in_order(self):
        assert findings(case()) == []
        assert {view.status.label for view in checklist(case(), [])} == {"適合"}

    def test_wait_for_what_is_not_entered(self):
        empty = line(dates=DatesInput(None, None, None), papers=())
        views = checklist(case(lines=(empty,), steps=(), procedure=NOTHING_ENTERED, given_yen=None), [])
        assert [view.status.label for view in views] == [
            "適合",
            "まだ点検しません",
            "まだ点検しません",
            "まだ点検しません",
            "まだ点検しません",
            "適合",
            "まだ点検しません",
        ]

    def test_add_national_money_of_both_routes(self):
        direct, through = grant(), grant(2, name="県補助", funder="prefecture", rate="1/4")
        assert codes(case(grants=(direct, through))) == []
        both = case(grants=(direct, through), national_parts={2: Fraction(1, 2)})
        (found,) = findings(both)
        assert found.code == "grant-national-ceiling"
        assert "5/8" in found.message
        assert "県を通じた国費" in found.message
        assert codes(replace(both, grant=through)) == ["grant-national-ceiling"]
        assert codes(replace(both, ceiling=Fraction(5, 8))) == []

    @pytest.mark.parametrize(("day", "found"), [(date(2026, 5, 31), True), (date(2026, 6, 1), False)])
    def test_find_work_begun_before_the_decision(self, day: date, *, found: bool):
        early = line(dates=DatesInput(day, date(2026, 9, 1), date(2026, 10, 1)))
        assert (codes(case(lines=(early,))) == ["contract-before-decision"]) is found

    def test_find_a_contract_without_any_decision(self):
        (found,) = findings(case(steps=LIFE[:1], given_yen=None))
        assert "交付決定がまだ" in found.message

    @pytest.mark.parametrize(("paid", "found"), [(None, True), (date(2026, 11, 2), True), (date(2026, 11, 1), False)])
    def test_find_a_report_before_everything_was_paid(self, paid: date | None, *, found: bool):
        late = line(dates=DatesInput(date(2026, 6, 10), date(2026, 9, 1), paid))
        assert ("report-before-payment" in codes(case(lines=(late,)))) is found

    def test_find_every_date_outside_the_period(self):
        short = ProcedureView(date(2026, 6, 11), date(2026, 8, 31), None, None, None, 1)
        assert codes(case(procedure=short)) == ["cost-outside-period"] * 3

    def test_find_missing_papers_of_costs_and_steps(self):
        bare = line(papers=())
        assert codes(case(lines=(bare,))) == ["evidence-missing"] * 3
        unproved = replace(LIFE[1], files=())
        assert codes(case(steps=(LIFE[0], unproved, LIFE[2]))) == ["evidence-missing"]

    def test_find_no_papers_in_order_before_there_is_anything_to_prove(self):
        undated = line(dates=DatesInput(None, None, None), papers=())
        status = {one.code: one.status.label for one in checklist(case(lines=(undated,), steps=()), [])}
        assert status["evidence-missing"] == "まだ点検しません"
        assert checklist(case(), [])[4].status.label == "適合"

    def test_leave_costs_alone_that_the_grant_does_not_pay(self):
        other = line(
            cost=cost(eligible=False), counted=False, dates=DatesInput(date(2020, 1, 1), None, None), papers=()
        )
        assert codes(case(lines=(other,))) == []

    def test_find_amounts_that_differ_from_the_calculation(self):
        assert codes(case(given_yen=499)) == ["grant-amount-differs"]
        assert codes(case(lines=(line(eligibility=EligibilityInput(900, 100, "x")),))) == ["eligibility-differs"]
        settled = (*LIFE, step(4, "settle", 480, date(2026, 12, 1)))
        (found,) = findings(case(steps=settled))
        assert found.message.startswith("確定額 480円")

    def test_accept_a_reason_for_exactly_the_sentence_it_was_given_for(self):
        look = case(given_yen=499)
        (found,) = findings(look)
        reason = Override(found.code, found.message, "端数の違い", "甲", date(2026, 12, 1))
        assert checklist(look, [])[-1].status.label == "要確認"
        assert checklist(look, [reason])[-1].status.label == "理由あり"
        assert checklist(case(given_yen=498), [reason])[-1].status.label == "要確認"
