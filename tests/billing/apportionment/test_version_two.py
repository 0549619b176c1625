"""Version 2 of the case format: tariffs (料金表) and limits (下限額・上限額), by hand and at random."""

import copy
import json
import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.apportionment.calculation import apportion
from billing.apportionment.canonical import canonical_json, case_sha256
from billing.apportionment.case import CaseRefused, parse_case
from billing.apportionment.limiting import Unfillable, limit
from billing.apportionment.result import result_json
from billing.apportionment.terms import Bounds
from tests.billing.apportionment.compare_implementations import compare_many
from tests.billing.apportionment.random_cases import random_case, shuffled
from tests.billing.apportionment.random_version_two import random_case_2
from tests.billing.apportionment.small_cases import BY_PEOPLE, A, B, C, calculate, cost, grant, gross, small_case

SEED, CASES = 2, 2000
TWO = "yui-apportionment/2"


def limited(amount, limits, **fields):
    """A cost of ``amount`` by people (50, 30, 20) within ``limits``."""
    return small_case(amount, key={**BY_PEOPLE, "limits": limits}, format=TWO, **fields)


def priced(tariff, amount=1000, **fields):
    """A cost of ``amount`` yen charged by the tariff on the towns' 50, 30 and 20 people."""
    case = small_case(format=TWO, **fields)
    case["costs"] = [cost("c1", amount, {"tariff": {"basis": "people", **tariff}})]
    return case


def refused(case):
    with pytest.raises(CaseRefused) as found:
        apportion(parse_case(case))
    return [(problem.pointer, problem.code) for problem in found.value.problems]


STEPS = [{"up_to": "20", "price_yen": 1200}, {"below": "50", "price_yen": 2400}, {"price_yen": 6000}]


class TestLimits:
    def test_give_the_excess_of_one_to_the_others_by_the_same_key(self):
        # 500/300/200 → A held at 400; 600 left over 30:20 → 360/240
        assert gross(limited(1000, {"maximum_yen": 400})) == [400, 360, 240, 0, 0]

    def test_go_on_until_nobody_is_beyond_a_bound(self):
        # A held at 350 → B 390, C 260; B held at 350 → C 300
        assert gross(limited(1000, {"maximum_yen": 350})) == [350, 350, 300, 0, 0]

    def test_take_a_shortfall_from_the_others(self):
        # C raised to 300 → 700 over 50:30 → 437.5/262.5, the leftover yen to A (tie, smaller code)
        assert gross(limited(1000, {"members": {C: {"minimum_yen": 300}}})) == [438, 262, 300, 0, 0]

    def test_let_the_greater_violation_go_first(self):
        # max A 300 (excess 200), min C 250 (shortage 50): A first; then B 420, C 280: nobody below any more
        limits = {"members": {A: {"maximum_yen": 300}, C: {"minimum_yen": 250}}}
        assert gross(limited(1000, limits)) == [300, 420, 280, 0, 0]

    def test_of_a_member_replace_those_of_everybody(self):
        assert gross(limited(1000, {"maximum_yen": 400, "members": {A: {}}})) == [500, 300, 200, 0, 0]

    def test_never_raise_a_member_without_a_share(self):
        case = limited(1000, {"minimum_yen": 100})
        case["keys"][0]["components"][0]["exclude"] = [C]
        assert gross(case) == [625, 375, 0, 0, 0]

    def test_hold_also_for_the_leftover_yen(self):
        # shares 333.3 each, two of them at a maximum of 333: the third takes the yen that is left
        case = limited(1000, {"members": {A: {"maximum_yen": 333}, B: {"maximum_yen": 333}}})
        case["bases"][0]["values"] = dict.fromkeys((A, B, C), "1")
        assert gross(case) == [333, 333, 334, 0, 0]

    @pytest.mark.parametrize(
        ("limits", "code", "pointer"),
        [
            ({"minimum_yen": 400}, "limits-impossible", "/keys/0/limits"),
            ({"maximum_yen": 333}, "limits-impossible", "/keys/0/limits"),
            ({"minimum_yen": 2, "maximum_yen": 1}, "limits-crossed", "/keys/0/limits"),
            ({"members": {"zzz": {}}}, "unknown-member", "/keys/0/limits/members/zzz"),
            ({"members": {A: {"minimum_yen": -1}}}, "out-of-range", f"/keys/0/limits/members/{A}/minimum_yen"),
            ({"maximum_yen": 1.5}, "not-integer", "/keys/0/limits/maximum_yen"),
            ({"x": 1}, "unknown-field", "/keys/0/limits/x"),
        ],
    )
    def test_that_cannot_be_kept_are_refused(self, limits, code, pointer):
        assert refused(limited(1000, limits)) == [(pointer, code)]

    def test_are_refused_where_rounding_would_break_them(self):
        limits = {"maximum_yen": 450}
        assert refused(limited(1000, limits, rounding={"stage": "total"})) == [("/keys/0/limits", "rounding-stage")]
        assert refused(limited(1000, limits, rounding={"unit_yen": 100})) == [("/keys/0/limits", "limit-not-in-units")]
        rounding = {"remainder": "largest_share"}
        assert refused(limited(1000, limits, rounding=rounding)) == [("/keys/0/limits", "limits-remainder")]

    def test_do_not_go_with_a_host_or_a_unit_price(self):
        for extra in ({"host": {"code": A, "share": "1/2"}}, {"unit_price_decimals": 2}):
            case = limited(1000, {"maximum_yen": 450})
            case["keys"][0].update(extra)
            assert refused(case) == [("/keys/0/limits", "key-form")]

    @settings(max_examples=300, deadline=None)
    @given(
        st.integers(0, 10**6),
        st.lists(
            st.tuples(st.integers(0, 50), st.none() | st.integers(0, 10**5), st.none() | st.integers(0, 10**6)),
            min_size=1,
            max_size=8,
        ),
    )
    def test_are_kept_with_one_price_per_weight_for_all_others(self, amount, lines):
        weights = [weight for weight, _, _ in lines]
        bounds = [Bounds(low, max(high, low or 0) if high is not None else None) for _, low, high in lines]
        if not any(weights):
            return
        try:
            found = limit(amount, weights, bounds)
        except Unfillable:
            return
        shares = [Fraction(number, found.exact.denominator) for number in found.exact.numerators]
        assert sum(shares) == amount
        prices = set()
        for place, (share, weight, bound) in enumerate(zip(shares, weights, bounds, strict=True)):
            if not weight:
                assert share == 0
                continue
            low, high = bound.minimum_yen or 0, bound.maximum_yen
            assert low <= share
            assert high is None or share <= high
            assert (share == high) == (place in found.at_maximum)
            if share > low and share != high:
                prices.add(share / weight)
        assert len(prices) <= 1
        for price in prices:
            for share, weight, bound in zip(shares, weights, bounds, strict=True):
                if weight and share == bound.maximum_yen:
                    assert share <= price * weight or share == (bound.minimum_yen or 0)
                elif weight and share == (bound.minimum_yen or 0):
                    assert share >= price * weight


