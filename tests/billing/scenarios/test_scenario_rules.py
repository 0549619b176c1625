"""Scenarios without a database: a copy gives the same result, differences are told, comparison and chart add up."""

import json
import random
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.apportionment.calculation import apportion
from billing.apportionment.case import CaseRefused, Problem, canonical_json, parse_case
from billing.apportionment.result import result_document
from billing.scenarios.cases import complete, new_id, used_bases, with_member, without_member, written
from billing.scenarios.comparison.chart import chart_of
from billing.scenarios.comparison.rules import Side, compare, signed_percent
from billing.scenarios.differences import differences
from billing.scenarios.editing.fields import field_of
from billing.scenarios.editing.rosters import Draft
from billing.scenarios.editing.settings import PARTS, read_part
from billing.scenarios.rules import computed, part_of
from tenants.errors import Invalid
from tenants.web.form_data import FormData
from tests.billing.apportionment.random_cases import random_case
from tests.billing.apportionment.random_version_two import random_case_2


def figures(case: dict[str, Any]) -> dict[str, Any]:
    """The result without the hash of its input: a repeated rounding is another spelling of the same case."""
    return {
        name: value for name, value in result_document(apportion(parse_case(case))).items() if name != "input_sha256"
    }


def calculable(seed: int, *, newer: bool) -> dict[str, Any] | None:
    """A random case that can be calculated, as a run freezes it, or None."""
    case = (random_case_2 if newer else random_case)(random.Random(seed))  # noqa: S311  (test data)
    try:
        parsed = parse_case(case)
        apportion(parsed)
    except CaseRefused:
        return None
    return json.loads(canonical_json(parsed))


SMALL: dict[str, Any] = complete(
    {
        "format": "yui-apportionment/1",
        "fiscal_year": 2026,
        "title": "共同調査",
        "members": [{"code": "A", "name": "甲市"}, {"code": "B", "name": "乙町", "months": 9}],
        "bases": [
            {
                "id": "b1",
                "name": "人口",
                "unit": "人",
                "as_of": "2020-10-01",
                "source": "国勢調査",
                "values": {"A": "30000", "B": "10000"},
            }
        ],
        "keys": [
            {"id": "k1", "name": "人口割", "components": [{"weight": "1", "basis": "b1", "factors": {"B": "1/2"}}]}
        ],
        "costs": [
            {"id": "c1", "name": "解析", "amount_yen": 1000, "eligible": True, "charge": {"key": "k1"}},
            {"id": "c2", "name": "個別", "amount_yen": 500, "charge": {"member": "A"}},
        ],
        "grants": [{"id": "g1", "name": "交付金", "rate": "1/2"}],
        "issued_yen": {"A": 10},
    }
)


def form_of(part: str, case: dict[str, Any], **typed: Any) -> FormData:
    """The form of a part as it stands, with some fields typed; a box that is not ticked is not sent."""
    sent: dict[str, list[str]] = {}
    boxes = (".eligible", ".removed", ".adopted", ".renormalise")
    for name, value in (PARTS[part].values(Draft(case, case)) | typed).items():
        if not isinstance(value, str):
            sent[name] = list(value)
        elif value or not name.endswith(boxes):
            sent[name] = [value]
    return FormData(sent)


class TestCopies:
    @given(st.integers(0, 10**9), st.booleans())
    @settings(max_examples=60, deadline=None)
    def test_give_the_same_figures_and_differ_in_nothing(self, seed: int, newer: bool):
        case = calculable(seed, newer=newer)
        if case is None:
            return
        copied = complete(case)
        assert figures(copied) == figures(case)
        assert complete(json.loads(written(copied))) == copied
        assert differences(copied, complete(case)) == []

    @given(st.integers(0, 10**9), st.booleans(), st.sampled_from(sorted(PARTS)))
    @settings(max_examples=120, deadline=None)
    def test_stay_the_same_when_every_form_is_sent_back_untouched(self, seed: int, newer: bool, part: str):
        case = calculable(seed, newer=newer)
        if case is None:
            return
        copied = complete(case)
        again = read_part(part, Draft(copied, copied), form_of(part, copied))
        assert figures(again) == figures(copied)
        assert differences(copied, again) == []

    def test_drop_the_rounding_a_frozen_case_repeats_at_every_cost(self):
        frozen = complete(json.loads(canonical_json(parse_case(SMALL))))
        assert all("rounding" not in one for one in frozen["costs"])
        changed = read_part(
            "settings", Draft(frozen, frozen), form_of("settings", frozen, **{"rounding.unit_yen": "100"})
        )
        (first, _) = result_document(apportion(parse_case(changed)))["members"]
        assert {one["share_yen"] % 100 for one in first["lines"]} == {0}


