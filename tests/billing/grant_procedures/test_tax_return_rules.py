"""Consumption-tax returns as pure rules."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.grant_procedures.tax_returns.rules import MemberPart, ReturnInput, deductible, member_parts, to_return

RATES = st.fractions(min_value=0, max_value=1, max_denominator=1000)
YEN = st.integers(0, 10**15 - 1)


def report(method: str, tax: int = 0, ratio: str = "0", entered: int = 0) -> ReturnInput:
    return ReturnInput(method, tax, ratio, entered, "", "")


class TestToReturn:
    @pytest.mark.parametrize(
        ("one", "rate", "back"),
        [
            (report("none", 100_001), "1/2", 0),
            (report("all", 100_001), "1/2", 50_000),
            (report("ratio", 100_001, "9/10"), "1/2", 45_000),
            (report("ratio", 101, "1/3"), "1/2", 16),
            (report("entered", 100_001, entered=33_333), "1/2", 16_666),
            (report("all", 100), "1/3", 33),
        ],
    )
    def test_is_the_deductible_tax_times_the_rate_cut_to_yen(self, one: ReturnInput, rate: str, back: int):
        assert to_return(one, Fraction(rate), 10**9) == back

    def test_is_never_more_than_was_received(self):
        assert to_return(report("all", 1_000), Fraction(1, 2), 300) == 300

    @given(YEN, RATES, RATES, YEN)
    def test_stays_between_nothing_and_the_tax(self, tax: int, ratio: Fraction, rate: Fraction, grant: int):
        one = report("ratio", tax, f"{ratio.numerator}/{ratio.denominator}")
        back = to_return(one, rate, grant)
        assert 0 <= back <= deductible(one) <= tax
        assert back <= grant
        exact = tax * ratio * rate
        assert back <= exact
        # Two cuts to whole yen lose less than one yen each, the first one less the smaller the rate.
        assert back == grant or exact - back < 2

    @given(YEN, RATES)
    def test_grows_with_the_ratio(self, tax: int, rate: Fraction):
        backs = [to_return(report("ratio", tax, one), rate, 10**15) for one in ("0", "1/3", "9/10", "1")]
        assert backs == sorted(backs)
        assert backs[-1] == to_return(report("all", tax), rate, 10**15)


def case(**grant: Any) -> dict[str, Any]:
    costs = [
        {"id": "c1", "tax_rate": "10/100", "eligible": True},
        {"id": "c2", "tax_rate": "8/100", "eligible": True},
        {"id": "c3", "eligible": False},
    ]
    return {"costs": costs, "grants": [{"id": "g1", **grant}]}


def result(*lines: tuple[str, str, int | None]) -> dict[str, Any]:
    made = [{"cost": cost, "exact": exact, "share_yen": yen} for cost, exact, yen in lines]
    return {"members": [{"code": "281000", "grants": {"g1": 500}, "lines": made}]}


class TestMemberParts:
    def test_take_the_tax_out_of_every_share_that_the_grant_counts(self):
        shares = result(("c1", "1100", 1100), ("c2", "109", 109), ("c3", "5000", 5000))
        assert member_parts(case(), shares, "g1") == {"281000": MemberPart(500, 100 + 8)}
        assert member_parts(case(costs=["c2"]), shares, "g1")["281000"].tax_yen == 8
        assert member_parts(case(costs="eligible", tax="excluded"), shares, "g1")["281000"].tax_yen == 0
        assert member_parts(case(), shares, "g2") == {}

    def test_cut_an_exact_share_to_yen_first(self):
        assert member_parts(case(), result(("c1", "2201/2", None)), "g1")["281000"].tax_yen == 100
