"""Who bears what when members leave: months, fixed shares, hosts; and the differences of two cases in words."""

import json
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.apportionment.calculation import apportion
from billing.apportionment.case import parse_case
from billing.apportionment.result import result_json
from billing.programs.rules import MemberView
from billing.years.changes.rules import ProgramChanges, changes
from billing.years.last_year.rules import last_year
from billing.years.leaving.rules import (
    BearerLeft,
    HostLeaves,
    charged_leavers,
    charged_words,
    check_bearer_stays,
    key_without_leavers,
    months_until,
    values_with_leavers,
    year_members,
)

KOBE, INAGAWA, KAMIKAWA = (
    MemberView(1, 11, "281000", "神戸市", 12, "1"),
    MemberView(2, 12, "283011", "猪名川町", 12, "1"),
    MemberView(3, 13, "284467", "神河町", 12, "1"),
)
SEPTEMBER = date(2026, 9, 30)


class TestMonthsUntil:
    @pytest.mark.parametrize(
        ("left_on", "months", "counted"),
        [
            (date(2026, 3, 31), 12, 0),
            (date(2026, 4, 1), 12, 1),
            (SEPTEMBER, 12, 6),
            (date(2026, 10, 1), 12, 7),
            (date(2027, 3, 31), 12, 12),
            (date(2026, 10, 31), 9, 4),
            (date(2026, 5, 31), 9, 0),
            (date(2027, 4, 1), 9, 9),
        ],
    )
    def test_counts_the_month_of_leaving_in_full(self, left_on: date, months: int, counted: int):
        assert months_until(left_on, 2026, months) == counted

    @given(st.integers(0, 12), st.integers(-40, 420), st.integers(0, 40))
    def test_never_counts_more_than_there_were_nor_less_for_leaving_later(self, months: int, first: int, later: int):
        start = date(2026, 4, 1)
        one = months_until(start + timedelta(days=first), 2026, months)
        other = months_until(start + timedelta(days=first + later), 2026, months)
        assert 0 <= one <= other <= months


class TestYearMembers:
    def test_follows_the_rule_of_the_program(self):
        left = {12: SEPTEMBER}
        whole = year_members([KOBE, INAGAWA], [], left, "full_year", 2026)
        cut = year_members([KOBE, INAGAWA], [KAMIKAWA], left, "renormalise", 2026)
        assert [(one.view.months, one.part) for one in whole] == [(12, 1), (12, 1)]
        assert [(one.view.code, one.view.months, one.part, one.stays) for one in cut] == [
            ("281000", 12, 1, True),
            ("283011", 6, Fraction(1, 2), True),
            ("284467", 0, 0, False),
        ]


MEMBERS = year_members([KOBE, INAGAWA], [KAMIKAWA], {12: SEPTEMBER}, "renormalise", 2026)


class TestKeyWithoutLeavers:
    def test_cuts_fixed_shares_and_divides_by_what_is_left(self):
        fixed = {"281000": "1/2", "283011": "1/3", "284467": "1/6"}
        assert key_without_leavers({"name": "固定", "fixed": fixed}, MEMBERS)["fixed"] == {
            "281000": "3/4",
            "283011": "1/4",
        }

    @given(st.lists(st.fractions(0, 1, max_denominator=50), min_size=3, max_size=3).filter(lambda one: one[0] > 0))
    def test_always_adds_up_to_one(self, shares: list[Fraction]):
        whole = sum(shares)
        fixed = {code: str(share / whole) for code, share in zip(("281000", "283011", "284467"), shares, strict=True)}
        left = key_without_leavers({"name": "固定", "fixed": fixed}, MEMBERS)["fixed"]
        assert sum(Fraction(share) for share in left.values()) == 1

    def test_leaves_everything_else_as_it_is(self):
        key = {"name": "人口", "components": [{"weight": "1", "basis": "b1"}]}
        assert key_without_leavers(key, MEMBERS) == key

    def test_refuses_a_host_that_left(self):
        with pytest.raises(HostLeaves, match="猪名川町"):
            key_without_leavers({"name": "所在地", "host": {"code": "283011", "share": "1/2"}}, MEMBERS)


