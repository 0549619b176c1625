"""Statements are explained from the frozen documents alone, for every kind of case the engine accepts."""

import json
import random
from dataclasses import asdict
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.apportionment.case import CaseRefused
from billing.statements.rules import Check, difference_word, statement_view, summary_view
from billing.statements.wording import grant_words, rounding_words, unit_words
from tenants.documents.figures import decimal_text, fraction_text
from tests.billing.apportionment.random_cases import random_case
from tests.billing.apportionment.random_version_two import random_case_2
from tests.billing.apportionment.small_cases import BY_PEOPLE, A, B, C, cost, small_case
from tests.billing.statements.sample_run import LONG_NAME, codes, run_of, sample_case

seeds = st.integers(0, 2**32).map(random.Random)


class TestEveryCase:
    @settings(max_examples=300, deadline=None)
    @given(seeds)
    @pytest.mark.parametrize("kind", [random_case, random_case_2])
    def test_finds_every_share_again_and_every_sum_holds(self, kind, rng):
        try:
            case, result = run_of(kind(rng))
        except CaseRefused:
            return
        for member in case["members"]:
            view = statement_view(case, result, member["code"])
            assert view.agrees, view
            assert view.gross_yen - view.grant_yen == view.burden_yen
            for line in view.lines:
                if line.share_yen is not None:
                    assert 0 <= line.exact - line.base_yen < line.unit_yen
        summary = summary_view(case, result)
        assert summary.agrees, summary


def limited_case(limits, amount=1_000_000):
    key = {**BY_PEOPLE, "limits": limits}
    return run_of(small_case(amount, key=key, format="yui-apportionment/2"))


class TestVersionTwo:
    def test_says_in_which_round_a_limit_fixed_a_member(self):
        # The worked table of docs/algorithms: 甲 held at 400,000, then 丙 at 250,000, 乙 takes the rest.
        case, result = limited_case({"maximum_yen": 400_000, "members": {C: {"minimum_yen": 250_000}}})
        first, second, third = (statement_view(case, result, code).lines[0].limit for code in (A, B, C))
        assert (first.plain, first.held, first.round, first.exact) == (500_000, "maximum", 1, 400_000)
        assert (second.held, second.round, second.rounds, second.exact) == ("", 3, 3, 350_000)
        assert (third.held, third.round, third.exact) == ("minimum", 2, 250_000)
        assert "第1回に上限額で固定" in first.words[-1]
        assert "第2回に下限額で固定" in third.words[-1]

    def test_tells_no_member_what_one_other_pays(self):
        case, result = limited_case({"maximum_yen": 400_000})
        found = statement_view(case, result, B).lines[0].limit
        # 600,000 left would say that the one held pays 400,000, and what is left for the one other
        assert (found.left_yen, found.left_share, found.exact) == (None, None, 360_000)
        assert not [words for words in found.words if "600,000" in words]

    def test_explains_a_price_step_by_step(self):
        case = small_case(format="yui-apportionment/2")
        steps = [{"up_to": "30", "price_yen": 240_000}, {"price_yen": 480_000}]
        tariff = {"basis": "people", "steps": steps, "unit_yen": 100, "tax_rate": "10/100"}
        case["costs"] = [cost("c1", 10_000_000, {"tariff": tariff})]
        case["members"] = [{"code": code, "name": "x", "months": 9 if code == B else 12} for code in (A, B, C)]
        case, result = run_of(case)
        line = statement_view(case, result, B).lines[0]
        assert (line.how, line.share_yen, line.tariff.step) == ("料金表", 198_000, 1)
        assert (line.tariff.monthly_yen, line.tariff.rounded_yen, line.tariff.tax_yen) == (20_000, 180_000, 18_000)
        assert "9か月分で 180,000円" in line.tariff.words[2]
        view = summary_view(case, result)
        assert view.costs[0].charge == "料金表"
        assert view.prefecture.shares_yen == (10_000_000 - 528_000 - 198_000 - 264_000,)
        assert view.agrees

    def test_shows_a_surplus_as_the_prefectures(self):
        case = small_case(format="yui-apportionment/2")
        case["costs"] = [cost("c1", 1000, {"tariff": {"basis": "equal", "steps": [{"price_yen": 1200}]}})]
        view = summary_view(*run_of(case))
        assert view.prefecture.shares_yen == (-2600,)
        assert view.agrees


