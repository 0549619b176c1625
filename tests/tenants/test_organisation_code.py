"""Check digits and spellings of organisation codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.errors import Invalid
from tenants.organisation_code import check_digit, is_municipal_code, parse_code


class TestCheckDigit:
    @pytest.mark.parametrize("code", ["131016", "280003", "281000", "282014", "285862", "011002", "472018"])
    def test_agrees_with_published_codes(self, code):
        assert check_digit(code[:5]) == int(code[5])
        assert is_municipal_code(code)

    @pytest.mark.parametrize("text", ["", "2810", "281000", "2810a", "２８１００"])
    def test_refuses_anything_but_five_digits(self, text):
        with pytest.raises(ValueError, match="five digits"):
            check_digit(text)

    @given(st.from_regex(r"\A[0-9]{5}\Z"), st.integers(1, 9))
    def test_finds_every_wrong_check_digit(self, five, step):
        wrong = (check_digit(five) + step) % 10
        assert not is_municipal_code(f"{five}{wrong}")


class TestParseCode:
    def test_folds_full_width_digits_and_blanks(self):
        assert parse_code(" ２８１０００　") == "281000"

    @pytest.mark.parametrize("text", ["kigyodan-1", "A", "28100", "2810000", "X" * 20])
    def test_accepts_codes_of_other_organisations(self, text):
        assert parse_code(text) == text

    def test_refuses_a_wrong_check_digit(self):
        with pytest.raises(Invalid) as refused:
            parse_code("281001")
        assert refused.value.code == "bad-check-digit"

    @pytest.mark.parametrize("text", ["", "神戸市", "a b", "a_b", "X" * 21, "281000\x00", "a\nb"])
    def test_refuses_other_characters_and_lengths(self, text):
        with pytest.raises(Invalid) as refused:
            parse_code(text)
        assert refused.value.code == "bad-code"
