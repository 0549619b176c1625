"""Figures and lines of arithmetic as a finance officer writes them: 「52,000,000円 × 1/8 = 6,500,000円」; pure.

A figure that would go on is cut and ends in 「…」. Each line reads as an equation, so that it can be computed again.
"""

from collections.abc import Iterable
from fractions import Fraction

from tenants.documents.figures import decimal_text, fraction_text

EXACT_DECIMALS = 4
"""A share in yen is cut to a ten-thousandth of a yen; its fraction stands beside it."""
RATIO_DECIMALS = 10
"""A part of a whole is cut to ten places: times 10 billion yen it is still right to the yen."""
LONGEST_FRACTION = 60
"""Signs of a fraction that still fit a line on paper; a longer one is cut to a decimal."""
_MODES = {"floor": "切捨て", "half_up": "四捨五入", "ceil": "切上げ"}


def yen(amount: int | Fraction) -> str:
    """An amount in yen: 「1,234円」, 「422,410.5142…円」, 「△1,234円」."""
    return decimal_text(Fraction(amount), EXACT_DECIMALS) + "円"


def ratio(value: Fraction) -> str:
    """A part of a whole as a factor: 「123/15,142」, or a cut decimal when the fraction is too long to read."""
    text = fraction_text(value)
    return text if len(text) <= LONGEST_FRACTION else decimal_text(value, RATIO_DECIMALS)


def ratio_twice(value: Fraction) -> str:
    """A part of a whole as fraction and decimal: 「123/15,142(0.0081231013…)」."""
    text = ratio(value)
    return text if value.denominator == 1 or "…" in text else f"{text}({decimal_text(value, RATIO_DECIMALS)})"


def exact_yen(value: Fraction) -> str:
    """A share before rounding as fraction and decimal: 「3,003/7円(429円)」."""
    text = fraction_text(value)
    if value.denominator == 1 or len(text) > LONGEST_FRACTION:
        return yen(value)
    return f"{text}円({yen(value)})"


def amount(value: Fraction, unit: str) -> str:
    """A measured quantity with its unit: 「29,680人」; thirds and the like as a fraction."""
    text = decimal_text(value, RATIO_DECIMALS)
    return (fraction_text(value) if "…" in text else text) + unit


def yen_factor(value: Fraction) -> str:
    """Yen inside a calculation: whole or as a fraction, so that nothing is lost."""
    text = fraction_text(value)
    return (text if len(text) <= LONGEST_FRACTION else decimal_text(value, EXACT_DECIMALS)) + "円"


def rounded(unit_yen: int, mode: str, result: int) -> str:
    """What rounding makes of a figure: 「 → 1,000円未満切捨て 12,000円」."""
    return f" → {unit_yen:,}円未満{_MODES[mode]} {yen(result)}"


def added(terms: Iterable[str]) -> str:
    """A sum; 「0円」 of nothing."""
    return " + ".join(terms) or "0円"
