"""Texts that stand on one line: nothing that breaks it, and nothing that makes it read as another."""

import pytest

from tenants.web.form_data import Faults, required_text


def faults_of(text: str) -> dict[str, str]:
    faults = Faults()
    required_text({"name": text}, "name", "名前", faults, one_line=True)
    return faults.fields


class TestRequiredText:
    @pytest.mark.parametrize(
        "sign", "\t\n\r\x00\x1f\x7f\x85\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )
    def test_refuses_what_breaks_or_turns_a_line(self, sign: str):
        assert faults_of(f"甲{sign}乙") == {"name": "名前に改行や制御文字は使えません。1行で入力してください。"}

    @pytest.mark.parametrize("text", ["甲 乙", "甲\u3000乙", "葛󠄀城市", "𠮷野町", "m³", "👨\u200d👩\u200d👧"])
    def test_takes_what_people_write(self, text: str):
        assert faults_of(text) == {}
