"""Keys as people type them: every rule at its field, and nothing lost between form, definition and case."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.apportionment.case import parse_case
from billing.keys.forms import NEW_KEY, Choices, key_input, key_values
from billing.keys.member_lines import Organisation
from billing.keys.rules import KeyInput, KeyView, definition_for_case, used_basis_ids
from billing.money import exact_text
from billing.programs.rules import MemberView
from tenants.errors import Invalid

NAMES = {"281000": "神戸市", "283011": "猪名川町", "284467": "神河町", "union-harima": "播磨東部広域水道企業団"}
MEMBERS = [MemberView(number, number, code, name, 12, "1") for number, (code, name) in enumerate(NAMES.items(), 1)]
OUTSIDER = Organisation("282014", "姫路市")
BASES = (11, 12, 13)
CHOICES = Choices(MEMBERS, BASES, [*(Organisation(*one) for one in NAMES.items()), OUTSIDER])
ALL_NAMES = {**NAMES, OUTSIDER.code: OUTSIDER.name}


def read(**typed: str) -> KeyInput:
    return key_input(
        {**NEW_KEY, "name": "試験", **{name.replace("_at_", "-"): text for name, text in typed.items()}}, CHOICES
    )


def refused(**typed: str) -> Invalid:
    with pytest.raises(Invalid) as caught:
        read(**typed)
    return caught.value


def case_of(key: dict[str, Any]) -> dict[str, Any]:
    return {
        "format": "yui-apportionment/1",
        "fiscal_year": 2026,
        "title": "試験",
        "members": [{"code": code, "name": name} for code, name in NAMES.items()],
        "bases": [
            {
                "id": f"b{one}",
                "name": "基準",
                "unit": "件",
                "as_of": "2026-04-01",
                "source": "試験",
                "values": dict.fromkeys(NAMES, "5"),
            }
            for one in BASES
        ],
        "keys": [key],
        "costs": [],
    }


def accepted(key: KeyInput) -> dict[str, Any]:
    """The key's part of a case, which the engine has read."""
    document = definition_for_case(KeyView(7, key.name, key.definition, 1), BASES)
    parse_case(case_of(document))
    return document


