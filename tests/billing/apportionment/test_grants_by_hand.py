"""Grants, burdens, invoices and the result document, on figures worked out by hand."""

import pytest

from billing.apportionment.case import CaseRefused
from tests.billing.apportionment.small_cases import (
    EQUALLY,
    A,
    B,
    C,
    calculate,
    column,
    cost,
    grant,
    granted,
    small_case,
)


class TestGrants:
    @pytest.mark.parametrize(
        ("given", "amounts"),
        [
            (grant("1/3", 100), [150, 90, 60, 0]),
            (grant("1/3", 100, cap_yen=250), [100, 60, 40, 0]),
            (grant("0.35", 100, "half_up"), [200, 120, 80, 0]),
            (grant("0.349", 100, "half_up"), [150, 90, 60, 0]),
            (grant("1/3", 100, "ceil"), [200, 120, 80, 0]),
            (grant("1/3", cap_yen=5), [3, 1, 1, 0]),
        ],
    )
    def test_rounds_and_caps_a_program_grant_and_gives_it_by_burden(self, given, amounts):
        # by people 500, 300, 200; 5 yen are 2.5, 1.5, 1.0, and the tie goes to the smaller code
        assert granted(small_case(1000, grants=[given])) == amounts

    def test_takes_tax_out_of_the_base(self):
        case = small_case(1105, grants=[grant("1/2", tax="excluded")])
        # 1,105 ÷ 1.1 = 1,004.5…, floored to 1,004
        assert sum(granted(case)) == 502

    def test_counts_the_prefecture_as_a_bearer_and_last(self):
        case = small_case(1000, grants=[grant("1/2")])
        case["costs"].append(cost("p", 1000, {"prefecture": True}))
        assert granted(case) == [250, 150, 100, 500]
        case["grants"] = [grant("1/2", cap_yen=1)]
        case["costs"][0]["charge"] = {"member": C}
        assert granted(case) == [0, 0, 1, 0]

    def test_counts_only_listed_costs(self):
        case = small_case(1000, 500, grants=[grant("1/2", costs=["c2"])])
        assert granted(case) == [125, 75, 50, 0]
        case["grants"][0]["costs"] = []
        assert granted(case) == [0, 0, 0, 0]

    def test_ignores_costs_that_are_not_eligible(self):
        case = small_case(1000, 500, grants=[grant("1/2")])
        case["costs"][1]["eligible"] = False
        assert granted(case) == [250, 150, 100, 0]

    def test_calculates_cost_by_cost_with_a_cap_for_each(self):
        case = small_case(1000, 100, grants=[grant("1/2", level="cost", cap_yen=100)])
        assert granted(case) == [75, 45, 30, 0]

    def test_calculates_member_by_member(self):
        case = small_case(1000, grants=[grant("1/3", 10, level="member")])
        case["costs"].append(cost("p", 999, {"prefecture": True}))
        assert granted(case) == [160, 100, 60, 0]
        case["grants"][0]["member_cap_yen"] = 125
        assert granted(case) == [120, 100, 60, 0]

    def test_splits_the_cap_over_the_members_grants(self):
        # 160, 100, 60 exceed 205; 20 tens by these weights are 10, 6.25 and 3.75
        assert granted(small_case(1000, grants=[grant("1/3", 10, level="member", cap_yen=205)])) == [100, 60, 40, 0]
        assert granted(small_case(1000, grants=[grant("1/3", 10, level="member", cap_yen=320)])) == [160, 100, 60, 0]
        assert granted(small_case(1000, grants=[grant("1/3", 10, level="member", cap_yen=9)])) == [0, 0, 0, 0]

    def test_takes_tax_out_of_each_members_yen(self):
        case = small_case(1000, 1000, grants=[grant("1/2", level="member", tax="excluded")])
        # 500 ÷ 1.1 = 454, 300 ÷ 1.1 = 272, 200 ÷ 1.1 = 181; twice, then halved
        assert granted(case) == [454, 272, 181, 0]

    def test_floors_the_exact_sum_of_a_member_under_the_total_stage(self):
        case = small_case(100, 100, key=EQUALLY, rounding={"stage": "total"}, grants=[grant("1/2", level="member")])
        assert granted(case) == [33, 33, 33, 0]  # 66.6… floored to 66, halved

    def test_floors_each_costs_exact_share_without_tax_under_the_total_stage(self):
        rule = grant("1/2", level="member", tax="excluded")
        case = small_case(100, 100, key=EQUALLY, rounding={"stage": "total"}, grants=[rule])
        assert granted(case) == [30, 30, 30, 0]  # 33.3… ÷ 1.1 = 30.3…, floored, twice, halved

    def test_gives_by_exact_shares_under_the_total_stage(self):
        case = small_case(100, 101, key=EQUALLY, rounding={"stage": "total"}, grants=[grant("1/2", costs=["c2"])])
        case["costs"].append(cost("p", 101, {"prefecture": True}))
        case["grants"][0]["costs"].append("p")
        # 101 yen by 33.6…, 33.6…, 33.6… and 101 out of 202: 16.83 each and 50.5
        assert granted(case) == [17, 17, 17, 50]

    def test_refuses_a_grant_nobody_can_receive(self):
        case = small_case(5, rounding={"remainder": "undistributed", "unit_yen": 1000}, grants=[grant("1/2")])
        with pytest.raises(CaseRefused) as refused:
            calculate(case)
        assert [(p.pointer, p.code) for p in refused.value.problems] == [("/grants/0", "grant-without-bearer")]

    def test_refuses_a_negative_burden_at_the_members_place_in_the_file(self):
        case = small_case(1000, grants=[grant("1/2", 1000, "ceil"), {**grant("1/10"), "id": "h", "funder": "other"}])
        with pytest.raises(CaseRefused) as refused:
            calculate(case)
        assert {(p.pointer, p.code) for p in refused.value.problems} == {
            (f"/members/{place}", "negative-burden") for place in range(3)
        }
        assert "丙町" in refused.value.problems[0].message

    def test_refuses_a_negative_burden_of_the_prefecture(self):
        case = small_case(0, grants=[grant("1/2", 1000, "ceil")])
        case["costs"] = [cost("p", 10, {"prefecture": True})]
        with pytest.raises(CaseRefused) as refused:
            calculate(case)
        assert [(p.pointer, p.code) for p in refused.value.problems] == [("/grants", "negative-burden")]


