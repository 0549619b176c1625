"""下限額・上限額 in cells: what a bound takes from one member goes to the others by the same key, round by round.

For one member alone, the price at which the last round ended decides: whoever would pay beyond a bound at that price
stands at the bound. Bounds are compared by multiplying crosswise; nothing is decided by a division.
"""

from collections.abc import Sequence
from fractions import Fraction

from billing.apportionment.limiting import Limited, limit
from billing.apportionment.shares import Shares
from billing.apportionment.terms import Cost, Key, Limits
from billing.statements.workbook.arithmetic import ONE, combine, product, total
from billing.statements.workbook.figures import PLAIN, Figure, NoFormulas, Place
from billing.statements.workbook.inputs import Column
from billing.statements.workbook.keys import KeyFigures, Work
from billing.statements.workbook.ledger import Block, Line, Write

# Rounds that hold somebody: real rules end after two or three; each takes a dozen columns for every member.
MOST_ROUNDS = 12
# Rounds beyond those of today, so that amounts and bounds can be tried out.
_SPARE_ROUNDS = 2
_NO_MAXIMUM = PLAIN - 1
_ABOUT = f"{_NO_MAXIMUM:,}は上限なし"
_FEW = "ほかの団体の額が分かってしまうため、県の計算で決まった額を入れています"
_TOO_MANY = f"下限額・上限額による分け直しが{MOST_ROUNDS}回を超えるため、計算式を入れていません。"


def limit_columns(work: Work, keys: Sequence[Key]) -> dict[str, Column]:
    """The columns of the table of members that limits read."""
    columns = {}
    for key in keys:
        if key.limits is None:
            continue
        bounds = [key.limits.of(one.code) for one in work.members]
        highs = [_NO_MAXIMUM if one.maximum_yen is None else one.maximum_yen for one in bounds]
        columns[f"low/{key.id}"] = Column(
            f"{key.name} 下限額(円)", tuple(Fraction(one.minimum_yen or 0) for one in bounds), yen=True
        )
        columns[f"high/{key.id}"] = Column(
            f"{key.name} 上限額(円)", tuple(Fraction(min(one, _NO_MAXIMUM)) for one in highs), _ABOUT, yen=True
        )
    return columns


def limited_key(work: Work, cost: Cost, limits: Limits, key: KeyFigures, net: Figure) -> tuple[KeyFigures, Figure]:
    """Write one cost's shares within the limits of its key; and what ranks members for what rounding leaves."""
    work.ledger.heading(f"下限額・上限額「{cost.name}」")
    name = cost.charge.key or ""
    low, high = work.whole[f"low/{name}"], work.whole[f"high/{name}"]
    if work.own is not None:
        found = _alone(work, cost, limits, key, net, (low, high))
        return found, found.numerators
    found = _everybody(work, limits, key, net, (low, high))
    rounding = cost.rounding or work.run.case.rounding
    if rounding.remainder != "smallest_up":  # by remainders, nobody at a maximum has any: bounds are whole units
        return found, found.numerators
    space = found.block
    room = combine(space, "上限までの余地", [(1, high, found.denominator), (-1, found.numerators, ONE)])
    values = [int(one > 0) for one in room.values]
    below = Figure((space.write("上限未満", lambda i: f"IF({_sum(room, i)}=0,0,1)", values),), tuple(values))
    return found, product(space, "余りを受ける順位の対象", found.numerators, below)


def _sum(figure: Figure, i: int) -> str:
    return "(" + "+".join(limb.at(i) for limb in figure.limbs) + ")"


