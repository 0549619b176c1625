"""Codes of organisations: 全国地方公共団体コード (six digits, the last a check digit) or a plain code."""

import re
import unicodedata

from tenants.errors import Invalid

# Weights and modulus of 全国地方公共団体コード, as published by the ministry (総務省).
_WEIGHTS = (6, 5, 4, 3, 2)
_FIVE_DIGITS = re.compile(r"[0-9]{5}")
_SIX_DIGITS = re.compile(r"[0-9]{6}")
# 20 is the length the case file `yui-apportionment/1` gives to organisations without a municipal code.
_PLAIN_CODE = re.compile(r"[A-Za-z0-9-]{1,20}")


def check_digit(five: str) -> int:
    """Compute the sixth digit of a municipal code from its first five (ASCII digits).

    The rule is (11 − sum of digit × weight mod 11) mod 10, with the weights 6, 5, 4, 3, 2.
    Raises ``ValueError`` for anything but five digits.
    """
    if not _FIVE_DIGITS.fullmatch(five):
        raise ValueError("a check digit is computed from exactly five digits")
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, five, strict=True))
    return (11 - total % 11) % 10


def is_municipal_code(text: str) -> bool:
    """Tell whether ``text`` is six ASCII digits of which the last is the right check digit."""
    return bool(_SIX_DIGITS.fullmatch(text)) and check_digit(text[:5]) == int(text[5])


def parse_code(text: str) -> str:
    """Read an organisation's code as typed and return its one spelling (ASCII, no surrounding blanks).

    Full-width letters and digits are folded (NFKC). Six digits must carry the right check digit; any other
    code is letters, digits and hyphens, at most 20 characters. Raises ``Invalid`` ``bad-check-digit`` or
    ``bad-code``.
    """
    code = unicodedata.normalize("NFKC", text).strip()
    if not _PLAIN_CODE.fullmatch(code):
        raise Invalid("bad-code", "団体コードは半角の英数字とハイフンで20文字以内にしてください。")
    if _SIX_DIGITS.fullmatch(code) and not is_municipal_code(code):
        raise Invalid("bad-check-digit", f"団体コード{code}の検査数字(6桁目)が正しくありません。")
    return code
