"""Who takes what rounding leaves over (端数の行き先), in cells; only where all members may be seen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from billing.apportionment.terms import Rounding
from billing.statements.workbook.arithmetic import Term, larger, smaller
from billing.statements.workbook.figures import Figure, Place
from billing.statements.workbook.keys import Work
from billing.statements.workbook.ledger import Block


@dataclass(frozen=True)
class Dividing:
    """One rounding: ``terms`` ÷ ``divisor`` is the exact share; ``order`` ranks the members by it."""

    label: str
    terms: Sequence[Term]
    divisor: Figure
    net: Figure
    unit: Figure
    rounding: Rounding
    order: Figure
    zero: str
    """A formula that says whether every exact share is zero."""
    entered_extra: Figure

    def exact_tops(self) -> list[int]:
        """The members' exact shares, times the divisor."""
        rows = max(len(figure.values) for _, left, right in self.terms for figure in (left, right))
        return [sum(sign * left.value(i) * right.value(i) for sign, left, right in self.terms) for i in range(rows)]


def any_of(figure: Figure) -> str:
    """A formula that is zero when the figure is zero for everybody."""
    areas = [one.area() if isinstance(one, Place) else one.text for one in figure.limbs]
    return f"SUM({','.join(areas)})"


def give_leftover(work: Work, block: Block, one: Dividing, base: Figure, rest: Figure) -> tuple[Figure, Figure]:
    """Write what is left, what each member takes of it, and what stays with the prefecture."""
    net, area = one.net.cell.at(0), base.place.area()
    left = one.net.value(0) - sum(base.values)
    label = f"{one.label} 端数の残り(円)"
    cell = work.ledger.line(label).write("残り", lambda _: f"{net}-SUM({area})", [left])
    values, texts = _taken(work, block, one, rest, (left, cell))
    extra = Figure((block.write("端数の加算(円)", texts, values),), tuple(values))
    nobody = one.rounding.remainder == "undistributed"
    kept = 0 if nobody else left - sum(values)
    given = "0" if nobody else f"{cell.at(0)}-SUM({extra.place.area()})"
    written = work.ledger.line(f"{one.label} 県の負担(円)").write("県", lambda _: given, [kept])
    return extra, Figure((written,), (kept,))


def _taken(
    work: Work, block: Block, one: Dividing, rest: Figure, left: tuple[int, Place]
) -> tuple[list[int], Callable[[int], str]]:
    """What each member takes today, and its formula."""
    yen, cell = left
    unit, step = one.unit.value(0), one.unit.cell.at(0)
    places, index = range(len(work.members)), work.inputs.index
    tops = one.exact_tops()
    kind = one.rounding.remainder
    if kind in ("prefecture", "undistributed"):
        return [0] * len(places), lambda _: "0"
    if kind == "named":
        code = work.inputs.code("端数をまとめて負担する団体", one.rounding.named or "")
        codes = work.inputs.codes
        taken = [yen if member.code == one.rounding.named else 0 for member in work.members]
        return taken, lambda i: f"IF(EXACT({codes.at(i)},{code.at(0)}),{cell.at(0)},0)"
    ranking = smaller if kind == "smallest_up" else larger
    figure = rest if kind == "largest_remainder" else one.order
    ranks = _ranks(figure.values, smallest=kind == "smallest_up")
    rank = block.write("順位", lambda i: ranking(figure, index, i), ranks)
    if kind == "largest_share":
        first = [place == (0 if not any(tops) else ranks.index(1)) for place in places]
        taken = [yen if chosen else 0 for chosen in first]
        return taken, lambda i: f"IF(IF({one.zero},{index.at(i)},{rank.at(i)})=1,{cell.at(0)},0)"
    if kind == "largest_remainder":
        taken = [unit if place_rank <= yen // unit else 0 for place_rank in ranks]
        return taken, lambda i: f"IF({rank.at(i)}<=INT({cell.at(0)}/{step}),{step},0)"
    taken = [unit if tops[i] > 0 and figure.value(i) > 0 and ranks[i] <= yen // unit else 0 for i in places]
    given = f"INT({cell.at(0)}/{step})"
    return taken, lambda i: f"IF(OR({_row_sum(figure, i)}=0,{one.zero}),0,IF({rank.at(i)}<={given},{step},0))"


def _row_sum(figure: Figure, i: int) -> str:
    return "(" + "+".join(limb.at(i) for limb in figure.limbs) + ")"


def _ranks(values: Sequence[int], *, smallest: bool) -> list[int]:
    """What the formulas of ``larger`` and ``smaller`` compute."""
    if smallest:
        return [
            1 + sum(1 for j, other in enumerate(values) if other > 0 and (other < own or (other == own and j < i)))
            for i, own in enumerate(values)
        ]
    return [
        1 + sum(1 for j, other in enumerate(values) if other > own or (other == own and j < i))
        for i, own in enumerate(values)
    ]