class _Rounds:
    """The rounds over all members, one below the other."""

    def __init__(self, work: Work, block: Block, key: KeyFigures, net: Figure, bounds: tuple[Figure, Figure]) -> None:
        self.work, self.block, self.key, self.net = work, block, key, net
        self.low, self.high = bounds
        rows = range(block.rows)
        self.free_values = [int(key.numerators.value(i) > 0) for i in rows]
        self.held_values = [0 for _ in rows]
        weight = key.numerators
        self.free = self._column("按分の対象", lambda i: f"IF({_sum(weight, i)}>0,1,0)", self.free_values)
        self.held = self._column("固定した額(円)", lambda _: "0", self.held_values)

    def _column(self, name: str, text: Write, values: Sequence[int]) -> Figure:
        return Figure((self.block.write(name, text, values),), tuple(values))

    def _flag(self, name: str, gap: Figure) -> Figure:
        """1 where the gap is below zero: then its highest limb is."""
        top = gap.limbs[-1]
        return self._column(name, lambda i: f"IF({top.at(i)}<0,1,0)", [int(one < 0) for one in gap.values])

    def left(self, number: int) -> tuple[Figure, Figure, Figure]:
        """What a round divides (yen), among which numerators, and their sum."""
        ledger = self.work.ledger
        area, net = self.held.place.area(), self.net.cell.at(0)
        value = self.net.value(0) - sum(self.held_values)
        line = ledger.line(f"第{number}回 分ける額(円)・分子の計")
        place = line.write("残り", lambda _: f"{net}-SUM({area})", [value])
        weights = product(self.block, f"第{number}回 分子", self.key.numerators, self.free)
        return Figure((place,), (value,)), weights, total(self.block, line, "計", weights)

    def next(self, number: int) -> None:
        """Hold whoever lies beyond a bound, on the side that is further out."""
        left, weights, whole = self.left(number)
        block = self.block
        lows = product(block, f"第{number}回 下限額", self.low, self.free)
        above = combine(block, f"第{number}回 上限との差", [(1, self.high, whole), (-1, weights, left)])
        below = combine(block, f"第{number}回 下限との差", [(1, weights, left), (-1, lows, whole)])
        over, under = self._flag("上限を上回る", above), self._flag("下限を下回る", below)
        beyond = combine(block, f"第{number}回 外れた大きさ", [(-1, above, over), (1, below, under)])
        line = self.work.ledger.line(f"第{number}回 上回る大きさ − 下回る大きさ")
        self._hold(number, over, under, _sides(line, total(block, line, "計", beyond)))

    def _hold(self, number: int, over: Figure, under: Figure, sides: tuple[Figure, Figure]) -> None:
        top, bottom = sides
        held, free = self.held.place, self.free.place
        rows = range(self.block.rows)
        self.held_values = [
            self.held_values[i]
            + over.value(i) * top.value(0) * self.high.value(i)
            + under.value(i) * bottom.value(0) * self.low.value(i)
            for i in rows
        ]
        self.free_values = [
            self.free_values[i] - over.value(i) * top.value(0) - under.value(i) * bottom.value(0) for i in rows
        ]
        up = _times(over.place, top.place)
        down = _times(under.place, bottom.place)
        high, low = self.high.cell, self.low.cell
        self.held = self._column(
            f"第{number}回 固定した額(円)",
            lambda i: f"{held.at(i)}+{up(i)}*{high.at(i)}+{down(i)}*{low.at(i)}",
            self.held_values,
        )
        self.free = self._column(
            f"第{number}回 固定していない", lambda i: f"{free.at(i)}-{up(i)}-{down(i)}", self.free_values
        )


def _times(flags: Place, side: Place) -> Write:
    return lambda i: f"{flags.at(i)}*{side.at(0)}"


def _sides(line: Line, balance: Figure) -> tuple[Figure, Figure]:
    """Whether those above their maximum are held, and those below their minimum; both when equally far out."""
    value, top = balance.value(0), balance.limbs[-1].at(0)
    over = line.write("上限で固定", lambda _: f"IF({top}<0,0,1)", [int(value >= 0)])
    under = line.write("下限で固定", lambda _: f"IF({top}<0,1,IF({_sum(balance, 0)}=0,1,0))", [int(value <= 0)])
    return Figure((over,), (int(value >= 0),)), Figure((under,), (int(value <= 0),))


