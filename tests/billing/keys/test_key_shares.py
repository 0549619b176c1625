"""A key in words, and what it gives every member."""

from fractions import Fraction
from typing import Any

import pytest

from billing.keys.preview import missing_values, shares_preview
from billing.keys.wording import key_sentence, strangers
from billing.programs.rules import MemberView
from tenants.errors import Invalid

MEMBERS = [
    MemberView(1, 1, "281000", "神戸市", 12, "1"),
    MemberView(2, 2, "283011", "猪名川町", 6, "1"),
    MemberView(3, 3, "284467", "神河町", 12, "1/2"),
]
VALUES = {11: {"281000": "300", "283011": "100", "284467": "100"}, 12: {"281000": "1"}}
EQUAL: dict[str, Any] = {"weight": "1", "basis": "equal"}


def sentence(definition: dict[str, Any]) -> str:
    return key_sentence(definition, {11: "人口", 12: "均等割額"}, {one.code: one.name for one in MEMBERS})


class TestKeySentence:
    @pytest.mark.parametrize(
        ("definition", "said"),
        [
            ({"components": [EQUAL]}, "均等割"),
            (
                {"components": [{"weight": "3/10", "basis": "equal"}, {"weight": "7/10", "basis": 11}]},
                "均等割3割・人口割7割",
            ),
            (
                {"components": [{"weight": "1/20", "basis": "equal"}, {"weight": "19/20", "basis": 11}]},
                "均等割5%・人口割95%",
            ),
            (
                {"components": [{"weight": "1/3", "basis": "equal"}, {"weight": "2/3", "basis": 11}]},
                "均等割1/3・人口割2/3",
            ),
            ({"components": [EQUAL], "host": {"code": "281000", "share": "1/2"}}, "所在地(神戸市)5割・残りを均等"),
            (
                {"components": [{"weight": "1", "basis": 11}], "unit_price_decimals": 4},
                "人口の単価方式(単価は小数4桁)",
            ),
            (
                {"components": [{"weight": "1", "basis": 11, "factors": {"281000": "1/2"}, "exclude": ["283011"]}]},
                "人口割(1団体に重み、1団体を除外)",
            ),
            ({"components": [{"weight": "1", "basis": 99}]}, "(なくなった按分基準)割"),
            ({"fixed": {"281000": "3/5", "283011": "2/5"}, "renormalise": False}, "固定割合(2団体)"),
            (
                {"fixed": {"281000": "3/5", "282014": "2/5"}, "renormalise": True},
                "固定割合(2団体、参加団体だけで按分)",
            ),
        ],
    )
    def test_says_it_as_ordinances_do(self, definition: dict[str, Any], said: str):
        assert sentence(definition) == said


class TestSharesPreview:
    def test_measures_with_months_and_weights_and_adds_to_one(self):
        definition = {
            "components": [
                {"weight": "3/10", "basis": "equal"},
                {"weight": "7/10", "basis": 11, "factors": {"281000": "1/3"}, "exclude": ["284467"]},
            ]
        }
        preview = shares_preview(definition, MEMBERS, VALUES)
        assert preview.sums == (2, 150)
        assert [part.measure for part in preview.rows[0].components] == [1, 100]
        assert preview.rows[2].components[1].share == 0
        assert preview.rows[0].share == Fraction(3, 10) / 2 + Fraction(7, 10) * Fraction(100, 150)
        assert preview.total == 1

    def test_gives_the_host_its_share_and_divides_the_rest_among_the_others(self):
        definition = {"components": [EQUAL], "host": {"code": "281000", "share": "1/2"}}
        preview = shares_preview(definition, MEMBERS, VALUES)
        assert preview.rows[0].components[0].measure is None
        assert [row.share for row in preview.rows] == [Fraction(1, 2), Fraction(1, 4), Fraction(1, 4)]

    def test_divides_fixed_fractions_by_what_those_who_take_part_have(self):
        definition = {"fixed": {"281000": "3/10", "283011": "1/10", "282014": "6/10"}, "renormalise": True}
        assert [row.share for row in shares_preview(definition, MEMBERS, VALUES).rows] == [
            Fraction(3, 4),
            Fraction(1, 4),
            0,
        ]

    def test_shows_shares_of_a_unit_price_before_it_is_cut(self):
        preview = shares_preview(
            {"components": [{"weight": "1", "basis": 11}], "unit_price_decimals": 0}, MEMBERS, VALUES
        )
        assert preview.total == 1

    def test_refuses_where_nobody_measures_anything(self):
        values = {11: dict.fromkeys(VALUES[11], "0")}
        with pytest.raises(Invalid):
            shares_preview({"components": [{"weight": "1", "basis": 11}]}, MEMBERS, values)

    def test_orders_members_by_code(self):
        preview = shares_preview({"components": [EQUAL]}, MEMBERS[::-1], VALUES)
        assert [row.code for row in preview.rows] == ["281000", "283011", "284467"]


class TestMissingValues:
    def test_names_only_members_that_the_key_counts(self):
        definition = {
            "components": [{"weight": "1", "basis": 12, "exclude": ["283011"]}],
            "host": {"code": "284467", "share": "1/2"},
        }
        assert missing_values(definition, MEMBERS, VALUES) == []
        (missing,) = missing_values({"components": [{"weight": "1", "basis": 12}]}, MEMBERS, VALUES)
        assert (missing.basis_id, missing.names) == (12, ("猪名川町", "神河町"))


class TestStrangers:
    def test_are_whoever_is_named_without_taking_part(self):
        definition = {
            "components": [{"weight": "1", "basis": 11, "factors": {"282014": "1/2"}, "exclude": ["282022"]}],
            "host": {"code": "282031", "share": "1/2"},
        }
        assert strangers(definition, [one.code for one in MEMBERS]) == ["282014", "282022", "282031"]
        assert strangers({"fixed": {"282014": "1"}, "renormalise": False}, []) == ["282014"]
        assert strangers({"fixed": {"282014": "1"}, "renormalise": True}, []) == []
