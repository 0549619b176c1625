"""The codes of RFC 6238, and what is read of them."""

from datetime import UTC, datetime

import pytest

from tenants.second_factor.rules import (
    app_address,
    code_of,
    is_code,
    matching_step,
    new_recovery_codes,
    normalised,
    secret_text,
    step_at,
)

SECRET = b"12345678901234567890"


class TestCodeOf:
    @pytest.mark.parametrize(
        ("seconds", "code"),
        [
            (59, "287082"),
            (1111111109, "081804"),
            (1111111111, "050471"),
            (1234567890, "005924"),
            (2000000000, "279037"),
            (20000000000, "353130"),
        ],
    )
    def test_gives_the_vectors_of_rfc_6238(self, seconds: int, code: str):
        assert code_of(SECRET, seconds // 30) == code


class TestMatchingStep:
    def test_takes_one_step_either_way_and_no_more(self):
        now = datetime(2026, 11, 20, tzinfo=UTC)
        found = {step: matching_step(SECRET, code_of(SECRET, step_at(now) + step), now, 0) for step in range(-3, 4)}
        assert {step for step, hit in found.items() if hit is not None} == {-1, 0, 1}

    def test_takes_no_step_that_was_used(self):
        now = datetime(2026, 11, 20, tzinfo=UTC)
        step = step_at(now)
        assert matching_step(SECRET, code_of(SECRET, step), now, step - 1) == step
        assert matching_step(SECRET, code_of(SECRET, step), now, step) is None

    def test_reads_full_width_and_blanks(self):
        now = datetime(2026, 11, 20, tzinfo=UTC)
        code = code_of(SECRET, step_at(now))
        wide = "".join(chr(ord(one) + 0xFEE0) for one in code)
        assert matching_step(SECRET, f" {wide[:3]} {wide[3:]} ", now, 0) is not None


class TestRecoveryCodes:
    def test_are_ten_different_ones_that_look_like_no_app_code(self):
        codes = new_recovery_codes()
        assert len(set(codes)) == 10
        assert not any(is_code(code) for code in codes)
        assert all(normalised(code.lower().replace("-", " ")) == code.replace("-", "") for code in codes)


def test_the_address_holds_what_every_app_understands():
    address = app_address(SECRET, "神戸 花子", "結 Yui 兵庫県")
    assert address.isascii()
    assert "secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" in address
    assert "algorithm=SHA1&digits=6&period=30" in address
    assert secret_text(SECRET) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"
