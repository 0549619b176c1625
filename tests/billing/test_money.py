"""Reading and writing yen and basis values."""

import contextlib
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.money import MAX_YEN, exact_text, format_yen, parse_quantity, parse_yen
from tenants.errors import Invalid


def refusal(call, *args, **kwargs):
    with pytest.raises(Invalid) as refused:
        call(*args, **kwargs)
    assert refused.value.message.endswith("。")
    return refused.value.code


class TestParseYen:
    @pytest.mark.parametrize(
        ("text", "amount"),
        [
            ("1234", 1234),
            ("1,234", 1234),
            ("１，２３４円", 1234),
            (" ￥ 1,234 ", 1234),
            ("¥1,234", 1234),
            ("△1,234", -1234),
            ("▲ 1,234円", -1234),
            ("-1234", -1234),
            ("−1234", -1234),
            ("－１２３４", -1234),
            ("¥-5", -5),
            ("-¥5", -5),
            ("1 234", 1234),
            ("0", 0),
            ("007", 7),
            ("999,999,999,999,999", MAX_YEN),
        ],
    )
    def test_reads_what_people_type_and_paste(self, text, amount):
        assert parse_yen(text) == amount

    @pytest.mark.parametrize("text", ["1.5", "1,234.0", "１．５円", ".5", "5."])
    def test_refuses_decimals(self, text):
        assert refusal(parse_yen, text) == "yen-decimal"

    @pytest.mark.parametrize(
        "text",
        ["abc", "1,23", "12,34,567", "1\x00", "\x00", "1e5", "千円", "10²", "①", "--5", "△-5", "-¥-5", "+5",
         "円", "NaN", "1/2", "١٢٣", "=1+1", "5人", "9" * 61],
    )  # fmt: skip
    def test_refuses_what_is_no_amount(self, text):
        assert refusal(parse_yen, text) == "bad-yen"

    @pytest.mark.parametrize("text", ["", "  ", "　"])
    def test_refuses_blank(self, text):
        assert refusal(parse_yen, text) == "blank-yen"

    @pytest.mark.parametrize("text", ["1,000,000,000,000,000", "-1000000000000000", "9" * 40])
    def test_refuses_amounts_a_spreadsheet_cannot_hold(self, text):
        assert refusal(parse_yen, text) == "yen-out-of-range"

    @given(st.integers(-MAX_YEN, MAX_YEN))
    def test_reads_back_every_amount_it_writes(self, amount):
        assert parse_yen(format_yen(amount)) == amount

    @given(st.text(max_size=80))
    def test_answers_or_refuses_any_text(self, text):
        with contextlib.suppress(Invalid):
            assert abs(parse_yen(text)) <= MAX_YEN


class TestParseQuantity:
    @pytest.mark.parametrize(
        ("text", "unit", "value"),
        [
            ("12,345", None, Fraction(12345)),
            ("３．５", None, Fraction(7, 2)),
            ("0.1", None, Fraction(1, 10)),
            ("12,345人", "人", Fraction(12345)),
            ("12.5 km", "km", Fraction(25, 2)),
            ("12.5", "km", Fraction(25, 2)),
            ("999999999999999.0000000001", None, Fraction(9999999999999990000000001, 10**10)),
        ],
    )
    def test_reads_numbers_exactly(self, text, unit, value):
        assert parse_quantity(text, unit=unit) == value

    @pytest.mark.parametrize(("text", "unit"), [("5人", None), ("5世帯", "人"), ("5km", None), ("5m", "km")])
    def test_refuses_a_unit_nobody_asked_for(self, text, unit):
        assert refusal(parse_quantity, text, unit=unit) == "quantity-unit"

    @pytest.mark.parametrize("text", ["NaN", "inf", "1e5", "1E", "1/2", "1.", ".5", "1.2.3", "5\x00", "1,2", "+1"])
    def test_refuses_what_is_no_number(self, text):
        assert refusal(parse_quantity, text) == "bad-quantity"

    @pytest.mark.parametrize("text", ["-1", "△1", "▲0.5", "−3"])
    def test_refuses_negatives(self, text):
        assert refusal(parse_quantity, text) == "quantity-negative"

    @pytest.mark.parametrize("text", ["1000000000000000", "0.00000000001"])
    def test_refuses_too_many_digits(self, text):
        assert refusal(parse_quantity, text) == "quantity-out-of-range"

    def test_refuses_blank_even_with_a_unit(self):
        assert refusal(parse_quantity, " ", unit="人") == "blank-quantity"
        assert refusal(parse_quantity, "人", unit="人") == "bad-quantity"


class TestWriting:
    @pytest.mark.parametrize(("amount", "text"), [(0, "0円"), (1234, "1,234円"), (-1234, "△1,234円")])
    def test_writes_yen_as_public_accounts_do(self, amount, text):
        assert format_yen(amount) == text

    @pytest.mark.parametrize(
        ("value", "text"),
        [(Fraction(3, 10), "3/10"), (Fraction(14, 2), "7"), (Fraction(-1, 3), "-1/3"), (Fraction(0), "0")],
    )
    def test_writes_fractions_reduced(self, value, text):
        assert exact_text(value) == text
