"""Limits of a key (下限額・上限額): typed, said in words, previewed, and frozen."""

from fractions import Fraction
from typing import Any

import pytest

from billing.keys.forms import Choices, key_input, key_values
from billing.keys.limits import limited_cost
from billing.keys.member_lines import Organisation
from billing.keys.rules import KeyView, definition_for_case
from billing.keys.wording import key_sentence, strangers
from billing.programs.rules import MemberView
from tenants.errors import Invalid
from tests.factories.browsers import Browser
from tests.factories.programs import found_cost
from tests.factories.worlds import World

MEMBERS = [MemberView(1, 2, "281000", "神戸市", 12, "1"), MemberView(2, 3, "283011", "猪名川町", 12, "1")]
NAMES = {one.code: one.name for one in MEMBERS}
CHOICES = Choices(MEMBERS, (7,), [Organisation(one.code, one.name) for one in MEMBERS])
TYPED = {
    "name": "人口割",
    "method": "components",
    "weight-1": "1",
    "basis-1": "7",
    "limit_minimum": "１００，０００",
    "limit_maximum": "5,000,000円",
    "limit_members": "神戸市\tなし\t9,000,000",
}


def definition(**changes: str) -> Any:
    return key_input({**TYPED, **changes}, CHOICES).definition


class TestLimitForm:
    def test_reads_general_limits_and_exceptions(self):
        assert definition()["limits"] == {
            "minimum_yen": 100_000,
            "maximum_yen": 5_000_000,
            "members": {"281000": {"minimum_yen": None, "maximum_yen": 9_000_000}},
        }

    def test_shows_again_what_it_read(self):
        view = KeyView(1, "人口割", definition(), 1)
        assert key_input(key_values(view, NAMES), CHOICES).definition == view.definition
        assert definition_for_case(view, [7])["limits"] == view.definition["limits"]

    def test_keeps_no_limits_where_all_is_blank(self):
        assert "limits" not in definition(limit_minimum="", limit_maximum="", limit_members="\n")

    def test_says_them_in_the_sentence_of_the_key(self):
        said = key_sentence(definition(), {7: "人口"}, NAMES)
        assert said == "人口割(1団体の下限100,000円・上限5,000,000円、1団体は別の額)"
        assert strangers(definition(), ["283011"]) == ["281000"]

    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"limit_minimum": "6,000,000"}, "limit_minimum"),
            ({"limit_maximum": "1.5"}, "limit_maximum"),
            ({"limit_maximum": "△1"}, "limit_maximum"),
            ({"limit_members": "神戸市\t5\t4"}, "limit_members"),
            ({"limit_members": "神戸市\t5"}, "limit_members"),
            ({"limit_members": "どこか\t5\t6"}, "limit_members"),
            ({"limit_members": "神戸市\t5\t6\n281000\t5\t6"}, "limit_members"),
            ({"unit_price_decimals": "2"}, "limit_minimum"),
        ],
    )
    def test_says_what_is_wrong_at_the_field(self, changes: dict[str, str], field: str):
        with pytest.raises(Invalid) as refused:
            definition(**changes)
        assert list(refused.value.fields) == [field]


class TestLimitedCost:
    def test_names_the_round_that_held_a_member(self):
        shares = [("a", "甲", "1/2"), ("b", "乙", "3/10"), ("c", "丙", "1/5")]
        limits = {"minimum_yen": None, "maximum_yen": 400_000,
                  "members": {"c": {"minimum_yen": 250_000, "maximum_yen": None}}}  # fmt: skip
        found = limited_cost("経費", 1_000_000, [(code, name, Fraction(part)) for code, name, part in shares], limits)
        assert [row.held for row in found.rows] == [400_000, 350_000, 250_000]
        assert [row.outcome for row in found.rows] == ["第1回で上限額に固定", "", "第2回で下限額に固定"]
        assert found.rounds == 3

    def test_says_that_there_is_no_room(self):
        limits = {"minimum_yen": 600, "maximum_yen": None, "members": {}}
        shares = [("a", "甲", Fraction(1, 2)), ("b", "乙", Fraction(1, 2))]
        assert "下限額の合計が経費を上回り" in limited_cost("経費", 1000, shares, limits).refused


class TestKeyPage:
    async def test_shows_what_the_limits_make_of_a_cost(self, finance: Browser, world: World, program: tuple[int, int]):
        program_id = program[0]
        exception = {"limit_minimum": "", "limit_maximum": "", "limit_members": "神戸市\tなし\t300,000"}
        fields = {**TYPED, "basis-1": "equal", **exception}
        answer = await finance.post(f"/programs/{program_id}/keys", fields)
        assert answer.status_code == 303, answer.text
        here = answer.headers["location"].split("?")[0]
        await found_cost(world, program_id, "解析", 1_000_000, charge_kind="key", key_id=int(here.rsplit("/", 1)[1]))
        page = await finance.get(here)
        for words in ("1団体は下限・上限あり", "第1回で上限額に固定", "700,000円"):
            assert words in page.text
        assert "300,000" in (await finance.get(f"{here}/edit")).text
