"""Mixes seen in ordinances and tariffs, each expressed as a case without code."""

import pytest

from tests.billing.apportionment.small_cases import A, B, C, basis, calculate, column, cost, small_case

BASES = [
    basis("people", 50, 30, 20),
    basis("older", 10, 10, 20),
    basis("users", 4, 4, 2),
    basis("tonnes", "2.5", "1.5", 1),
    basis("fire", 3, 1, 0),
    basis("staff", 6, 3, 1),
    basis("km", "10.5", "5.25", "5.25"),
    basis("consultations", 7, 0, 3),
    basis("people2020", 40, 40, 20),
]


def key(name, *parts, **fields):
    components = [{"weight": weight, "basis": over, **(rest[0] if rest else {})} for weight, over, *rest in parts]
    return {"id": name, "name": name, "components": components, **fields}


def shares(*costs, keys, **fields):
    case = small_case(bases=BASES, keys=keys, costs=list(costs), **fields)
    return column(calculate(case), "gross_yen")


class TestMixesOfRealRules:
    def test_expresses_5_equal_95_people_after_individual_costs(self):
        found = shares(
            cost("individual", 400, {"member": C}),
            cost("rest", 6000),
            keys=[key("k", ("5/100", "equal"), ("95/100", "people"))],
        )
        assert found == [100 + 2850, 100 + 1710, 100 + 1140 + 400]

    def test_expresses_10_equal_50_older_40_people(self):
        # 3,000: 100 each; 1,500 by 10:10:20; 1,200 by 50:30:20
        mix = key("k", ("0.1", "equal"), ("0.5", "older"), ("0.4", "people"))
        assert shares(cost("c", 3000), keys=[mix]) == [100 + 375 + 600, 100 + 375 + 360, 100 + 750 + 240]

    def test_expresses_cost_groups_with_different_bases_and_years(self):
        keys = [
            key("users", ("6/100", "equal"), ("94/100", "users")),
            key("waste", ("6/100", "equal"), ("94/100", "tonnes")),
            key("fire", ("4/100", "equal"), ("96/100", "fire")),
            key("other", ("6/100", "equal"), ("94/100", "people2020")),
        ]
        costs = [cost(name, 10_000, {"key": name}) for name in ("users", "waste", "fire", "other")]
        assert shares(*costs[:1], keys=keys) == [3960, 3960, 2080]
        assert shares(*costs[1:2], keys=keys) == [4900, 3020, 2080]
        assert shares(*costs[2:3], keys=keys) == [7334, 2533, 133]  # 133.3… each, 7,200 and 2,400 more
        assert shares(*costs[3:], keys=keys) == [3960, 3960, 2080]
        assert sum(shares(*costs, keys=keys)) == 40_000

    def test_expresses_10_equal_with_half_for_towns_65_people_25_staff(self):
        # 10割 of 2,500 are 250 by 1 : 1 : 1/2
        mix = key("k", ("10/100", "equal", {"factors": {C: "1/2"}}), ("65/100", "people"), ("25/100", "staff"))
        exact = [100 + 812.5 + 375, 100 + 487.5 + 187.5, 50 + 325 + 62.5]
        assert exact == [1287.5, 775, 437.5]
        assert shares(cost("c", 2500), keys=[mix]) == [1288, 775, 437]

    def test_expresses_20_equal_80_people_with_a_district_left_out_of_the_count(self):
        # people outside the district and without sewer are their own basis; a town may also be left out wholly
        mix = key("k", ("20/100", "equal"), ("80/100", "people", {"exclude": [C]}))
        assert shares(cost("c", 3000), keys=[mix]) == [200 + 1500, 200 + 900, 200]

    def test_expresses_fixed_fractions(self):
        fixed = {"id": "k", "name": "固定", "fixed": {A: "612/1000", B: "0.3", C: "0.088"}}
        assert shares(cost("c", 1000), keys=[fixed]) == [612, 300, 88]

    def test_expresses_a_host_of_half_and_30_equal_70_tonnes_of_the_rest(self):
        mix = key("k", ("30/100", "equal"), ("70/100", "tonnes"), host={"code": A, "share": "1/2"})
        assert shares(cost("c", 2000), keys=[mix]) == [1000, 150 + 420, 150 + 280]

    def test_expresses_a_fixed_part_of_the_prefecture_and_the_rest_equal(self):
        case = small_case(
            bases=BASES,
            keys=[key("k", ("1", "equal"))],
            costs=[cost("prefecture", 4000, {"prefecture": True}), cost("rest", 600)],
        )
        document = calculate(case)
        assert column(document, "gross_yen") == [200, 200, 200]
        assert document["prefecture"]["gross_yen"] == 4000

    def test_expresses_one_member_at_half_weight(self):
        members = [{"code": A, "name": "a"}, {"code": B, "name": "b"}, {"code": C, "name": "c", "factor": "1/2"}]
        assert shares(cost("c", 500), keys=[key("k", ("1", "equal"))], members=members) == [200, 200, 100]

    @pytest.mark.parametrize(("over", "amounts"), [("km", [500, 250, 250]), ("consultations", [700, 0, 300])])
    def test_expresses_kilometres_of_pipe_and_numbers_of_consultations(self, over, amounts):
        assert shares(cost("c", 1000), keys=[key("k", ("1", over))]) == amounts
