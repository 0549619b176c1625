"""Yen and measured quantities: reading what people type, and writing it back without losing anything."""

import re
from fractions import Fraction
from typing import NewType

from tenants.errors import Invalid

Yen = NewType("Yen", int)
"""A whole number of yen, tax included unless the name says otherwise; BIGINT in the database."""

# The largest amount a document may hold. A spreadsheet keeps 15 significant digits, so every amount up to
# here survives xlsx unchanged; it also stays below 2**53 (JSON readers) and far below BIGINT.
MAX_YEN = 10**15 - 1

# Longest text looked at: 15 digits, their commas, sign, unit, and generous blanks around them.
_LONGEST_TEXT = 60
# 15 digits before the point (as for yen) and 10 after it (0.1 mm in km is 7): such a number written as a
# reduced fraction still fits the 40 characters of a case file.
_WHOLE_DIGITS = 15
_DECIMAL_DIGITS = 10

# Only full-width forms are folded. NFKC would also turn "10²" into 102 and "①" into 1.
_FOLD = str.maketrans("０１２３４５６７８９，．￥－＋／　\u2212\u2010", "0123456789,.¥-+/ --")
_BLANKS = re.compile(r"[ \t\r\n\u00a0]+")
_GROUPED = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)"
_YEN = re.compile(rf"(?P<sign>[-△▲]?)¥?(?P<inner>[-△▲]?)(?P<digits>{_GROUPED})円?")
_DECIMAL_YEN = re.compile(rf"[-△▲]?¥?[-△▲]?(?:{_GROUPED})?\.[0-9]*円?")
_QUANTITY = re.compile(rf"(?P<whole>{_GROUPED})(?:\.(?P<decimals>[0-9]+))?")


def _fold(text: str, kind: str) -> str:
    if len(text) > _LONGEST_TEXT:
        raise Invalid(f"bad-{kind}", "文字数が多すぎます。数字だけを入力してください。")
    folded = _BLANKS.sub("", text.translate(_FOLD))
    if not folded:
        raise Invalid(f"blank-{kind}", "数字を入力してください。")
    return folded


def parse_yen(text: str) -> int:
    """Read a typed or pasted amount in yen, for example ``１，２３４円``, ``¥1,234`` or ``△1,234``.

    Blanks are dropped; commas must stand every three digits. Returns the signed whole number of yen.
    Raises ``Invalid`` ``blank-yen``, ``yen-decimal``, ``yen-out-of-range`` or ``bad-yen``.
    """
    folded = _fold(text, "yen")
    if _DECIMAL_YEN.fullmatch(folded):
        raise Invalid("yen-decimal", "金額は1円単位の整数で入力してください。小数は使えません。")
    match = _YEN.fullmatch(folded)
    if match is None or (match["sign"] and match["inner"]):
        raise Invalid("bad-yen", "金額として読めません。「1,234」のように数字で入力してください。")
    amount = int(match["digits"].replace(",", ""))
    if amount > MAX_YEN:
        raise Invalid("yen-out-of-range", f"金額は{format_yen(MAX_YEN)}以下で入力してください。")
    return -amount if match["sign"] or match["inner"] else amount


def parse_quantity(text: str, unit: str | None = None) -> Fraction:
    """Read a typed or pasted basis value such as ``12,345`` or ``３．５`` exactly; never negative.

    A trailing unit (``人``, ``km``) is accepted only when it is the ``unit`` asked for. At most 15 digits
    before and 10 after the point; no exponent, no fraction. Raises ``Invalid`` ``blank-quantity``,
    ``quantity-negative``, ``quantity-out-of-range``, ``quantity-unit`` or ``bad-quantity``.
    """
    folded = _fold(text, "quantity")
    if unit:
        folded = folded.removesuffix(_BLANKS.sub("", unit.translate(_FOLD)))
    if folded[:1] in {"-", "△", "▲"}:
        raise Invalid("quantity-negative", "負の数は入力できません。0以上の数を入力してください。")
    match = _QUANTITY.fullmatch(folded)
    if match is None:
        raise _unreadable_quantity(folded, unit)
    whole, decimals = match["whole"].replace(",", ""), match["decimals"] or ""
    if len(whole.lstrip("0")) > _WHOLE_DIGITS or len(decimals) > _DECIMAL_DIGITS:
        limit = f"整数部{_WHOLE_DIGITS}桁、小数部{_DECIMAL_DIGITS}桁まで"
        raise Invalid("quantity-out-of-range", f"桁数が多すぎます。{limit}で入力してください。")
    return Fraction(int(whole + decimals), 10 ** len(decimals))


def _unreadable_quantity(folded: str, unit: str | None) -> Invalid:
    beginning = _QUANTITY.match(folded)
    if beginning and folded[beginning.end() :].isalpha() and not re.match(r"[eE][0-9]*$", folded[beginning.end() :]):
        wanted = f"単位は「{unit}」です。" if unit else "単位は付けないでください。"
        return Invalid("quantity-unit", f"数字のあとに別の文字があります。{wanted}")
    return Invalid("bad-quantity", "数として読めません。「1,234.5」のように数字で入力してください。")


def format_yen(amount: int) -> str:
    """Write yen for people: ``1,234円``; negatives as ``△1,234円``, the way public accounts do."""
    return f"{'△' if amount < 0 else ''}{abs(amount):,}円"


def exact_text(value: Fraction) -> str:
    """Write a fraction exactly and in one way only: reduced ``3/10``, or ``7`` when it is whole."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{value.numerator}/{value.denominator}"
