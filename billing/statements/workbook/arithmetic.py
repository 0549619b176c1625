"""Exact arithmetic in cells: sums of products, sums over bearers, divisions with a remainder, and ranks.

A quotient is estimated in floating point, and corrected by its exact remainder; nothing is ever decided by a division.
"""

from collections.abc import Callable, Sequence

from billing.statements.workbook.figures import (
    BASE,
    LARGEST,
    PLAIN,
    Figure,
    Literal,
    NoFormulas,
    Place,
    columns_of,
    constant,
)
from billing.statements.workbook.ledger import Line, Space

Term = tuple[int, Figure, Figure]
"""A sign and two factors."""

ONE = constant(1)
_TOO_LARGE = "按分の分母が大きすぎるため、計算式を入れていません。"
# A quotient found in one go: its estimate is then nearer than one unit (forty roundings of 2**-53 each).
_ONE_GO = 10**13
_TWO_LIMBS = BASE**2
# The highest limb keeps a digit free, so that what people try out still compares limb by limb.
_HEADROOM = 10


def product(space: Space, name: str, left: Figure, right: Figure) -> Figure:
    """Multiply two figures."""
    if right == ONE:
        return left
    if left == ONE:
        return right
    return combine(space, name, [(1, left, right)])


def combine(space: Space, name: str, terms: Sequence[Term]) -> Figure:
    """Add up signed products, for every bearer of the space."""
    rows = space.rows or 1
    values = [sum(sign * a.value(i) * b.value(i) for sign, a, b in terms) for i in range(rows)]
    bound = sum(a.most * b.most for _, a, b in terms)
    if bound < PLAIN and all(a.plain and b.plain for _, a, b in terms):
        singles = [(sign, a.cell, b.cell) for sign, a, b in terms]
        return Figure((space.write(name, lambda i: _sum(singles, i), values),), tuple(values))
    columns: list[_Column] = []
    for sign, a, b in terms:
        left, right = cut(space, a), cut(space, b)
        for low, x in enumerate(left.limbs):
            for high, y in enumerate(right.limbs):
                while len(columns) <= low + high:
                    columns.append(_Column(rows))
                columns[low + high].add(sign, (x, left.limb_values(low)), (y, right.limb_values(high)))
    return _carry(space, name, columns, values)


def total(block: Space, line: Line, name: str, figure: Figure) -> Figure:
    """Add a figure up over all its rows."""
    value = sum(figure.values)
    if figure.plain and value < PLAIN:
        return Figure((line.write(name, lambda _: f"SUM({figure.place.area()})", [value]),), (value,))
    columns = []
    limbs = cut(block, figure)
    for place, limb in enumerate(limbs.limbs):
        columns.append(_Column(1))
        if isinstance(limb, Place):
            columns[-1].sum_of(limb, sum(limbs.limb_values(place)))
    return _carry(line, name, columns, [value])


def divide(space: Space, name: str, terms: Sequence[Term], divisor: Figure) -> tuple[Figure, Figure]:
    """Divide a sum of products by a figure: the floored quotient and the exact remainder; 0 and the sum by zero."""
    rows = space.rows or 1
    tops = [sum(sign * a.value(i) * b.value(i) for sign, a, b in terms) for i in range(rows)]
    pairs = [divmod(top, divisor.value(i)) if divisor.value(i) else (0, top) for i, top in enumerate(tops)]
    quotients, rests = tuple(one for one, _ in pairs), tuple(one for _, one in pairs)
    if max(quotients) >= _ONE_GO:
        return _divide_long(space, name, terms, divisor)
    bound = sum(a.most * b.most for _, a, b in terms)
    # The remainder subtracts as much again before it is small.
    if 2 * bound < PLAIN and divisor.most < PLAIN and all(a.plain and b.plain for _, a, b in terms) and divisor.plain:
        singles, by = [(sign, a.cell, b.cell) for sign, a, b in terms], divisor.cell
        text = lambda i: f"IF({by.at(i)}=0,0,INT(({_sum(singles, i)})/{by.at(i)}))"  # noqa: E731
        quotient = Figure((space.write(f"{name} 商", text, quotients),), quotients)
        return quotient, combine(space, f"{name} 余り", [*terms, (-1, quotient, divisor)])
    if bound > LARGEST:
        raise NoFormulas(_TOO_LARGE)
    roughs = [(sign, rough(space, a), rough(space, b)) for sign, a, b in terms]
    by = rough(space, divisor)
    text = lambda i: f"IF({by.at(i)}=0,0,INT(({_sum(roughs, i)})/{by.at(i)}))"  # noqa: E731
    guess = Figure((space.write(f"{name} 概算の商", text, quotients),), quotients)
    over = combine(space, f"{name} 仮の余り", [*terms, (-1, guess, divisor)])
    top, against = over.limbs[-1], cut(space, divisor)
    high = lambda i: f"IF({top.at(i)}<0,-1,IF(AND({by.at(i)}>0,{_order(over, against, i)}>=0),1,0))"  # noqa: E731
    step = Figure((space.write(f"{name} 商の補正", high, [0] * rows),), (0,) * rows)
    quotient = combine(space, f"{name} 商", [(1, guess, ONE), (1, step, ONE)])
    rest = combine(space, f"{name} 余り", [(1, over, ONE), (-1, step, divisor)])
    return quotient, Figure(rest.limbs[: max(len(against.limbs), 1)], rests)


