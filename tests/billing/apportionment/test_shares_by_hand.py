"""Exact shares and their splitting into yen, on figures worked out by hand."""

import pytest

from tests.billing.apportionment.small_cases import (
    BY_PEOPLE,
    EQUALLY,
    A,
    B,
    C,
    basis,
    calculate,
    column,
    cost,
    gross,
    small_case,
)


def key(*components, **fields):
    return {"id": "k", "name": "k", "components": list(components), **fields}


def component(weight, name, **fields):
    return {"weight": weight, "basis": name, **fields}


class TestExactShares:
    def test_weighs_components_and_writes_the_exact_share(self):
        document = calculate(small_case(1001, key=key(component("3/10", "equal"), component("0.7", "people"))))
        # 3割 of 1,001 in thirds is 100.1; 7割 by people 350.35, 210.21, 140.14; the yen left goes to .45
        assert column(document, "gross_yen") == [451, 310, 240]
        assert [lines[0]["exact"] for lines in column(document, "lines")] == ["9009/20", "31031/100", "6006/25"]

    def test_counts_months_and_the_members_factor(self):
        members = [{"code": A, "name": "a"}, {"code": B, "name": "b", "months": 9, "factor": "2/3"}]
        members.append({"code": C, "name": "c", "months": 6})
        assert gross(small_case(1000, key=EQUALLY, members=members)) == [500, 250, 250, 0, 0]

    def test_gives_nothing_to_a_member_of_zero_months(self):
        members = [{"code": A, "name": "a"}, {"code": B, "name": "b", "months": 0}, {"code": C, "name": "c"}]
        document = calculate(small_case(70, members=members))
        assert column(document, "gross_yen") == [50, 0, 20]
        assert document["members"][1]["lines"] == []

    def test_applies_a_components_own_factors(self):
        assert gross(small_case(750, key=key(component("1", "people", factors={A: "1/2"})))) == [250, 300, 200, 0, 0]

    def test_leaves_out_excluded_members_even_without_a_value(self):
        bases = [basis("people", 50, 30, 20)]
        del bases[0]["values"][A]
        case = small_case(1000, key=key(component("1", "people", exclude=[A])), bases=bases)
        assert gross(case) == [0, 600, 400, 0, 0]

    def test_uses_fixed_fractions(self):
        fixed = {"id": "k", "name": "k", "fixed": {A: "3/5", B: "0.4"}}
        assert gross(small_case(101, key=fixed)) == [61, 40, 0, 0, 0]

    def test_renormalises_fixed_fractions_over_the_members_of_the_case(self):
        fixed = {"id": "k", "name": "k", "fixed": {A: "1/2", B: "1/4", "gone": "1/4"}, "renormalise": True}
        assert gross(small_case(100, key=fixed)) == [67, 33, 0, 0, 0]

    def test_gives_the_host_its_share_and_divides_the_rest_among_the_others(self):
        host = {"code": A, "share": "1/2"}
        mixed = key(component("3/10", "equal"), component("7/10", "people"), host=host)
        # of the other 500: 75 each equally, 350 by 30 : 20
        assert gross(small_case(1000, key=mixed)) == [500, 285, 215, 0, 0]

    def test_needs_no_value_of_the_host(self):
        bases = [basis("people", 50, 30, 20)]
        del bases[0]["values"][A]
        case = small_case(1000, key={**BY_PEOPLE, "host": {"code": A, "share": "0"}}, bases=bases)
        assert gross(case) == [0, 600, 400, 0, 0]

    def test_truncates_a_unit_price(self):
        # 1,055 ÷ 100 = 10.55, truncated to 10.5: 525, 315, 210; of the 5 yen left one each, two to the prefecture
        case = small_case(1055, key={**BY_PEOPLE, "unit_price_decimals": 1})
        document = calculate(case)
        assert gross(case) == [526, 316, 211, 2, 0]
        assert [lines[0]["exact"] for lines in column(document, "lines")] == ["525", "315", "210"]

    def test_keeps_a_unit_price_that_comes_out_even(self):
        assert gross(small_case(1055, key={**BY_PEOPLE, "unit_price_decimals": 2}))[3] == 0

    def test_writes_exact_shares_of_a_fractional_unit_price(self):
        bases = [basis("people", "0.5", "1/3", "1/6")]
        document = calculate(small_case(10, key={**BY_PEOPLE, "unit_price_decimals": 0}, bases=bases))
        assert [lines[0]["exact"] for lines in column(document, "lines")] == ["5", "10/3", "5/3"]
        assert column(document, "gross_yen") == [5, 3, 2]