class TestOthers:
    def test_refuse_that_nobody_takes_what_is_left_over(self):
        check_bearer_stays(12, MEMBERS)
        check_bearer_stays(None, MEMBERS)
        with pytest.raises(BearerLeft, match="神河町"):
            check_bearer_stays(13, MEMBERS)

    def test_ask_no_value_of_who_is_no_member_any_more(self):
        values = {"281000": "5", "289999": "7"}
        assert values_with_leavers(values, MEMBERS) == {"281000": "5", "284467": "0"}


def _case(**changed: object) -> dict[str, object]:
    case: dict[str, object] = {
        "title": "共同調査",
        "fiscal_year": 2026,
        "members": [
            {"code": "281000", "name": "神戸市", "months": 12, "factor": "1"},
            {"code": "283011", "name": "猪名川町", "months": 12, "factor": "1"},
        ],
        "bases": [
            {"id": "b1", "name": "人口", "unit": "人", "as_of": "2020-10-01", "source": "国勢調査",
             "values": {"281000": "1000", "283011": "310"}}
        ],
        "keys": [{"id": "k1", "name": "人口割"}],
        "costs": [
            {"id": "c1", "name": "解析", "amount_yen": 100, "revenue_yen": 0, "charge": {"key": "k1"}, "eligible": True,
             "tax_rate": "1/10"}
        ],
        "grants": [{"id": "g1", "name": "交付金"}, {"id": "g2", "name": "補助金"}],
        "rounding": {}, "national_ceiling": "1/2", "invoice": {}, "instalments": {},
    }  # fmt: skip
    return {**case, **changed}


class TestChanges:
    def test_of_equal_cases_are_none(self):
        assert changes(_case(), _case(issued_yen={"281000": 5})) == ()

    def test_name_what_moved_and_where(self):
        before, now = _case(), _case()
        now["members"] = [{"code": "281000", "name": "神戸市", "months": 6, "factor": "1/2"}]
        now["bases"] = [{**before["bases"][0], "values": {"281000": "1310"}}]  # type: ignore[index]
        now["costs"] = [
            {**before["costs"][0], "amount_yen": 2_000_100, "charge": {"prefecture": True}},  # type: ignore[index]
            {"id": "c2", "name": "追加", "charge": {"key": "k1"}},
        ]
        now["grants"] = list(reversed(before["grants"]))  # type: ignore[call-overload]
        now["invoice"] = {"unit_yen": 1000}
        now["fiscal_year"] = 2027
        assert [(one.words, one.path) for one in changes(before, now)] == [
            ("神戸市の月数 12か月→6か月(退会)", "/departures"),
            ("神戸市の係数 1→1/2", "/members"),
            ("猪名川町が構成団体でなくなった", "/members"),
            ("経費「追加」を追加", "/costs"),
            ("経費「解析」の額 +2,000,000円", "/costs"),
            ("経費「解析」の負担のしかたを変更", "/costs"),
            ("按分基準「人口」の値(神戸市 +310人)", "/bases"),
            ("負担金の端数を変更", "/edit"),
            ("年度を変更", "/edit"),
            ("交付金の順を変更", "/grants"),
        ]

    def test_forget_who_was_paid_back_already(self):
        before = _case(members=[{"code": "283011", "name": "猪名川町", "months": 0, "factor": "1"}])
        assert changes(before, _case(members=[])) == ()

    def test_fit_into_the_reason_of_a_run(self):
        costs = [
            {"id": f"c1{place}", "name": f"{'長い名前の経費' * 5}{place}", "charge": {"key": "k1"}}
            for place in range(40)
        ]
        found = ProgramChanges(None, changes(_case(), _case(costs=costs)))
        assert len(found.reason(published=False)) == 500
        assert not found.proposes

    def test_tell_no_member_anothers_figure_in_the_reason(self):
        """The reason stands on every statement; a value, a weight or a cost of one's own is told to nobody else."""
        before, now = _case(), _case()
        alone = {**before["costs"][0], "id": "c8", "name": "神戸市だけの工事", "charge": {"member": "281000"}}  # type: ignore[index]
        before["costs"] = [*before["costs"], alone]  # type: ignore[misc]
        now["members"] = [{**now["members"][0], "factor": "3/4"}, now["members"][1]]  # type: ignore[index]
        now["bases"] = [{**before["bases"][0], "values": {"281000": "1000", "283011": "987"}}]  # type: ignore[index]
        now["costs"] = [
            {**now["costs"][0], "amount_yen": 300},  # type: ignore[index]
            {**alone, "amount_yen": 10_100},
            {**alone, "id": "c9"},
        ]
        found = ProgramChanges(None, changes(before, now))
        assert found.reason(published=False) == (
            "構成団体の係数を変更。一つの団体だけが負担する経費を変更。経費「解析」の額 +200円。"
            "按分基準「人口」の値(1団体)"
        )
        told = found.reason(published=True)
        for secret in ("神戸市の係数 1→3/4", "神戸市だけの工事", "+10,000円", "猪名川町 +677人"):
            assert secret in told


