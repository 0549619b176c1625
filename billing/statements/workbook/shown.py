"""What the printed sheet reads from the steps: an expression and today's value for every figure of one member."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from billing.statements.rules import StatementView
from billing.statements.workbook.figures import Figure
from billing.statements.workbook.steps import Cell, Steps

CODE_OF_MEMBER, ROW_OF_MEMBER = "$F$6", "$G$6"
"""Where the printed sheet holds the member's code and its number among all (of a published program)."""


@dataclass(frozen=True)
class Shown:
    """The figures of one member by name, and of each cost, grant and instalment by ``name/id``.

    Empty where the sheet shows the system's figures as values. ``exact`` are shares before rounding, to look at;
    ``number`` finds the member among all, where all have a row.
    """

    cells: Mapping[str, Cell] = field(default_factory=dict)
    exact: Mapping[str, str] = field(default_factory=dict)
    number: Cell | None = None

    @property
    def live(self) -> bool:
        """Whether there are formulas at all."""
        return bool(self.cells)

    def cell(self, name: str) -> Cell | None:
        """One figure, None where there is none to compute."""
        return self.cells.get(name)

    def checked(self, view: StatementView) -> list[tuple[str, Cell, int]]:
        """Every yen of the statement: what it is, what the formulas compute, what the system computed."""
        rows: list[tuple[str, str, int]] = []
        for line in view.lines:
            yen = int(line.exact) if line.key is None else line.share_yen or 0
            rows.append((line.name, f"share/{line.cost_id}", yen))
        rows += [("按分する経費の合計", "total", view.total.share_yen)] if view.total else []
        rows.append(("負担総額", "gross", view.gross_yen))
        rows += [(grant.name, f"grant/{grant.id}", grant.amount_yen) for grant in view.grants]
        rows += [("負担金", "burden", view.burden_yen), ("請求額", "invoice", view.invoice_yen)]
        if len(view.instalments_yen) > 1:
            for place, amount in enumerate(view.instalments_yen):
                rows.append((f"納付額 第{place + 1}期", "each" if place else "first", amount))
        rows.append(("差額(請求額 − 通知済みの額)", "difference", view.difference_yen))
        return [(label, self.cells[name], yen) for label, name, yen in rows if name in self.cells]


def shown_of(steps: Steps, code: str) -> Shown:
    """The figures of one member."""
    claims, borne = steps.claims, steps.borne
    figures: dict[str, Figure | None] = {
        "gross": claims.gross,
        "burden": claims.burden,
        "invoice": claims.invoice,
        "first": claims.first,
        "each": claims.each,
        "difference": claims.difference,
        "total": borne.total,
        "total_added": borne.total_extra,
    }
    exact = {}
    for name, grant in claims.grants.items():
        figures[f"grant/{name}"] = grant
    for name, cost in borne.costs.items():
        figures |= {f"net/{name}": cost.net, f"added/{name}": cost.extra, f"share/{name}": cost.yen}
        written = steps.exact(cost, ROW_OF_MEMBER)
        if written:
            exact[name] = written
    cells = {name: steps.cell(one, code, ROW_OF_MEMBER) for name, one in figures.items() if one is not None}
    number = None
    if steps.work.own is None:
        number = Cell(steps.row_of(CODE_OF_MEMBER), steps.work.run.place(code) + 1)
    return Shown(cells, exact, number)