class TestKeyInput:
    def test_reads_every_way_to_write_a_weight(self):
        key = read(weight_at_1="３割", basis_at_1="equal", weight_at_2="70%", basis_at_2="12")
        assert key.definition == {"components": [{"weight": "3/10", "basis": "equal"}, {"weight": "7/10", "basis": 12}]}
        assert used_basis_ids(key.definition) == {12}

    def test_reads_members_by_code_or_name_with_tabs_blanks_or_commas(self):
        lines = "281000\t1/2\n 猪名川町　0.3\n284467 神河町 除外\nunion-harima,2\n\n"
        key = read(weight_at_1="1", basis_at_1="11", members_at_1=lines)
        assert key.definition["components"][0]["factors"] == {"281000": "1/2", "283011": "3/10", "union-harima": "2"}
        assert key.definition["components"][0]["exclude"] == ["284467"]

    def test_ignores_the_fields_of_the_other_method(self):
        key = read(method="fixed", fixed="神戸市\t1", weight_at_1="でたらめ", host_code="なし")
        assert key.definition == {"fixed": {"281000": "1"}, "renormalise": False}

    def test_lets_a_renormalised_table_name_organisations_that_take_no_part(self):
        key = read(method="fixed", fixed="神戸市\t3\n姫路市\t7", renormalise="1")
        assert key.definition == {"fixed": {"281000": "3", "282014": "7"}, "renormalise": True}
        accepted(key)

    @pytest.mark.parametrize(
        ("typed", "field", "code"),
        [
            ({}, "weight-1", "required"),
            ({"weight_at_1": "9/10", "basis_at_1": "equal"}, "weight-1", "weights-not-one"),
            ({"weight_at_1": "0", "basis_at_1": "equal"}, "weight-1", "bad-fraction"),
            ({"weight_at_1": "1/0", "basis_at_1": "equal"}, "weight-1", "bad-fraction"),
            ({"weight_at_1": "-1", "basis_at_1": "equal"}, "weight-1", "bad-fraction"),
            ({"weight_at_1": "", "basis_at_1": "equal"}, "weight-1", "bad-fraction"),
            ({"weight_at_1": "1", "basis_at_1": ""}, "basis-1", "required"),
            ({"weight_at_1": "1", "basis_at_1": "99"}, "basis-1", "unknown-basis"),
            ({"weight_at_1": "1", "basis_at_1": "１１"}, "basis-1", "unknown-basis"),
            ({"weight_at_1": "1", "basis_at_1": "11", "members_at_1": "姫路市\t1/2"}, "members-1", "unknown-member"),
            (
                {"weight_at_1": "1", "basis_at_1": "11", "members_at_1": "281000 猪名川町 1"},
                "members-1",
                "unknown-member",
            ),
            ({"weight_at_1": "1", "basis_at_1": "11", "members_at_1": "神戸市"}, "members-1", "bad-line"),
            ({"weight_at_1": "1", "basis_at_1": "11", "members_at_1": "神戸市\t半分"}, "members-1", "bad-fraction"),
            (
                {"weight_at_1": "1", "basis_at_1": "11", "members_at_1": "神戸市\t1\n281000\t除外"},
                "members-1",
                "duplicate-code",
            ),
            (
                {"weight_at_1": "1", "basis_at_1": "11", "members_at_1": "\n".join(f"{one}\t除外" for one in NAMES)},
                "members-1",
                "basis-sum-zero",
            ),
            ({"weight_at_1": "1", "basis_at_1": "equal", "host_code": "281000"}, "host_share", "bad-fraction"),
            (
                {"weight_at_1": "1", "basis_at_1": "equal", "host_code": "281000", "host_share": "3/2"},
                "host_share",
                "bad-fraction",
            ),
            (
                {"weight_at_1": "1", "basis_at_1": "equal", "host_code": "282014", "host_share": "1/2"},
                "host_code",
                "unknown-member",
            ),
            ({"weight_at_1": "1", "basis_at_1": "equal", "host_share": "1/2"}, "host_code", "required"),
            (
                {"weight_at_1": "1", "basis_at_1": "11", "unit_price_decimals": "11"},
                "unit_price_decimals",
                "not-a-whole-number",
            ),
            (
                {
                    "weight_at_1": "1",
                    "basis_at_1": "11",
                    "unit_price_decimals": "4",
                    "host_code": "281000",
                    "host_share": "1/2",
                },
                "unit_price_decimals",
                "key-form",
            ),
            (
                {
                    "weight_at_1": "1/2",
                    "basis_at_1": "11",
                    "weight_at_3": "1/2",
                    "basis_at_3": "equal",
                    "unit_price_decimals": "4",
                },
                "unit_price_decimals",
                "key-form",
            ),
            ({"method": "fixed"}, "fixed", "required"),
            ({"method": "fixed", "fixed": "神戸市\t1/2"}, "fixed", "fixed-not-one"),
            ({"method": "fixed", "fixed": "神戸市\t除外"}, "fixed", "bad-fraction"),
            ({"method": "fixed", "fixed": "姫路市\t1"}, "fixed", "unknown-member"),
            ({"method": "fixed", "fixed": "姫路市\t1", "renormalise": "1"}, "fixed", "basis-sum-zero"),
            ({"method": "別の方法"}, "method", "required"),
            ({"name": "均等\n割", "weight_at_1": "1", "basis_at_1": "equal"}, "name", "bad-text"),
            ({"name": " ", "weight_at_1": "1", "basis_at_1": "equal"}, "name", "required"),
        ],
    )
    def test_refuses_at_the_field_with_a_stable_code(self, typed: dict[str, str], field: str, code: str):
        error = refused(**typed)
        assert field in error.fields
        assert error.code == code

    def test_says_what_the_weights_add_to(self):
        error = refused(weight_at_1="3割", basis_at_1="equal", weight_at_2="6割", basis_at_2="11")
        assert error.fields == {"weight-2": "割合の合計が 1 になりません(いまの合計 9/10)。"}

    def test_names_the_lines_that_are_wrong_and_counts_the_rest(self):
        lines = "\n".join(f"ない町{number}\t1" for number in range(1, 9))
        message = refused(weight_at_1="1", basis_at_1="11", members_at_1=f"神戸市\t1\n{lines}").fields["members-1"]
        assert "2行目: 「ない町1」" in message
        assert message.endswith("ほか3行も確かめてください。")

    def test_asks_for_the_code_when_two_members_have_one_name(self):
        twin = MemberView(9, 9, "union-other", "神戸市", 12, "1")
        choices = Choices([*MEMBERS, twin], BASES, ())
        form = {**NEW_KEY, "name": "試験", "weight-1": "1", "basis-1": "equal", "members-1": "神戸市\t1/2"}
        with pytest.raises(Invalid) as caught:
            key_input(form, choices)
        assert "団体コードで入力" in caught.value.fields["members-1"]
        saved = key_input({**form, "members-1": "281000\t1/2"}, choices)
        names = {one.code: one.name for one in choices.members}
        shown = key_values(KeyView(1, saved.name, saved.definition, 1), names)
        assert shown["members-1"] == "281000\t1/2"
        assert key_input(shown, choices) == saved


