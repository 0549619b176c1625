"""Reads the arithmetic of an explanation as a person with a calculator does, and computes it again.

Every figure is an interval: what is cut with 「…」 lies between the figure and one more in its last place. A line
``left = right → rounded`` must hold from each side to the next.
"""

import itertools
import re
from dataclasses import dataclass
from fractions import Fraction

_NUMBER = re.compile(r"(△?)([0-9][0-9,]*)(\.[0-9]+)?(…)?(?:/([0-9][0-9,]*))?")
_ROUNDING = re.compile(r"^(?:([0-9,]+)円未満(切捨て|四捨五入|切上げ)|小数([0-9]+)桁未満切捨て) (.+)$")
_DOUBLE = re.compile(r"\([^()]*[0-9…][^()]*\)$")


@dataclass(frozen=True)
class Range:
    """All values a written figure may stand for; the upper end is left out unless both are the same."""

    low: Fraction
    high: Fraction

    def meets(self, other: "Range") -> bool:
        return max(self.low, other.low) <= min(self.high, other.high)


def figure(text: str) -> Range:
    """The value of one written figure, whatever its unit."""
    match = _NUMBER.match(text)
    assert match, text
    sign, whole, decimals, cut, bottom = match.groups()
    places = len(decimals or ".") - 1
    low = Fraction(whole.replace(",", "") + (decimals or ""))
    high = low + Fraction(1, 10**places) if cut else low
    if bottom:
        low, high = low / int(bottom.replace(",", "")), high / int(bottom.replace(",", ""))
    return Range(-high, -low) if sign else Range(low, high)


class _Expression:
    """A sum of products, with brackets, read from left to right."""

    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.at = 0

    def whole(self) -> Range:
        found = self.sum()
        assert self.at == len(self.tokens), self.tokens
        return found

    def sum(self) -> Range:
        found = self.product()
        while self.peek() in ("+", "−"):
            sign, right = self.take(), self.product()
            low, high = (right.low, right.high) if sign == "+" else (-right.high, -right.low)
            found = Range(found.low + low, found.high + high)
        return found

    def product(self) -> Range:
        found = self.one()
        while self.peek() in ("×", "÷"):
            sign, right = self.take(), self.one()
            if sign == "÷":
                right = Range(1 / right.high, 1 / right.low)
            ends = [a * b for a in (found.low, found.high) for b in (right.low, right.high)]
            found = Range(min(ends), max(ends))
        return found

    def one(self) -> Range:
        token = self.take()
        if token == "(":
            found = self.sum()
            assert self.take() == ")"
            return found
        assert isinstance(token, Range), self.tokens
        return token

    def peek(self) -> object:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self) -> object:
        self.at += 1
        return self.tokens[self.at - 1]


def _tokens(text: str) -> list[object]:
    text = re.sub(r"^「.*?」 ", "", text)
    tokens: list[object] = []
    while text := text.lstrip():
        if text[0] in "+−×÷()":
            tokens.append(text[0])
            text = text[1:]
            continue
        tokens.append(figure(text))
        match = _NUMBER.match(text)
        assert match
        text = re.sub(r"^[^ +−×÷()]*", "", text[match.end() :])
    return tokens


def value(side: str) -> list[Range]:
    """A side of an equation: its value, and beside it the same as a decimal where one stands in brackets."""
    twice = _DOUBLE.search(side)
    if twice and not re.search(r" [+−×÷] ", side):
        return [figure(side), figure(twice.group().strip("()"))]
    return [_Expression(side).whole()]


def check_line(line: str) -> Range:
    """Compute one line again; answers what it comes to. Raises AssertionError where it does not hold."""
    equation, *roundings = line.split(" → ")
    sides = [one for side in equation.split(" = ") for one in value(side)]
    for left, right in itertools.pairwise(sides):
        assert left.meets(right), line
    last = min(sides, key=lambda one: one.high - one.low)
    for rounding in roundings:
        match = _ROUNDING.match(rounding)
        assert match, line
        unit = int(match[1].replace(",", "")) if match[1] else Fraction(1, 10 ** int(match[3]))
        result = figure(match[4])
        assert result.low == result.high, line
        assert result.low in {_round(last.low, unit, match[2]), _round(last.high, unit, match[2])}, line
        last = result
    return last


def _round(number: Fraction, unit: Fraction | int, word: str | None) -> Fraction:
    units = number / unit
    if word == "切上げ":
        return Fraction(-(-units).__floor__()) * unit
    return Fraction((units + (Fraction(1, 2) if word == "四捨五入" else 0)).__floor__()) * unit


def operands(line: str) -> list[Range]:
    """Every figure left of the first equals sign (or the whole line where there is none)."""
    left = re.split(" = | → ", line, maxsplit=1)[0]
    twice = _DOUBLE.search(left)
    if twice and not re.search(r" [+−×÷] ", left):
        return value(left)
    return [one for one in _tokens(left) if isinstance(one, Range)]