def _divide_long(space: Space, name: str, terms: Sequence[Term], divisor: Figure) -> tuple[Figure, Figure]:
    """Divide in two goes: twelve digits of the quotient at the end, whatever is above them first."""
    zero = Literal("0")
    against = cut(space, divisor)
    shifted = Figure((zero, zero, *against.limbs), tuple(one * _TWO_LIMBS for one in divisor.values))
    upper, rest = divide(space, f"{name}(上位)", terms, shifted)
    lower, rest = divide(space, f"{name}(下位)", [(1, rest, ONE)], divisor)
    parts = cut(space, lower).limbs[:2]  # below 10**12: a third limb, kept for its headroom, is zero
    limbs = (*parts, *[zero] * (2 - len(parts)), *cut(space, upper).limbs)
    rows = len(upper.values)
    return Figure(limbs, tuple(upper.value(i) * _TWO_LIMBS + lower.value(i) for i in range(rows))), rest


def cut(space: Space, figure: Figure) -> Figure:
    """The figure in limbs; a small one stays in its one cell."""
    if not figure.plain or figure.most < BASE:
        return figure
    if isinstance(figure.cell, Literal):
        limbs = columns_of(figure.values, _count(figure.most))
        return Figure(tuple(Literal(str(one[0])) for one in limbs), figure.values)
    ledger = space.ledger
    found = ledger.cut.get(figure)
    if found is None:
        where = space if figure.place.rows else ledger.line("↑ 6桁ずつに分ける")
        cell, count = figure.place, _count(figure.most)
        texts: list[Callable[[int], str]] = [lambda i: f"MOD({cell.at(i)},{BASE})"]
        if count > 2:  # noqa: PLR2004  (low, middle and high limb)
            texts.append(lambda i: f"MOD(INT({cell.at(i)}/{BASE}),{BASE})")
        if count > 1:
            texts.append(lambda i: f"INT({cell.at(i)}/{BASE ** (count - 1)})")
        values = columns_of(figure.values, count)
        places = [where.write(f"6桁({n})", text, values[n]) for n, text in enumerate(texts)]
        found = ledger.cut[figure] = Figure(tuple(places), figure.values)
    return found


def larger(figure: Figure, index: Place, i: int) -> str:
    """How many rows stand before row ``i`` when the largest comes first, ties to the upper row; and one."""
    return f"1+SUMPRODUCT(--(({_against(figure, i, 1)}+SIGN({index.at(i)}-{index.area()}))>0))"


def smaller(figure: Figure, index: Place, i: int) -> str:
    """The same with the smallest first, among the rows above zero."""
    positive = "+".join(one.area() for one in figure.limbs if isinstance(one, Place))
    tie = f"SIGN({index.at(i)}-{index.area()})"
    return f"1+SUMPRODUCT(({positive}>0)*(({_against(figure, i, -1)}+{tie})>0))"


def _against(figure: Figure, i: int, sign: int) -> str:
    """Compare every row with row ``i``, limb by limb; the highest limb that differs decides."""
    parts = []
    for power, limb in enumerate((one for one in figure.limbs if isinstance(one, Place)), 1):
        left, right = (limb.area(), limb.at(i)) if sign > 0 else (limb.at(i), limb.area())
        parts.append(f"{2**power}*SIGN({left}-{right})")
    return "+".join(parts)