class TestSplitting:
    # 125 yen in tens: exact 62.5, 37.5, 25; floors 60, 30, 20; 15 yen are left
    @pytest.mark.parametrize(
        ("rounding", "shares"),
        [
            ({"remainder": "largest_remainder"}, [60, 40, 20, 5, 0]),
            ({"remainder": "smallest_up"}, [60, 30, 30, 5, 0]),
            ({"remainder": "largest_share"}, [75, 30, 20, 0, 0]),
            ({"remainder": "named", "named": B}, [60, 45, 20, 0, 0]),
            ({"remainder": "prefecture"}, [60, 30, 20, 15, 0]),
            ({"remainder": "undistributed"}, [60, 30, 20, 0, 15]),
        ],
    )
    def test_gives_what_is_left_to_whom_the_rule_says(self, rounding, shares):
        assert gross(small_case(125, rounding={**rounding, "unit_yen": 10})) == shares
        own = small_case(125, rounding={"remainder": "prefecture"})
        own["costs"][0]["rounding"] = {**rounding, "unit_yen": 10}
        assert gross(own) == shares

    @pytest.mark.parametrize("remainder", ["largest_remainder", "smallest_up", "largest_share"])
    def test_breaks_ties_for_the_smaller_code(self, remainder):
        assert gross(small_case(100, key=EQUALLY, rounding={"remainder": remainder})) == [34, 33, 33, 0, 0]

    def test_gives_at_most_one_unit_each_after_a_truncated_price(self):
        # 1,099 ÷ 100 truncated to 10: 500, 300, 200 and 99 left
        priced = {**BY_PEOPLE, "unit_price_decimals": 0}
        assert gross(small_case(1099, key=priced)) == [501, 301, 201, 96, 0]
        assert gross(small_case(1099, key=priced, rounding={"remainder": "smallest_up"})) == [501, 301, 201, 96, 0]

    def test_never_gives_smallest_up_units_to_members_without_a_share(self):
        priced = key(component("1", "people", exclude=[C]), unit_price_decimals=0)
        # 899 ÷ 80 truncated to 11: 550 and 330, 19 left
        assert gross(small_case(899, key=priced, rounding={"remainder": "smallest_up"})) == [551, 331, 0, 17, 0]

    def test_follows_the_largest_remainder_rule_to_the_letter_for_members_without_a_share(self):
        priced = key(component("1", "people", exclude=[C]), unit_price_decimals=0)
        case = small_case(899, key=priced)
        assert gross(case) == [551, 331, 1, 16, 0]
        assert calculate(case)["members"][2]["lines"] == [{"cost": "c1", "exact": "0", "share_yen": 1}]

    def test_rounds_the_total_once(self):
        case = small_case(100, 100, key=EQUALLY, rounding={"stage": "total"})
        case["costs"].append(cost("d", 7, {"member": C}))
        document = calculate(case)
        assert column(document, "gross_yen") == [67, 67, 73]
        assert document["members"][2]["lines"] == [
            {"cost": "c1", "exact": "100/3", "share_yen": None},
            {"cost": "c2", "exact": "100/3", "share_yen": None},
            {"cost": "d", "exact": "7", "share_yen": None},
        ]

    def test_rounds_each_cost_on_its_own(self):
        assert gross(small_case(100, 100, key=EQUALLY)) == [68, 66, 66, 0, 0]

    @pytest.mark.parametrize(
        ("remainder", "shares"),
        [
            ("largest_remainder", [130, 70, 50, 0, 0]),  # 125 and 75 tie at 5: the smaller code
            ("smallest_up", [120, 70, 60, 0, 0]),
            ("largest_share", [130, 70, 50, 0, 0]),
            ("prefecture", [120, 70, 50, 10, 0]),
            ("undistributed", [120, 70, 50, 0, 10]),
        ],
    )
    def test_applies_every_policy_to_the_total(self, remainder, shares):
        # 250 yen in tens: exact 125, 75, 50; floors 120, 70, 50; 10 left
        rounding = {"stage": "total", "unit_yen": 10, "remainder": remainder}
        assert gross(small_case(125, 125, rounding=rounding)) == shares

    def test_takes_revenue_off_and_charges_bearers_directly(self):
        case = small_case(120, key=EQUALLY)
        case["costs"] = [
            cost("c1", 120, revenue_yen=30),
            cost("c2", 55, {"member": B}, revenue_yen=5),
            cost("c3", 7, {"prefecture": True}),
        ]
        document = calculate(case)
        assert gross(case) == [30, 80, 30, 7, 0]
        assert document["members"][1]["lines"][1] == {"cost": "c2", "exact": "50", "share_yen": 50}
        assert document["totals"]["net_yen"] == 147
        assert document["totals"]["revenue_yen"] == 35
