"""What a case file may not say: every refusal with its pointer and its code."""

import copy

import pytest

from billing.apportionment.case import CaseRefused, parse_case
from tests.billing.apportionment.full_case import DELETE, REFUSALS, changed, full_case, problems_of
from tests.billing.apportionment.small_cases import A, B, cost, grant, small_case


class TestParseCase:
    def test_accepts_the_full_case(self):
        assert parse_case(full_case()).title == "例"

    @pytest.mark.parametrize(("path", "value", "code", "pointer"), REFUSALS)
    def test_refuses_and_points_at_the_place(self, path, value, code, pointer):
        assert (pointer or path, code) in problems_of(changed(path, value))

    @pytest.mark.parametrize(
        "path", ["/rounding", "/grants", "/national_ceiling", "/invoice", "/instalments", "/issued_yen"]
    )
    def test_fills_in_what_may_be_left_out(self, path):
        parse_case(changed(path, DELETE))

    def test_refuses_a_costs_own_rounding_under_the_total_stage(self):
        case = changed("/costs/0/rounding", {"unit_yen": 10})
        case["rounding"]["stage"] = "total"
        assert problems_of(case) == [("/costs/0/rounding", "rounding-stage")]

    def test_names_the_cost_and_the_grants_over_the_national_ceiling(self):
        case = changed("/grants/1", {**grant("1/10"), "id": "g2", "name": "別の交付金"})
        with pytest.raises(CaseRefused) as refused:
            parse_case(case)
        assert [(p.pointer, p.code) for p in refused.value.problems] == [
            (f"/costs/{place}", "national-ceiling") for place in range(3)
        ]
        message = refused.value.problems[0].message
        assert "c1" in message
        assert "「交付金」、「別の交付金」" in message
        assert "3/5" in message

    def test_counts_only_national_grants_against_the_ceiling(self):
        parse_case(changed("/grants/1", {**grant("1/2"), "id": "g2", "funder": "prefecture"}))

    def test_finds_all_problems_at_once(self):
        case = full_case()
        case["members"][0]["months"] = 13
        case["keys"][0]["components"][0]["weight"] = "1/3"
        case["keys"][1]["fixed"][A] = "1/5"
        case["costs"][0]["revenue_yen"] = 2000
        case["costs"][1]["charge"] = {"key": "zzz"}
        assert {code for _, code in problems_of(case)} >= {
            "out-of-range",
            "weights-not-one",
            "negative-net",
            "unknown-key",
        }

    def test_tells_a_missing_value_once_and_at_its_place(self):
        assert problems_of(changed(f"/bases/0/values/{B}", DELETE)) == [(f"/bases/0/values/{B}", "missing-basis-value")]

    def test_stops_at_a_thousand_problems(self):
        case = full_case()
        case["costs"] = [{"x": 1}] * 900
        found = problems_of(case)
        assert len(found) == 1001
        assert found[-1] == ("", "too-many-problems")

    def test_refuses_more_lines_than_a_result_may_hold(self):
        case = small_case()
        case["members"] = [{"code": f"m{place}", "name": "x"} for place in range(9000)]
        case["bases"] = []
        case["keys"] = []
        case["costs"] = [cost(f"c{place}", 1, {"prefecture": True}) for place in range(300)]
        assert problems_of(case) == [("/costs", "too-large")]

    def test_does_not_change_what_it_was_given(self):
        case = full_case()
        before = copy.deepcopy(case)
        parse_case(case)
        assert case == before