def _order(left: Figure, right: Figure, i: int) -> str:
    """Positive, zero or negative as ``left`` is larger, equal or smaller; limbs of both are in range."""
    parts = []
    for power in range(max(len(left.limbs), len(right.limbs))):
        a = left.limbs[power].at(i) if power < len(left.limbs) else "0"
        b = right.limbs[power].at(i) if power < len(right.limbs) else "0"
        parts.append(f"{2**power}*SIGN({a}-{b})")
    return "+".join(parts)


def _sum(terms: Sequence[tuple[int, Place | Literal, Place | Literal]], i: int) -> str:
    text = ""
    for sign, left, right in terms:
        factors = [one.at(i) for one in (left, right)]
        if "0" in factors:
            continue
        written = "*".join(one for one in factors if one != "1") or "1"
        text += ("-" if sign < 0 else "+" if text else "") + written
    return text or "0"


class _Column:
    """What adds up to one limb, before what the limb below carries over."""

    def __init__(self, rows: int) -> None:
        self._terms: list[tuple[int, Place | Literal, Place | Literal]] = []
        self._area = ""
        self.values = [0] * rows

    def add(
        self, sign: int, left: tuple[Place | Literal, Sequence[int]], right: tuple[Place | Literal, Sequence[int]]
    ) -> None:
        """Add a signed product of two limbs, each given with its value per row (or one for all)."""
        self._terms.append((sign, left[0], right[0]))
        for i in range(len(self.values)):
            a, b = (one[i] if len(one) > 1 else one[0] for one in (left[1], right[1]))
            self.values[i] += sign * a * b

    def sum_of(self, limb: Place, value: int) -> None:
        """Add a limb over all rows."""
        self._area = f"SUM({limb.area()})"
        self.values = [value]

    def text(self, i: int) -> str:
        """The formula for one row."""
        return self._area or _sum(self._terms, i)


def _carry(space: Space, name: str, columns: list[_Column], values: Sequence[int]) -> Figure:
    """Write limbs whose sums may exceed a limb: each passes what is above six digits to the next."""
    while max(map(abs, values), default=0) * _HEADROOM >= BASE ** len(columns):
        columns.append(_Column(len(values)))
    limbs: list[Place] = []
    before: Place | None = None
    carried = [0] * len(values)
    for number, column in enumerate(columns, 1):

        def text(i: int, column: _Column = column, before: Place | None = before) -> str:
            return column.text(i) + (f"+INT({before.at(i)}/{BASE})" if before else "")

        sums = [one + more for one, more in zip(column.values, carried, strict=True)]
        if number == len(columns):
            limbs.append(space.write(f"{name}({number})", text, sums))
            break
        before = space.write(f"{name}({number})繰上げ前", text, sums)
        carried = [one // BASE for one in sums]
        modulo = lambda i, cell=before: f"MOD({cell.at(i)},{BASE})"  # noqa: E731
        limbs.append(space.write(f"{name}({number})", modulo, [one % BASE for one in sums]))
    return Figure(tuple(limbs), tuple(values))


def rough(space: Space, figure: Figure) -> Place | Literal:
    """The figure as a floating-point number near it; raises NoFormulas where there is none."""
    if figure.plain:
        return figure.cell
    if figure.most > LARGEST:
        raise NoFormulas(_TOO_LARGE)
    if all(isinstance(one, Literal) for one in figure.limbs):
        return Literal(repr(float(figure.values[0])).replace("e+", "E"))
    found = space.ledger.rough.get(figure)
    if found is None:
        per_row = any(isinstance(one, Place) and one.rows for one in figure.limbs)
        where = space if per_row else space.ledger.line("↑ 概数")
        high = list(reversed(figure.limbs))

        def text(i: int) -> str:
            written = high[0].at(i)
            for one in high[1:]:
                written = f"({written})*{BASE}+{one.at(i)}"
            return written

        found = space.ledger.rough[figure] = where.write("概数", text, [float(one) for one in figure.values])
    return found


def _count(most: int) -> int:
    return max(1, (len(str(most * _HEADROOM)) + 5) // 6)
