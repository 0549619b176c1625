"""総括表: members × costs for the prefecture, with the sum checks of the whole run; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any


@dataclass(frozen=True, slots=True)
class CostColumn:
    """One cost of the table; ``charge`` says in Japanese who bears it and by which key."""

    id: str
    name: str
    amount_yen: int
    revenue_yen: int
    eligible: bool
    charge: str

    @property
    def net_yen(self) -> int:
        """What is borne."""
        return self.amount_yen - self.revenue_yen


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One bearer: its yen per cost (in the order of the columns), then how they become its invoice.

    ``adjustment_yen`` is what one rounding on the total adds to the floored shares; 0 when costs are rounded one
    by one. Σ ``shares_yen`` + ``adjustment_yen`` = ``gross_yen``; gross − Σ ``grants_yen`` = ``burden_yen``.
    """

    code: str
    name: str
    shares_yen: tuple[int, ...]
    adjustment_yen: int
    gross_yen: int
    grants_yen: tuple[int, ...]
    burden_yen: int
    invoice_yen: int
    issued_yen: int
    difference_yen: int

    @property
    def adds_up(self) -> bool:
        """Whether the row's own sums hold."""
        return (
            sum(self.shares_yen) + self.adjustment_yen == self.gross_yen
            and self.gross_yen - sum(self.grants_yen) == self.burden_yen
            and self.invoice_yen - self.issued_yen == self.difference_yen
        )


@dataclass(frozen=True, slots=True)
class SummaryView:
    """The run on one sheet. ``prefecture`` has the invoice difference in its ``invoice_yen`` (its own burden
    with the difference); ``undistributed`` is borne by nobody.
    """

    title: str
    fiscal_year: int
    costs: tuple[CostColumn, ...]
    grant_names: tuple[str, ...]
    rows: tuple[SummaryRow, ...]
    prefecture: SummaryRow
    undistributed: SummaryRow
    rounds_on_total: bool
    cost_yen: int
    revenue_yen: int
    net_yen: int
    members_gross_yen: int
    members_burden_yen: int
    members_invoice_yen: int

    @property
    def net_agrees(self) -> bool:
        """Total net = members + prefecture + undistributed."""
        return self.net_yen == self.members_gross_yen + self.prefecture.gross_yen + self.undistributed.gross_yen

    @property
    def rows_agree(self) -> bool:
        """Every row adds up, and the rows add up to the result's totals."""
        bearers = (*self.rows, self.prefecture, self.undistributed)
        return (
            all(row.adds_up for row in bearers)
            and sum(row.gross_yen for row in self.rows) == self.members_gross_yen
            and sum(row.burden_yen for row in self.rows) == self.members_burden_yen
            and sum(row.invoice_yen for row in self.rows) == self.members_invoice_yen
        )

    @property
    def costs_agree(self) -> bool:
        """Every cost's column adds up to its net (with the adjustments when the run rounds on the total)."""
        bearers = (*self.rows, self.prefecture, self.undistributed)
        sums = [sum(row.shares_yen[place] for row in bearers) for place in range(len(self.costs))]
        if self.rounds_on_total:
            return sum(sums) + sum(row.adjustment_yen for row in bearers) == self.net_yen
        return sums == [cost.net_yen for cost in self.costs]

    @property
    def agrees(self) -> bool:
        """Whether all sum checks hold."""
        return self.net_agrees and self.rows_agree and self.costs_agree


def summary_view(case: Mapping[str, Any], result: Mapping[str, Any]) -> SummaryView:
    """Will lay the result of a run out as one table, from the canonical case and the result document."""
    costs = tuple(_column(case, cost) for cost in case["costs"])
    grants = [grant["id"] for grant in case["grants"]]
    issued = case.get("issued_yen", {})
    rows = tuple(_row(member, costs, grants, issued.get(member["code"], 0)) for member in result["members"])
    prefecture, undistributed = _others(case, result, costs, rows, grants)
    totals = result["totals"]
    return SummaryView(
        title=case["title"],
        fiscal_year=case["fiscal_year"],
        costs=costs,
        grant_names=tuple(grant["name"] for grant in case["grants"]),
        rows=rows,
        prefecture=prefecture,
        undistributed=undistributed,
        rounds_on_total=case["rounding"]["stage"] == "total",
        cost_yen=totals["cost_yen"],
        revenue_yen=totals["revenue_yen"],
        net_yen=totals["net_yen"],
        members_gross_yen=totals["gross_yen"],
        members_burden_yen=totals["burden_yen"],
        members_invoice_yen=totals["invoice_yen"],
    )


def _column(case: Mapping[str, Any], cost: Mapping[str, Any]) -> CostColumn:
    charge = cost["charge"]
    if "key" in charge:
        words = next(key["name"] for key in case["keys"] if key["id"] == charge["key"])
    elif "member" in charge:
        words = "個別負担"
    elif "tariff" in charge:
        words = "料金表"
    else:
        words = "県負担"
    revenue = cost.get("revenue_yen", 0)
    return CostColumn(cost["id"], cost["name"], cost["amount_yen"], revenue, cost["eligible"], words)


def _row(member: Mapping[str, Any], costs: tuple[CostColumn, ...], grants: list[str], issued: int) -> SummaryRow:
    borne = {
        line["cost"]: line["share_yen"] if line["share_yen"] is not None else Fraction(line["exact"]).__floor__()
        for line in member["lines"]
    }
    shares = tuple(borne.get(cost.id, 0) for cost in costs)
    return SummaryRow(
        code=member["code"],
        name=member["name"],
        shares_yen=shares,
        adjustment_yen=member["gross_yen"] - sum(shares),
        gross_yen=member["gross_yen"],
        grants_yen=tuple(member["grants"].get(grant, 0) for grant in grants),
        burden_yen=member["burden_yen"],
        invoice_yen=member["invoice_yen"],
        issued_yen=issued,
        difference_yen=member["difference_yen"],
    )


def _others(
    case: Mapping[str, Any],
    result: Mapping[str, Any],
    costs: tuple[CostColumn, ...],
    rows: tuple[SummaryRow, ...],
    grants: list[str],
) -> tuple[SummaryRow, SummaryRow]:
    """The prefecture's row and the row of what nobody bears: what the members leave of each cost."""
    by_total = case["rounding"]["stage"] == "total"
    prefecture, nobody = [], []
    for place, (cost, column) in enumerate(zip(case["costs"], costs, strict=True)):
        left = column.net_yen - sum(row.shares_yen[place] for row in rows)
        if by_total and "key" in cost["charge"]:
            # The floored shares do not add up to the cost; the adjustments settle all costs at once.
            left = 0
        rounding = cost.get("rounding") or case["rounding"]
        unborne = "key" in cost["charge"] and rounding["remainder"] == "undistributed"
        prefecture.append(0 if unborne else left)
        nobody.append(left if unborne else 0)
    own = result["prefecture"]
    burden, difference = own["burden_yen"], own["invoice_difference_yen"]
    left_over = result["undistributed_yen"]
    no_grants = tuple(0 for _ in grants)
    return (
        SummaryRow(
            "",
            "県",
            tuple(prefecture),
            own["gross_yen"] - sum(prefecture),
            own["gross_yen"],
            tuple(own["grants"].get(grant, 0) for grant in grants),
            burden - difference,
            burden,
            burden,
            0,
        ),
        SummaryRow(
            "",
            "未配分",
            tuple(nobody),
            left_over - sum(nobody),
            left_over,
            no_grants,
            left_over,
            left_over,
            left_over,
            0,
        ),
    )
