"""Tokens as text, and how fast one may ask."""

import re

from tenants.api.rate import RateLimit
from tenants.api.rules import PREFIX, TOKEN_PATTERN, is_api_token, new_api_token


class TestToken:
    def test_is_told_from_other_text_by_its_form_and_checksum(self):
        for _ in range(50):
            token = new_api_token()
            assert re.fullmatch(TOKEN_PATTERN, token)
            assert is_api_token(token)
            wrong = token[:10] + ("A" if token[10] != "A" else "B") + token[11:]
            assert not is_api_token(wrong)
        for text in ("", PREFIX, "yui_" + "0" * 49, new_api_token() + "x", " " + new_api_token(), "ｙui_" + "0" * 49):
            assert not is_api_token(text), text

    def test_is_never_the_same(self):
        assert len({new_api_token() for _ in range(1_000)}) == 1_000


class TestRateLimit:
    def test_lets_so_many_through_at_once_and_then_one_after_another(self):
        limit = RateLimit(per_minute=60)
        assert [limit.wait_seconds(1, 100.0) for _ in range(60)] == [0] * 60
        assert limit.wait_seconds(1, 100.0) == 2
        assert limit.wait_seconds(2, 100.0) == 0
        assert limit.wait_seconds(1, 101.5) == 0
        assert limit.wait_seconds(1, 101.5) == 1

    def test_forgets_full_buckets(self):
        limit = RateLimit()
        for token in range(10_050):
            limit.wait_seconds(token, 0.0)
        for token in range(20_000, 20_002):
            limit.wait_seconds(token, 3_600.0)
        assert len(limit._buckets) < 10