class TestTariff:
    def test_charges_the_price_of_the_bracket(self):
        # 20 people: up to 20; 30: below 50; 50: no upper end. 9,600 in all, 8,600 more than the cost.
        assert gross(priced({"steps": STEPS})) == [6000, 2400, 1200, -8600, 0]

    def test_leaves_the_prefecture_what_it_does_not_bring(self):
        assert gross(priced({"steps": STEPS}, amount=10_000)) == [6000, 2400, 1200, 400, 0]

    @pytest.mark.parametrize(
        ("months", "expected"),
        [("always", [99_996, 74_997]), ("part_year", [100_000, 74_997]), ("ignore", [100_000] * 2)],
    )
    def test_counts_months(self, months, expected):
        case = priced({"steps": [{"price_yen": 100_000}], "months": months, "exclude": [C]})
        case["members"] = [{"code": code, "name": "x", "months": 9 if code == B else 12} for code in (A, B, C)]
        assert gross(case)[:3] == [*expected, 0]

    @pytest.mark.parametrize(("mode", "expected"), [("floor", 8_000), ("half_up", 8_000), ("ceil", 9_000)])
    def test_multiplies_a_base_by_a_rate_and_rounds(self, mode, expected):
        # 50 × 165 = 8,250 a year
        case = priced({"rate": "165", "months": "ignore", "unit_yen": 1000, "mode": mode, "exclude": [B, C]})
        assert gross(case)[0] == expected

    def test_adds_tax_at_the_end(self):
        tariff = {"steps": [{"price_yen": 1005}], "months": "ignore", "tax_rate": "10/100", "basis": "equal"}
        assert gross(priced(tariff, amount=5000)) == [1105, 1105, 1105, 1685, 0]

    def test_grants_the_prefecture_nothing_for_a_surplus(self):
        document = calculate(priced({"steps": STEPS}, grants=[grant("1/2")]))
        assert document["prefecture"]["grants"] == {"g": 0}
        assert document["totals"]["grants"] == {"g": 500}
        assert document["prefecture"]["burden_yen"] == -8600

    def test_is_independent_of_the_order_of_the_steps(self):
        cases = [priced({"steps": steps}) for steps in (STEPS, STEPS[::-1])]
        assert len({result_json(apportion(parse_case(case))) for case in cases}) == 1

    @pytest.mark.parametrize(
        ("tariff", "code", "pointer"),
        [
            ({}, "tariff-form", ""),
            ({"steps": STEPS, "rate": "1"}, "tariff-form", ""),
            ({"steps": []}, "tariff-form", "/steps"),
            ({"steps": [{"price_yen": 1, "up_to": "30"}]}, "beyond-tariff", "/steps"),
            ({"steps": [{"price_yen": 1, "up_to": "30", "below": "31"}]}, "tariff-form", "/steps/0"),
            ({"steps": [{"price_yen": 1}, {"price_yen": 2}]}, "duplicate-step", "/steps/1"),
            ({"steps": [{"price_yen": -1}]}, "out-of-range", "/steps/0/price_yen"),
            ({"steps": [{"price_yen": 1.5}]}, "not-integer", "/steps/0/price_yen"),
            ({"rate": 0.5}, "bad-fraction", "/rate"),
            ({"rate": "1", "basis": "nobody"}, "unknown-basis", "/basis"),
            ({"rate": "1", "months": "sometimes"}, "unknown-choice", "/months"),
            ({"rate": "1", "exclude": ["zzz"]}, "unknown-member", "/exclude/0"),
            ({"rate": "1", "x": 1}, "unknown-field", "/x"),
        ],
    )
    def test_that_is_wrong_is_refused_at_its_place(self, tariff, code, pointer):
        assert refused(priced(tariff))[0] == ("/costs/0/charge/tariff" + pointer, code)

    def test_needs_a_value_of_every_member_it_charges(self):
        case = priced({"rate": "1"})
        del case["bases"][0]["values"][A]
        assert refused(case) == [(f"/bases/0/values/{A}", "missing-basis-value")]


