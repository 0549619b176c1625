"""How values are shown and judged, and what the basis form accepts."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.bases.forms import basis_input, typed_values
from billing.bases.rules import BasisInput, BasisView, ValueView, line_of, share_of, shown_number
from billing.money import exact_text, parse_quantity
from tenants.errors import Invalid

GOOD = {"name": " 人口 ", "unit": "人", "as_of": "令和２年１０月１日", "source": "令和2年国勢調査"}
KOBE = ValueView(2, "281000", "神戸市", "1525152", "", None)
INAGAWA = ValueView(3, "283011", "猪名川町", None, "", None)


class TestShownNumber:
    @pytest.mark.parametrize(
        ("value", "shown"),
        [
            ("0", "0"),
            ("1525152", "1,525,152"),
            ("2469/200", "12.345"),
            ("1/8", "0.125"),
            ("21/20", "1.05"),
            ("1/3", "1/3"),
        ],
    )
    def test_writes_what_people_would(self, value: str, shown: str):
        assert shown_number(Fraction(value)) == shown

    @given(st.decimals(0, 10**12, places=6))
    def test_reads_back_as_the_same_value(self, value):
        assert parse_quantity(shown_number(Fraction(value))) == Fraction(value)


class TestLineOf:
    def test_names_who_is_missing_and_adds_exactly(self):
        basis = BasisView(1, "人口", "人", date(2020, 10, 1), "国勢調査", 1)
        line = line_of(basis, [KOBE, INAGAWA])
        assert (line.valued, line.members, line.total, line.missing) == (1, 2, Fraction(1525152), ("猪名川町",))

    def test_gives_no_share_without_a_total(self):
        assert share_of("0", Fraction(0)) is None
        assert share_of(None, Fraction(3)) is None
        assert share_of("1", Fraction(3)) == Fraction(1, 3)


class TestBasisInput:
    def test_reads_what_was_typed(self):
        assert basis_input(GOOD) == BasisInput("人口", "人", date(2020, 10, 1), "令和2年国勢調査")

    @pytest.mark.parametrize(
        ("field", "text"),
        [
            ("name", "  "),
            ("name", "あ" * 61),
            ("unit", ""),
            ("unit", "100人"),
            ("unit", "１００人"),
            ("unit", "あ" * 21),
            ("as_of", ""),
            ("as_of", "令和2年2月30日"),
            ("as_of", "9" * 40),
            ("source", ""),
            ("source", "あ" * 201),
        ],
    )
    def test_tells_the_field_that_is_wrong(self, field: str, text: str):
        with pytest.raises(Invalid) as refused:
            basis_input({**GOOD, field: text})
        assert set(refused.value.fields) == {field}

    def test_tells_every_field_at_once(self):
        with pytest.raises(Invalid) as refused:
            basis_input({})
        assert set(refused.value.fields) == {"name", "unit", "as_of", "source"}


class TestTypedValues:
    def test_reads_figures_as_people_type_them(self):
        values = typed_values({"value-2": " １，５００，０００ 人", "value-3": "0"}, [KOBE, INAGAWA], "人")
        assert values == {2: "1500000", 3: "0"}

    def test_takes_blank_for_no_value_and_leaves_out_fields_not_sent(self):
        assert typed_values({"value-2": " 　"}, [KOBE, INAGAWA], "人") == {2: None}

    def test_keeps_a_fraction_that_can_be_shown_but_not_typed(self):
        third = ValueView(2, "281000", "神戸市", "1/3", "", None)
        assert typed_values({"value-2": "1/3"}, [third], "km") == {2: "1/3"}

    @pytest.mark.parametrize("text", ["-1", "9223372036854775808000", "abc", "5円", "1.5.5", "<b>"])
    def test_names_the_member_at_the_field(self, text: str):
        with pytest.raises(Invalid) as refused:
            typed_values({"value-2": "1", "value-3": text}, [KOBE, INAGAWA], "人")
        assert set(refused.value.fields) == {"value-3"}
        assert refused.value.fields["value-3"].startswith("猪名川町: ")

    @given(st.text(max_size=80))
    def test_refuses_or_stores_what_the_database_takes(self, text: str):
        try:
            value = typed_values({"value-2": text}, [KOBE], "人")[2]
        except Invalid:
            return
        assert value is None or exact_text(Fraction(value)) == value
