"""Grants as people type them: every rule at its field, the national ceiling, nothing lost on the way to a case."""

from dataclasses import asdict
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.apportionment.case import parse_case
from billing.costs.rules import CostView
from billing.grants.forms import NEW_GRANT, grant_input, grant_values
from billing.grants.rules import (
    FUNDERS,
    LEVELS,
    TAXES,
    GrantInput,
    GrantView,
    ceiling_faults,
    ceiling_message,
    grant_for_case,
)
from billing.money import MAX_YEN, exact_text
from billing.programs.rules import ROUNDING_MODES
from tenants.errors import Invalid
from tenants.web.form_data import FormData


def cost(number: int, name: str, *, eligible: bool = True) -> CostView:
    return CostView(
        number, name, 1000, 0, "10/100", eligible, "prefecture", None, None, "page", str(number), 1, "", "", True
    )


COSTS = [cost(1, "画像解析"), cost(2, "現地確認"), cost(3, "事務局経費", eligible=False)]


def read(**typed: str | list[str]) -> GrantInput:
    fields: dict[str, Any] = {**NEW_GRANT, "name": "交付金", "rate": "1/2", **typed}
    return grant_input(
        FormData({name: text if isinstance(text, list) else [text] for name, text in fields.items()}), COSTS
    )


def grant(**changes: Any) -> GrantInput:
    return GrantInput(**{**asdict(read()), **changes})


class TestGrantInput:
    def test_starts_from_the_defaults_of_the_case_format(self):
        assert read() == GrantInput("交付金", "national", "1/2", None, None, None, "included", "program", 1, "floor")

    def test_reads_full_width_amounts_and_percentages(self):
        read_in = read(rate="５０％", cap_yen="１，０００，０００円", rounding_unit_yen="1,000円")
        assert (read_in.rate, read_in.cap_yen, read_in.rounding_unit_yen) == ("1/2", 1_000_000, 1000)

    def test_lists_the_costs_that_are_ticked(self):
        assert read(counted="listed", cost_ids=["2", "1"]).cost_ids == (1, 2)

    def test_forgets_ticks_when_all_eligible_costs_count(self):
        assert read(counted="eligible", cost_ids=["3", "99"]).cost_ids is None

    @pytest.mark.parametrize(
        ("typed", "field", "code"),
        [
            ({"name": ""}, "name", "required"),
            ({"name": "あ" * 101}, "name", "too-long"),
            ({"name": "交付\u2028金"}, "name", "bad-text"),
            ({"funder": "国"}, "funder", "required"),
            ({"rate": ""}, "rate", "bad-fraction"),
            ({"rate": "0"}, "rate", "bad-fraction"),
            ({"rate": "3/2"}, "rate", "bad-fraction"),
            ({"rate": "半分"}, "rate", "bad-fraction"),
            ({"cap_yen": "-1"}, "cap_yen", "yen-out-of-range"),
            ({"cap_yen": "1.5"}, "cap_yen", "yen-decimal"),
            ({"cap_yen": "9" * 20}, "cap_yen", "yen-out-of-range"),
            ({"level": "member", "member_cap_yen": "たくさん"}, "member_cap_yen", "bad-yen"),
            ({"member_cap_yen": "1000"}, "member_cap_yen", "member-cap-level"),
            ({"level": "団体"}, "level", "required"),
            ({"tax": ""}, "tax", "required"),
            ({"rounding_unit_yen": "0"}, "rounding_unit_yen", "bad-unit"),
            ({"rounding_unit_yen": ""}, "rounding_unit_yen", "blank-yen"),
            ({"rounding_mode": "up"}, "rounding_mode", "required"),
            ({"counted": ""}, "counted", "required"),
            ({"counted": "listed"}, "cost_ids", "required"),
            ({"counted": "listed", "cost_ids": ["1", "3"]}, "cost_ids", "not-eligible"),
            ({"counted": "listed", "cost_ids": ["99"]}, "cost_ids", "unknown-cost"),
        ],
    )
    def test_refuses_at_the_field_with_a_stable_code(self, typed: dict[str, Any], field: str, code: str):
        with pytest.raises(Invalid) as caught:
            read(**typed)
        assert field in caught.value.fields
        assert caught.value.code == code