def _everybody(work: Work, limits: Limits, key: KeyFigures, net: Figure, bounds: tuple[Figure, Figure]) -> KeyFigures:
    found = limit(net.value(0), key.numerators.values, [limits.of(one.code) for one in work.run.members])
    if len(found.rounds) > MOST_ROUNDS:
        raise NoFormulas(_TOO_MANY)
    block = work.ledger.block()
    rounds = _Rounds(work, block, key, net, bounds)
    count = len(found.rounds) - 1 + _SPARE_ROUNDS
    for number in range(1, count + 1):
        rounds.next(number)
    left, weights, whole = rounds.left(count + 1)
    line = work.ledger.line("分母(全団体を固定した場合は1)")
    zero = line.write("0なら1", lambda _: f"IF({_sum(whole, 0)}=0,1,0)", [int(not whole.value(0))])
    denominator = combine(line, "分母", [(1, whole, ONE), (1, Figure((zero,), (int(not whole.value(0)),)), ONE)])
    numerators = combine(block, "分け直した分子", [(1, weights, left), (1, rounds.held, denominator)])
    return KeyFigures(block, numerators, denominator, denominator)


def _alone(
    work: Work, cost: Cost, limits: Limits, key: KeyFigures, net: Figure, bounds: tuple[Figure, Figure]
) -> KeyFigures:
    """One member's share, from the price at which the last round ended (entered), held within its own bounds."""
    assert work.own is not None  # noqa: S101  (asked only for a workbook of one member)
    shares = Shares(work.run.case, work.run.members).of(cost.charge.key or "").figures
    every = [limits.of(one.code) for one in work.run.members]
    found = limit(cost.net_yen, shares.numerators, every)
    last = found.rounds[-1]
    block, inputs = work.ledger.block(), work.inputs
    inputs.heading(f"下限額・上限額「{cost.name}」")
    if len(found.rounds) > 1 and not _may_be_told(found, shares.numerators, work.own):
        exact = Fraction(found.exact.numerators[work.own], found.exact.denominator)
        top = inputs.long("分け直した後の額 × 分母", exact.numerator, _FEW)
        bottom = inputs.long("分母", exact.denominator)
        numerators = combine(block, "分け直した分子", [(1, top, ONE)])
        return KeyFigures(block, numerators, bottom, bottom)
    left = net
    if len(found.rounds) > 1:
        left = inputs.yen("最後に分けた残り(円)", last.left_yen, "固定した団体の額を引いた額(県の計算)")
    weight = Fraction(last.weight, shares.denominator)
    above = inputs.long("固定していない団体の按分率の計(分子)", weight.numerator, "全団体を固定していないときは1")
    below = inputs.long("固定していない団体の按分率の計(分母)", weight.denominator)
    part = product(block, "分子 × 残り", key.numerators, left)
    own = product(block, "分子", part, below)
    denominator = product(work.ledger.line("分母"), "積", key.denominator, above)
    return KeyFigures(block, _within(block, own, denominator, bounds), denominator, denominator)


def _within(block: Block, own: Figure, denominator: Figure, bounds: tuple[Figure, Figure]) -> Figure:
    """Hold a share within its bounds, over the same denominator."""
    low, high = bounds
    most, least = product(block, "上限 × 分母", high, denominator), product(block, "下限 × 分母", low, denominator)
    over = combine(block, "上限との差", [(1, most, ONE), (-1, own, ONE)])
    under = combine(block, "下限との差", [(1, own, ONE), (-1, least, ONE)])
    flags = []
    for name, gap in (("上限を上回る", over), ("下限を下回る", under)):
        top = gap.limbs[-1]
        values = tuple(int(one < 0) for one in gap.values)
        flags.append(Figure((block.write(name, lambda i, cell=top: f"IF({cell.at(i)}<0,1,0)", values),), values))  # type: ignore[misc]
    above, below = flags
    free = tuple(1 - a - b for a, b in zip(above.values, below.values, strict=True))
    place = block.write("固定していない", lambda i: f"1-{above.cell.at(i)}-{below.cell.at(i)}", free)
    terms = [(1, own, Figure((place,), free)), (1, most, above), (1, least, below)]
    return combine(block, "分け直した分子", terms)


def _may_be_told(found: Limited, weights: Sequence[int], own: int) -> bool:
    """Whether sums over the others mix at least two of them, held and not held."""
    held = {place for one in found.rounds for place in (*one.maximum, *one.minimum)} - {own}
    free = {place for place, weight in enumerate(weights) if weight} - held - {own}
    return found.rounds[-1].weight > 0 and 1 not in (len(held), len(free))