class TestVersions:
    def test_one_refuses_what_only_two_knows(self):
        case = limited(1000, {"maximum_yen": 400}) | {"format": "yui-apportionment/1"}
        assert refused(case) == [("/keys/0/limits", "unknown-field")]

    @settings(max_examples=150, deadline=None)
    @given(st.integers(0, 2**32).map(random.Random))
    def test_two_reads_a_case_of_one_to_the_same_bytes(self, rng):
        first = random_case(rng)
        second = copy.deepcopy(first) | {"format": TWO}
        try:
            expected = result_json(apportion(parse_case(first)))
        except CaseRefused:
            assert refused(second) == refused(first)
            return
        assert result_json(apportion(parse_case(second))) == expected
        assert case_sha256(parse_case(first)) == case_sha256(parse_case(second))

    @settings(max_examples=150, deadline=None)
    @given(st.integers(0, 2**32).map(random.Random))
    def test_two_is_independent_of_order_and_survives_its_canonical_form(self, rng):
        document = random_case_2(rng)
        try:
            case = parse_case(document)
            expected = result_json(apportion(case))
        except CaseRefused:
            return
        stirred = shuffled(rng, document)
        assert result_json(apportion(parse_case(stirred))) == expected
        again = parse_case(canonical_json(case))
        assert canonical_json(again) == canonical_json(case)
        assert result_json(apportion(again)) == expected
        assert json.loads(canonical_json(case))["format"] in {TWO, "yui-apportionment/1"}

    def test_two_agrees_with_a_second_implementation(self):
        outcomes = compare_many(CASES, SEED, random_case_2)
        assert outcomes["agreed"] > CASES / 3, (SEED, outcomes)
        assert outcomes["limits-impossible"] > 0


class TestWorkedTables:
    def test_of_the_paper_are_true(self):
        key = {**BY_PEOPLE, "limits": {"maximum_yen": 400_000, "members": {C: {"minimum_yen": 250_000}}}}
        assert gross(small_case(1_000_000, key=key, format=TWO)) == [400_000, 350_000, 250_000, 0, 0]
        tariff = {
            "steps": [{"up_to": "30", "price_yen": 240_000}, {"price_yen": 0}],
            "unit_yen": 100,
            "tax_rate": "0.1",
        }
        case = priced(tariff)
        case["members"] = [{"code": code, "name": "x", "months": 9 if code == B else 12} for code in (A, B, C)]
        assert gross(case)[1] == 198_000
