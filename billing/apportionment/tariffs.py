"""What a member pays by tariff (料金表方式, §4): the bracket's price or a rate, months, rounding, then tax."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from billing.apportionment.splitting import round_to_unit
from billing.apportionment.terms import Step, Tariff
from billing.money import Yen

MONTHS_OF_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Priced:
    """One charge step by step: the yearly price, by the month where that counts, rounded, and with tax; in yen.

    ``step`` is the bracket's place counted from 1, None for a rate; ``monthly_yen`` is None when months do not count.
    """

    step: int | None
    yearly: Fraction
    monthly_yen: int | None
    months: int
    rounded_yen: int
    tax_yen: int

    @property
    def before_rounding(self) -> Fraction:
        """What is rounded to the unit."""
        return self.yearly if self.monthly_yen is None else Fraction(self.monthly_yen * self.months)

    @property
    def yen(self) -> int:
        """The charge."""
        return self.rounded_yen + self.tax_yen


def bracket_of(steps: Sequence[Step], value: Fraction) -> Step | None:
    """Find the first bracket that takes ``value``; None when it lies beyond the last bound."""
    for step in steps:
        if step.bound is None or value < step.bound or (step.inclusive and value == step.bound):
            return step
    return None


def in_brackets(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Order steps from the lowest bracket up; below a bound comes before up to it, no bound comes last."""
    return tuple(sorted(steps, key=lambda step: (step.bound is None, step.bound or Fraction(0), step.inclusive)))


def price(tariff: Tariff, value: Fraction, months: int) -> Priced:
    """Compute one member's charge for ``value`` of the basis and ``months`` of the year.

    Raises ``ValueError`` for a value beyond the last bracket, which reading has refused.
    """
    place = None
    if tariff.rate is not None:
        yearly = value * tariff.rate
    else:
        step = bracket_of(tariff.steps, value)
        if step is None:
            raise ValueError("the value lies beyond the tariff")
        place = tariff.steps.index(step) + 1
        yearly = Fraction(step.price_yen)
    monthly = None
    if tariff.months == "always" or (tariff.months == "part_year" and months < MONTHS_OF_A_YEAR):
        monthly = yearly.numerator // (yearly.denominator * MONTHS_OF_A_YEAR)
    exact = yearly if monthly is None else Fraction(monthly * months)
    rounded = round_to_unit(exact.numerator, exact.denominator, tariff.unit_yen, tariff.mode)
    tax = rounded * tariff.tax_rate.numerator // tariff.tax_rate.denominator
    return Priced(place, yearly, monthly, months, rounded, tax)


def price_yen(tariff: Tariff, value: Fraction, months: int) -> int:
    """Compute one member's charge in yen; see ``price``."""
    return price(tariff, value, months).yen


def tariff_of(document: Mapping[str, Any]) -> Tariff:
    """Read the tariff of a canonical case, or a definition kept with a cost: sound documents only."""
    steps = [
        Step(
            Yen(one["price_yen"]),
            Fraction(one["below"] if "below" in one else one["up_to"]) if {"below", "up_to"} & one.keys() else None,
            "below" not in one,
        )
        for one in document.get("steps", ())
    ]
    return Tariff(
        basis=str(document["basis"]),
        steps=in_brackets(steps),
        rate=Fraction(document["rate"]) if "rate" in document else None,
        months=document.get("months", "always"),
        unit_yen=Yen(document.get("unit_yen", 1)),
        mode=document.get("mode", "floor"),
        tax_rate=Fraction(document.get("tax_rate", "0")),
        exclude=tuple(document.get("exclude", ())),
    )