class TestMembers:
    def test_leave_with_their_measures_and_come_back_with_them(self):
        left = without_member(SMALL, "B")
        assert [one["code"] for one in left["members"]] == ["A"]
        assert left["bases"][0]["values"] == {"A": "30000"}
        assert left["keys"][0]["components"][0]["factors"] == {}
        assert computed(left).result is not None
        back = with_member(left, SMALL, "B", "乙町")
        assert back["bases"] == SMALL["bases"]
        assert back["keys"] == SMALL["keys"]

    def test_that_were_notified_an_amount_stay_for_its_refund(self):
        notified = {**SMALL, "issued_yen": {"B": 100}}
        form = form_of("members", notified, takes_part=("A",))
        left = read_part("members", Draft(notified, notified), form)
        result = computed(left).result
        assert result
        assert [(one["invoice_yen"], one["difference_yen"]) for one in result["members"]][1] == (0, -100)
        again = read_part("members", Draft(left, notified), form_of("members", left))
        assert again == left
        back = read_part("members", Draft(left, notified), form_of("members", left, takes_part=("A", "B")))
        assert back["members"] == notified["members"]

    def test_that_bear_something_alone_do_not_leave_unseen(self):
        form = form_of("members", SMALL, takes_part=("B",))
        with pytest.raises(Invalid, match="確かめ") as refused:
            read_part("members", Draft(SMALL, SMALL), form)
        assert "経費「個別」の個別負担" in refused.value.fields["takes_part-A"]

    def test_that_bear_a_cost_leave_a_problem_at_that_cost(self):
        answered = computed(without_member(SMALL, "A"))
        assert answered.result is None
        assert answered.unreadable
        assert {part_of(one.pointer) for one in answered.problems} == {"costs"}


class TestFields:
    @pytest.mark.parametrize(
        ("pointer", "code", "field"),
        [
            ("/costs/0/amount_yen", "out-of-range", "costs.c1.amount_yen"),
            ("/costs/1", "negative-net", "costs.c2.revenue_yen"),
            ("/costs/1/charge/member", "unknown-member", "costs.c2.charge"),
            ("/keys/0/components/0/weight", "bad-fraction", "keys.k1.components.0.weight"),
            ("/keys/0/components", "weights-not-one", "keys.k1.components.0.weight"),
            ("/keys/0/components/0/factors/B", "unknown-member", "keys.k1.components.0.members"),
            ("/keys/0/limits/maximum_yen", "out-of-range", "keys.k1.limits.maximum_yen"),
            ("/members/1/months", "out-of-range", "members.B.months"),
            ("/bases/0/values/B", "missing-basis-value", "bases.b1.values.B"),
            ("/rounding/named", "missing-field", "rounding.named"),
            ("/members", "no-members", ""),
            ("/costs", "too-large", ""),
            ("", "too-many-problems", ""),
        ],
    )
    def test_are_found_from_the_place_of_a_problem(self, pointer: str, code: str, field: str):
        fields = {name: None for part in PARTS.values() for name in part.values(Draft(SMALL, SMALL))}
        assert field_of(Problem(pointer, "", code), SMALL, fields) == field

    def test_keep_everything_readable_and_name_every_wrong_one(self):
        typed = {"costs.c1.amount_yen": "千円", "costs.c2.revenue_yen": "-1", "costs.c1.name": ""}
        with pytest.raises(Invalid) as refused:
            read_part("costs", Draft(SMALL, SMALL), form_of("costs", SMALL, **typed))
        assert set(refused.value.fields) == set(typed)

    def test_add_what_the_empty_block_names(self):
        new = {"costs.new1.name": "追加", "costs.new1.amount_yen": "2,000", "costs.new1.charge": "prefecture"}
        case = read_part("costs", Draft(SMALL, SMALL), form_of("costs", SMALL, **new))
        assert [one["id"] for one in case["costs"]] == ["c1", "c2", "new1"]
        assert new_id(case["costs"]) == "new2"
        key = {
            "keys.new1.name": "均等割",
            "keys.new1.components.0.weight": "1",
            "keys.new1.components.0.basis": "equal",
        }
        split = read_part("keys", Draft(case, SMALL), form_of("keys", case, **key))
        charged = {**split, "costs": [{**one, "charge": {"key": "new1"}} for one in split["costs"]]}
        assert used_bases(charged) == {"b1"}
        assert computed(charged).result is not None