class TestCeiling:
    def test_adds_national_rates_cost_by_cost(self):
        grants = [
            grant(name="甲", rate="1/3"),
            grant(name="乙", rate="1/4", cost_ids=(2,)),
            grant(name="丙", rate="1", funder="prefecture"),
        ]
        (fault,) = ceiling_faults(grants, COSTS, Fraction(1, 2))
        assert (fault.cost_name, fault.grant_names, fault.total) == ("現地確認", ("甲", "乙"), Fraction(7, 12))
        assert ceiling_faults(grants, COSTS, Fraction(7, 12)) == []

    def test_names_costs_and_grants_in_one_sentence(self):
        faults = ceiling_faults([grant(name="甲", rate="1/2"), grant(name="乙", rate="1/5")], COSTS, Fraction(1, 2))
        assert ceiling_message(faults, Fraction(1, 2)) == (
            "経費「画像解析」「現地確認」に対する国の交付金「甲」「乙」の率の合計 7/10 が、"
            "この事業の国費の上限 1/2 を超えます。"
        )


yen = st.integers(0, MAX_YEN)


@st.composite
def grants(draw: st.DrawFn) -> GrantInput:
    level = draw(st.sampled_from(sorted(LEVELS)))
    rate = draw(st.fractions(min_value=Fraction(1, 10_000), max_value=1, max_denominator=10_000))
    return GrantInput(
        name="交付金",
        funder=draw(st.sampled_from(sorted(FUNDERS))),
        rate=exact_text(rate),
        cap_yen=draw(st.none() | yen),
        member_cap_yen=draw(st.none() | yen) if level == "member" else None,
        cost_ids=draw(st.sampled_from([None, (1,), (2,), (1, 2)])),
        tax=draw(st.sampled_from(sorted(TAXES))),
        level=level,
        rounding_unit_yen=draw(st.integers(1, MAX_YEN)),
        rounding_mode=draw(st.sampled_from(sorted(ROUNDING_MODES))),
    )


class TestGrants:
    @given(grants())
    def test_lose_nothing_through_the_form_and_are_accepted_as_part_of_a_case(self, one: GrantInput):
        values = grant_values(one)
        fields = {**{name: [text] for name, text in values.fields.items()}, "cost_ids": sorted(values.cost_ids)}
        assert grant_input(FormData(fields), COSTS) == one
        view = GrantView(**asdict(one), id=5, position=1, version=1)
        case = parse_case(
            {
                "format": "yui-apportionment/1",
                "fiscal_year": 2026,
                "title": "試験",
                "members": [{"code": "281000", "name": "神戸市"}],
                "bases": [],
                "keys": [],
                "costs": [
                    {
                        "id": f"c{each.id}",
                        "name": each.name,
                        "amount_yen": each.amount_yen,
                        "eligible": each.eligible,
                        "charge": {"prefecture": True},
                    }
                    for each in COSTS
                ],
                "grants": [grant_for_case(view, [each.id for each in COSTS])],
                "national_ceiling": "1",
            }
        )
        (read_back,) = case.grants
        assert (read_back.funder, read_back.rate) == (one.funder, Fraction(one.rate))
        assert (read_back.cap_yen, read_back.member_cap_yen) == (one.cap_yen, one.member_cap_yen)
        assert read_back.costs == (None if one.cost_ids is None else tuple(f"c{each}" for each in one.cost_ids))

    def test_leave_out_listed_costs_that_are_gone(self):
        view = GrantView(**asdict(grant(cost_ids=(1, 9))), id=5, position=1, version=1)
        assert grant_for_case(view, [1, 2])["costs"] == ["c1"]
