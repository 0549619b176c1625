"""Rounding a quotient to a unit in cells: down, half up or up."""

from collections.abc import Sequence

from billing.apportionment.terms import Mode
from billing.statements.workbook.arithmetic import ONE, Term, combine, divide, product
from billing.statements.workbook.figures import Figure, constant
from billing.statements.workbook.ledger import Space


def rounded(space: Space, mode: Mode, unit: Figure, terms: Sequence[Term], bottom: Figure, name: str) -> Figure:
    """Round a sum of products ÷ ``bottom`` (zero or more) to a multiple of the unit."""
    top = list(terms)
    size = product(space.ledger.line("分母 × 単位"), "積", bottom, unit)
    if mode == "ceil":
        top = [*top, (1, size, ONE), (-1, ONE, ONE)]
    elif mode == "half_up":
        twice = constant(2)
        top = [*((sign, product(space, "2倍", left, twice), right) for sign, left, right in top), (1, size, ONE)]
        size = product(space.ledger.line("分母 × 単位 × 2"), "積", size, twice)
    units, _ = divide(space, "端数処理", top, size)
    return combine(space, name, [(1, units, unit)])