class TestDifferences:
    def test_tell_what_a_person_changed_and_no_more(self):
        typed = {"costs.c1.amount_yen": "2,000"}
        case = read_part("costs", Draft(SMALL, SMALL), form_of("costs", SMALL, **typed))
        (change,) = differences(SMALL, case)
        assert (change.full_label, change.before, change.after) == ("経費 「解析」 金額", "1,000円", "2,000円")
        left_out = form_of("grants", case, **{"grants.g1.adopted": ""})
        without = read_part("grants", Draft(case, SMALL), left_out)
        (_, grant) = differences(SMALL, without)
        assert (grant.before, grant.after) == ("採択(率 1/2)", "(なし)")

    def test_do_not_tell_twice_that_a_member_left(self):
        assert [one.full_label for one in differences(SMALL, without_member(SMALL, "B"))] == ["構成団体 乙町"]

    def test_see_another_order_of_grants(self):
        two = {
            **SMALL,
            "grants": [*SMALL["grants"], {**SMALL["grants"][0], "id": "g2", "name": "県補助", "funder": "other"}],
        }
        (change,) = differences(two, {**two, "grants": two["grants"][::-1]})
        assert change.label == "計算の順番"

    @given(st.integers(0, 10**9), st.booleans(), st.data())
    @settings(max_examples=60, deadline=None)
    def test_are_told_exactly_where_something_was_changed(self, seed: int, newer: bool, data: st.DataObject):
        frozen = calculable(seed, newer=newer)
        if frozen is None:
            return
        case = complete(frozen)
        part, name, value = data.draw(
            st.sampled_from([("costs", "amount_yen", 12_345_678), ("members", "months", 3), ("grants", "rate", "1/7")])
        )
        if not case[part]:
            return
        place = data.draw(st.integers(0, len(case[part]) - 1))
        entries = [{**one, name: value} if at == place else one for at, one in enumerate(case[part])]
        told = differences(case, {**case, part: entries})
        entry = case[part][place]
        assert [(one.part, one.entry_id) for one in told] == (
            [] if entry[name] == value else [(part, entry.get("id", entry.get("code")))]
        )


class TestComparison:
    def test_counts_who_is_absent_as_paying_nothing(self):
        base, less = computed(SMALL).result, computed(without_member(SMALL, "B")).result
        shown = compare([Side("いま", "/", base), Side("試算", "/", less), Side("壊れた試算", "/", None)])
        (town,) = [one for one in shown.rows if one.code == "B"]
        paid = town.figures[0].yen
        assert paid
        assert (town.figures[1].yen, town.figures[1].difference_yen, town.figures[1].rate) == (
            None,
            -paid,
            Fraction(-1),
        )
        assert town.figures[2].difference_yen is None
        assert shown.total.figures[1].difference_yen == sum(one.figures[1].difference_yen or 0 for one in shown.rows)

    def test_draws_a_bar_for_every_amount_within_the_width(self):
        result = computed(SMALL).result
        chart = chart_of(compare([Side("いま", "/", result), Side("試算", "/", result)]))
        assert [len(group.bars) for group in chart.groups] == [2, 2]
        tops = [bar.top for group in chart.groups for bar in group.bars]
        assert tops == sorted(tops)
        assert max(tops) + chart.thickness < chart.height
        widths = [float(bar.width.removesuffix("%")) for group in chart.groups for bar in group.bars]
        assert max(widths) == 44
        nothing = chart_of(compare([Side("いま", "/", None)]))
        assert (nothing.groups, nothing.height) == ((), 0)

    @pytest.mark.parametrize(
        ("rate", "shown"),
        [
            (Fraction(32, 1000), "+3.2%"),
            (Fraction(-1, 100), "△1.0%"),
            (Fraction(1, 2000), "+0.1%"),
            (Fraction(-1, 10_000), "0.0%"),
            (Fraction(12), "+1,200.0%"),
        ],
    )
    def test_writes_rates_to_one_decimal(self, rate: Fraction, shown: str):
        assert signed_percent(rate) == shown