fractions = st.fractions(min_value=Fraction(1, 1000), max_value=1000, max_denominator=1000)
codes = st.sampled_from(sorted(NAMES))


@st.composite
def weights(draw: st.DrawFn) -> list[str]:
    """One to five positive fractions that add to 1."""
    raw = draw(st.lists(st.integers(1, 1000), min_size=1, max_size=5))
    return [exact_text(Fraction(one, sum(raw))) for one in raw]


@st.composite
def composed(draw: st.DrawFn) -> dict[str, Any]:
    """A definition over bases that leaves 神戸市 something to bear in every component."""
    components = []
    for weight in draw(weights()):
        component: dict[str, Any] = {"weight": weight, "basis": draw(st.sampled_from(["equal", *BASES]))}
        adjusted = draw(st.lists(codes.filter(lambda code: code != "281000"), unique=True))
        kept = draw(st.integers(0, len(adjusted)))
        if factors := {code: exact_text(draw(fractions)) for code in sorted(adjusted[:kept])}:
            component["factors"] = factors
        if excluded := sorted(adjusted[kept:]):
            component["exclude"] = excluded
        components.append(component)
    definition: dict[str, Any] = {"components": components}
    extra = draw(st.sampled_from(["nothing", "host", "price"]))
    hosted = [code for code in NAMES if code != "281000"]
    if extra == "host":
        share = draw(st.fractions(min_value=Fraction(1, 1000), max_value=1, max_denominator=1000))
        definition["host"] = {"code": draw(st.sampled_from(hosted)), "share": exact_text(share)}
    elif extra == "price" and len(components) == 1:
        definition["unit_price_decimals"] = draw(st.integers(0, 10))
    return definition


@st.composite
def fixed(draw: st.DrawFn) -> dict[str, Any]:
    """Fixed fractions; those that are made whole may name an organisation that takes no part."""
    renormalise = draw(st.booleans())
    named = draw(st.lists(codes, min_size=1, unique=True))
    if renormalise:
        shares = {code: exact_text(draw(fractions)) for code in [*named, OUTSIDER.code]}
    else:
        raw = {code: draw(st.integers(1, 1000)) for code in named}
        shares = {code: exact_text(Fraction(one, sum(raw.values()))) for code, one in raw.items()}
    return {"fixed": dict(sorted(shares.items())), "renormalise": renormalise}


class TestDefinitions:
    @given(st.one_of(composed(), fixed()))
    def test_lose_nothing_through_the_form_and_are_accepted_as_part_of_a_case(self, definition: dict[str, Any]):
        view = KeyView(7, "試験", definition, 1)
        again = key_input(key_values(view, ALL_NAMES), CHOICES)
        assert again == KeyInput("試験", definition)
        accepted(again)

    def test_name_the_key_whose_basis_is_gone(self):
        view = KeyView(7, "人口割", {"components": [{"weight": "1", "basis": 12}]}, 1)
        with pytest.raises(Invalid, match="人口割"):
            definition_for_case(view, [11])

    def test_keep_everything_else_as_it_is_stored(self):
        key = read(
            host_code="281000",
            host_share="50%",
            weight_at_1="30%",
            basis_at_1="equal",
            weight_at_2="70%",
            basis_at_2="13",
        )
        assert accepted(key) == {
            "id": "k7",
            "name": "試験",
            "components": [{"weight": "3/10", "basis": "equal"}, {"weight": "7/10", "basis": "b13"}],
            "host": {"code": "281000", "share": "1/2"},
        }