class TestBurdenAndInvoice:
    @pytest.mark.parametrize("mode", ["floor", "half_up", "ceil"])
    def test_rounds_invoices_and_leaves_the_difference_to_the_prefecture(self, mode):
        case = small_case(1255, invoice={"unit_yen": 100, "mode": mode})
        document = calculate(case)  # 627.5, 376.5, 251: the yen left goes to the smaller code
        assert column(document, "burden_yen") == [628, 376, 251]
        expected = {"floor": [600, 300, 200], "half_up": [600, 400, 300], "ceil": [700, 400, 300]}[mode]
        assert column(document, "invoice_yen") == expected
        kept = 1255 - sum(expected)
        assert document["prefecture"]["invoice_difference_yen"] == kept
        assert document["prefecture"]["burden_yen"] == kept
        assert document["totals"]["invoice_yen"] == sum(expected)

    def test_adds_what_instalments_leave_over_to_the_first(self):
        case = small_case(20_000, instalments={"count": 3, "unit_yen": 1000})
        assert column(calculate(case), "instalments_yen") == [
            [4000, 3000, 3000],
            [2000, 2000, 2000],
            [2000, 1000, 1000],
        ]

    def test_compares_with_what_was_issued(self):
        case = small_case(1000, issued_yen={A: 450, B: 400})
        assert column(calculate(case), "difference_yen") == [50, -100, 200]

    def test_answers_zeros_for_a_case_without_costs(self):
        document = calculate(small_case(grants=[grant("1/2")]))
        assert column(document, "burden_yen") == [0, 0, 0]
        assert document["totals"]["net_yen"] == 0


class TestResultDocument:
    def test_has_exactly_the_fields_of_the_format_in_their_order(self):
        document = calculate(small_case(1000, grants=[grant("1/2")]))
        assert list(document) == [
            "format", "engine", "input_sha256", "members", "prefecture", "undistributed_yen", "totals"
        ]  # fmt: skip
        assert document["format"] == "yui-apportionment-result/1"
        assert document["engine"] == "1.0.0"
        assert list(document["members"][0]) == [
            "code", "name", "gross_yen", "grants", "burden_yen", "invoice_yen", "instalments_yen", "difference_yen",
            "lines",
        ]  # fmt: skip
        assert list(document["prefecture"]) == ["gross_yen", "grants", "burden_yen", "invoice_difference_yen"]
        assert list(document["totals"]) == [
            "cost_yen", "revenue_yen", "net_yen", "gross_yen", "grants", "burden_yen", "invoice_yen"
        ]  # fmt: skip

    def test_orders_members_by_code_and_lines_by_cost(self):
        case = small_case(1, 2, 3)
        case["costs"].reverse()
        document = calculate(case)
        assert column(document, "code") == [A, B, C]
        assert [line["cost"] for line in document["members"][0]["lines"]] == ["c1", "c2", "c3"]