class TestLastYear:
    def test_says_what_the_difference_consists_of(self):
        def result(yen: int, grant: int) -> dict[str, object]:
            lines = [{"cost": before["costs"][0]["id"]}]  # type: ignore[index]
            return {"members": [{"code": "283011", "invoice_yen": yen, "grants": {"g1": grant}, "lines": lines}]}

        before, now = _case(), _case()
        now["bases"] = [{**before["bases"][0], "values": {"281000": "1000", "283011": "0"}}]  # type: ignore[index]
        now["costs"] = [{**before["costs"][0], "amount_yen": 2_000_100}]  # type: ignore[index]
        found = last_year((before, result(100, 10)), (now, result(12_500, 5)), "283011", "R7-1-2")
        assert (found.yen, found.document_number) == (100, "R7-1-2")
        assert found.parts == ("人口 −310人", "経費 +2,000,000円", "交付金 −5円")
        assert last_year((before, {"members": []}), (now, result(1, 0)), "283011", "R7-1-2").yen is None

    def test_says_nothing_of_a_cost_that_another_member_bears_alone(self):
        own = {"code": "283011", "invoice_yen": 1, "grants": {}, "lines": [{"cost": "c1"}]}
        shared, alone = ({"id": name, "amount_yen": 100, "charge": {}} for name in ("c1", "c2"))
        before, now = _case(costs=[shared, alone]), _case(costs=[shared, {**alone, "amount_yen": 4_567}])
        found = last_year((before, {"members": [own]}), (now, {"members": [own]}), "283011", "R7-1-2")
        assert found.parts == ()


def _unit_price(remainder: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """101 yen at 33 a head: 99 is borne, and of the two yen left over one is given in turn to the member that left."""
    members = [{"code": one.code, "name": one.name, "months": months} for one, months in ((KOBE, 12), (INAGAWA, 0))]
    basis = {"id": "b1", "name": "人口", "unit": "人", "as_of": "2020-10-01", "source": "s"}
    key = {"id": "k1", "name": "単価", "unit_price_decimals": 0, "components": [{"weight": "1", "basis": "b1"}]}
    case = {
        "format": "yui-apportionment/1",
        "fiscal_year": 2026,
        "title": "試験",
        "members": members,
        "bases": [{**basis, "values": {"281000": "3", "283011": "5"}}],
        "keys": [key],
        "costs": [{"id": "c1", "name": "調査", "amount_yen": 101, "charge": {"key": "k1"}}],
        "rounding": {"remainder": remainder},
        "grants": [],
    }
    return case, json.loads(result_json(apportion(parse_case(json.dumps(case)))))


class TestChargedLeavers:
    def test_names_who_left_and_is_given_what_a_truncated_price_leaves_over(self):
        charged = charged_leavers(*_unit_price("largest_remainder"))
        assert charged == [("猪名川町", 1)]
        assert "参加月数が0の猪名川町に1円" in charged_words(charged)

    @pytest.mark.parametrize("remainder", ["smallest_up", "prefecture", "undistributed", "largest_share"])
    def test_finds_nobody_where_the_rule_gives_only_to_who_bears(self, remainder: str):
        assert charged_leavers(*_unit_price(remainder)) == []