class TestStatementView:
    def test_explains_a_case_by_hand(self):
        case, result = run_of(small_case(1001))
        view = statement_view(case, result, B, last_year_yen=250)
        line = view.lines[0]
        assert (view.member_name, view.gross_yen, view.invoice_yen) == ("乙市", 300, 300)
        assert (line.net_yen, line.share, line.exact) == (1001, Fraction(3, 10), Fraction(3003, 10))
        assert (line.base_yen, line.extra_yen, line.share_yen) == (300, 0, 300)
        part = line.key.components[0]
        assert (part.value, part.total, part.weight, part.source) == (30, 100, 1, "例")
        assert view.last_year_yen == 250

    def test_tells_who_got_the_leftover_yen(self):
        case, result = run_of(small_case(1001))
        extras = {code: statement_view(case, result, code).lines[0].extra_yen for code in (A, B, C)}
        assert extras == {A: 1, B: 0, C: 0}

    def test_shows_months_factors_and_exclusion(self):
        case, result = run_of(sample_case())
        last = statement_view(case, result, codes(41)[-1])
        equal, people = last.keys[0].components
        assert last.member_name == LONG_NAME
        assert (people.months, people.factor, people.excluded) == (9, Fraction(1, 2), False)
        assert people.measure == people.value * Fraction(3, 8)
        assert (equal.basis_name, equal.measure) == ("均等", Fraction(3, 4))
        second = statement_view(case, result, codes(41)[1])
        assert [part.excluded for part in second.keys[0].components] == [False, True]

    def test_tells_host_fixed_and_unit_price_apart(self):
        case, result = run_of(sample_case())
        first = {key.id: key for key in statement_view(case, result, codes(41)[0]).keys}
        assert (first["k3"].is_host, first["k3"].share, first["k3"].components) == (True, Fraction(1, 2), ())
        assert (first["k5"].fixed, first["k5"].share) == (True, Fraction(3, 5))
        assert first["k4"].unit_price_decimals == 4
        other = {key.id: key for key in statement_view(case, result, codes(41)[2]).keys}
        assert "k5" not in other
        assert (other["k3"].is_host, other["k3"].share) == (False, Fraction(2, 159))

    def test_rounds_once_when_the_run_rounds_on_the_total(self):
        rounding = {"stage": "total", "unit_yen": 1, "remainder": "largest_remainder"}
        case, result = run_of(small_case(1001, 1002, rounding=rounding))
        view = statement_view(case, result, A)
        assert [line.share_yen for line in view.lines] == [None, None]
        assert view.total.exact == Fraction(2003, 2)
        assert (view.total.base_yen, view.total.extra_yen, view.total.share_yen) == (1001, 0, 1001)

    def test_shows_what_was_issued_before(self):
        case, result = run_of(small_case(1000, issued_yen={A: 600}))
        view = statement_view(case, result, A)
        assert (view.issued_yen, view.difference_yen, difference_word(view.difference_yen)) == (600, -100, "還付")

    def test_finds_a_tampered_result(self):
        case, result = run_of(small_case(1001))
        member = next(each for each in result["members"] if each["code"] == B)
        member["lines"][0]["exact"] = "301"
        assert not statement_view(case, result, B).agrees
        member["lines"][0]["exact"] = "3003/10"
        member["gross_yen"] += 1
        assert not statement_view(case, result, B).agrees
        assert not summary_view(case, result).agrees

    def test_refuses_a_stranger(self):
        case, result = run_of(small_case(1000))
        with pytest.raises(KeyError):
            statement_view(case, result, "131016")

    def test_never_holds_another_members_name_or_value(self):
        case = small_case(1000, 2000, rounding={"stage": "cost", "unit_yen": 1, "remainder": "named", "named": C})
        case["members"][0]["name"] = "CANARY町"
        case["bases"][0]["values"][C] = "987654321.123"
        case["costs"].append(cost("c9", 5, {"member": C}) | {"name": "CANARY経費"})
        document, result = run_of(case)
        own = json.dumps(asdict(statement_view(document, result, A)), default=str)
        assert "CANARY" not in own
        assert "987654321" not in own.replace(str(Fraction("987654321.123") + 80), "")


