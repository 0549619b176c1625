"""What a member pays by tariff (料金表方式, §4): the bracket's price or a rate, months, rounding, then tax."""

from collections.abc import Sequence
from fractions import Fraction

from billing.apportionment.splitting import round_to_unit
from billing.apportionment.terms import Step, Tariff

MONTHS_OF_A_YEAR = 12


def bracket_of(steps: Sequence[Step], value: Fraction) -> Step | None:
    """Find the first bracket that takes ``value``; None when it lies beyond the last bound."""
    for step in steps:
        if step.bound is None or value < step.bound or (step.inclusive and value == step.bound):
            return step
    return None


def price_yen(tariff: Tariff, value: Fraction, months: int) -> int:
    """Compute one member's charge in yen for ``value`` of the basis and ``months`` of the year.

    Raises ``ValueError`` for a value beyond the last bracket, which reading has refused.
    """
    if tariff.rate is not None:
        yearly = value * tariff.rate
    else:
        step = bracket_of(tariff.steps, value)
        if step is None:
            raise ValueError("the value lies beyond the tariff")
        yearly = Fraction(step.price_yen)
    if tariff.months == "always" or (tariff.months == "part_year" and months < MONTHS_OF_A_YEAR):
        yearly = Fraction(yearly.numerator // (yearly.denominator * MONTHS_OF_A_YEAR) * months)
    price = round_to_unit(yearly.numerator, yearly.denominator, tariff.unit_yen, tariff.mode)
    return price + price * tariff.tax_rate.numerator // tariff.tax_rate.denominator
