"""Figures as documents write them: yen, shares, decimals and fractions, from exact values."""

from fractions import Fraction


def yen_text(amount: int) -> str:
    """「1,234」, or 「△1,234」 when negative, as budget papers write it; without the unit."""
    return f"{'△' if amount < 0 else ''}{abs(amount):,}"


def percent_text(share: Fraction, decimals: int = 4) -> str:
    """A share as 「0.8123%」, rounded half up to ``decimals``; for the eye only, never for arithmetic."""
    scale = 10**decimals
    scaled = (abs(share) * 100 * scale * 2 + 1).__floor__() // 2
    sign = "△" if share < 0 and scaled else ""
    return f"{sign}{scaled // scale:,}" + (f".{scaled % scale:0{decimals}d}%" if decimals else "%")


def fraction_text(value: Fraction) -> str:
    """A fraction as people write it: 「1/2」, 「3/10」, 「1」."""
    return f"{value.numerator:,}" if value.denominator == 1 else f"{value.numerator:,}/{value.denominator:,}"


def decimal_text(value: Fraction, decimals: int) -> str:
    """A figure cut to ``decimals`` places, 「422,409.8765」, with 「…」 when more would follow."""
    scale = 10**decimals
    whole = abs(value) * scale
    cut = whole.__floor__()
    digits = f"{cut // scale:,}" + (f".{cut % scale:0{decimals}d}".rstrip("0").rstrip(".") if decimals else "")
    sign = "△" if value < 0 else ""
    if cut == whole:
        return sign + digits
    return f"{sign}{cut // scale:,}.{cut % scale:0{decimals}d}…" if decimals else f"{sign}{digits}…"