class TestSummaryView:
    def test_lays_members_costs_and_the_prefecture_out(self):
        case, result = run_of(sample_case())
        view = summary_view(case, result)
        assert view.agrees
        assert (len(view.rows), len(view.costs)) == (41, 7)
        assert view.prefecture.shares_yen[-1] == 1_200_000
        assert view.net_yen == view.cost_yen - view.revenue_yen
        assert [cost.charge for cost in view.costs][-2:] == ["個別負担", "県負担"]

    def test_keeps_what_nobody_bears_apart(self):
        rounding = {"stage": "cost", "unit_yen": 1, "remainder": "undistributed"}
        view = summary_view(*run_of(small_case(1001, rounding=rounding)))
        assert (view.undistributed.shares_yen, view.undistributed.gross_yen, view.agrees) == ((1,), 1, True)


class TestWording:
    @pytest.mark.parametrize(
        ("remainder", "says"),
        [
            ("largest_remainder", "最大剰余法"),
            ("smallest_up", "負担の小さい団体から"),
            ("largest_share", "負担の最も大きい団体"),
            ("named", "あらかじめ定めた団体(貴団体)"),
            ("prefecture", "県が負担"),
            ("undistributed", "配分しません"),
        ],
    )
    def test_says_who_takes_the_rest(self, remainder, says):
        words = rounding_words({"unit_yen": 1000, "remainder": remainder, "named": A}, A)
        assert words.startswith("1,000円未満を切り捨て、余りは")
        assert says in words

    def test_never_names_another_member(self):
        assert A not in rounding_words({"unit_yen": 1, "remainder": "named", "named": A}, B)

    def test_says_how_a_grant_is_made(self):
        grant = {"costs": "eligible", "tax": "excluded", "rate": "1/2", "rounding": {"unit_yen": 1000, "mode": "floor"},
                 "cap_yen": 30_000_000, "member_cap_yen": 500_000, "level": "member"}  # fmt: skip
        assert grant_words(grant).split("、") == [
            "補助対象経費(消費税を除く)の1/2",
            "1,000円未満切捨て",
            "上限 30,000,000円",
            "1団体の上限 500,000円",
            "団体ごとに計算",
        ]

    def test_writes_figures(self):
        assert fraction_text(Fraction(123, 15142)) == "123/15,142"
        assert decimal_text(Fraction(4224098765, 10000), 4) == "422,409.8765"
        assert decimal_text(Fraction(1, 3), 4) == "0.3333…"
        assert decimal_text(Fraction(-1, 3), 4) == "△0.3333…"
        assert decimal_text(Fraction(7), 4) == "7"
        assert decimal_text(Fraction(5, 2), 0) == "2…"
        assert unit_words({"unit_yen": 100, "mode": "half_up"}) == "100円未満四捨五入"

    @given(st.fractions(-(10**9), 10**9), st.integers(0, 6))
    def test_cut_figures_are_never_too_large_and_say_so(self, value, decimals):
        words = decimal_text(value, decimals)
        shown = Fraction(words.strip("△…").replace(",", ""))
        assert (words.endswith("…")) == (shown != abs(value))
        assert 0 <= abs(value) - shown < Fraction(1, 10**decimals)


def test_a_check_holds_when_both_sides_agree():
    assert Check("x", 1, 1).holds
    assert not Check("x", 1, 2).holds
