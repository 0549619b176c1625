"""All steps of a workbook in their order, for one member alone or for everybody; and where each figure stands."""

from dataclasses import dataclass

from billing.statements.workbook.arithmetic import rough
from billing.statements.workbook.claims import Claims, claim
from billing.statements.workbook.costs import Borne, CostFigures, bear, enter_costs
from billing.statements.workbook.figures import Figure, Literal, Place
from billing.statements.workbook.frozen import Frozen
from billing.statements.workbook.grants import give_grants
from billing.statements.workbook.inputs import SHEET, Inputs
from billing.statements.workbook.keys import KeyFigures, Work, key_figures, make_whole, used_keys
from billing.statements.workbook.ledger import Ledger
from billing.statements.workbook.limits import limit_columns
from billing.statements.workbook.tariffs import tariff_columns
from tenants.calendar import fiscal_year_label
from tenants.documents.live_workbook import LiveSheet
from tenants.documents.styles import Style

STEPS = "計算"
_STEP_WIDTHS = (14, 26, 17)
_INPUT_WIDTHS = (24, 16, 18, 17, 17, 17, 15, 15, 15, 40)


@dataclass(frozen=True)
class Cell:
    """A figure as another sheet reads it: its expression, and what it computes today."""

    expression: str
    value: int


@dataclass
class Steps:
    """The two filled sheets, and what stands in them."""

    work: Work
    borne: Borne
    claims: Claims
    inputs: LiveSheet
    steps: LiveSheet

    def cell(self, figure: Figure, code: str, row: str) -> Cell:
        """One member's figure; ``row`` is the address that holds the member's number where all have a row."""
        return Cell(self.read(figure.cell, row), figure.value(self._place(code)))

    def read(self, place: Place | Literal, row: str) -> str:
        """The expression that reads a cell of the member's row from another sheet."""
        if isinstance(place, Literal):
            return place.text
        at = place if place.sheet else Place(f"'{STEPS}'!", place.column, place.row, place.rows)
        if place.rows and self.work.own is None:
            return f"INDEX({at.area()},{row})"
        return at.at(0)

    def row_of(self, code: str) -> str:
        """The expression that finds a member's number by the code in a cell; codes differ by capitals too."""
        return f"SUMPRODUCT(EXACT({self.work.inputs.codes.area()},{code})*{self.work.inputs.index.area()})"

    def exact(self, one: CostFigures, row: str) -> str | None:
        """The member's exact share of a cost as a floating-point expression, to look at; None for a direct charge."""
        parts = [self.read(part, row) for part in _parts_of_exact(one)]
        return f"{parts[0]}*{parts[1]}/{parts[2]}" if parts else None

    def _place(self, code: str) -> int:
        return 0 if self.work.own is not None else self.work.run.place(code)


def write_steps(run: Frozen, own: int | None, footer: str) -> Steps:
    """Fill 「入力」 and 「計算」 for all members, or for the one at the place ``own`` alone.

    Raises ``NoFormulas`` when the case is more than a workbook computes.
    """
    inputs_sheet = LiveSheet(SHEET, _INPUT_WIDTHS, footer=footer, landscape=True)
    steps_sheet = LiveSheet(STEPS, _STEP_WIDTHS, footer=footer, landscape=True, pages_wide=0)
    members = run.members if own is None else (run.members[own],)
    ledger = Ledger(steps_sheet, [one.code for one in members], [one.name for one in members])
    work = Work(run, own, Inputs(inputs_sheet), ledger)
    _introduce(work)
    costs = [one for one in run.costs if own is None or one.id in _own_costs(run, own)]
    keys = used_keys(work, {one.id for one in costs})
    make_whole(work, keys, {**limit_columns(work, keys), **tariff_columns(work, costs)})
    borne = enter_costs(work, costs)
    figures: dict[str, KeyFigures] = {key.id: key_figures(work, key) for key in keys}
    bear(work, borne, figures)
    claims = claim(work, borne, give_grants(work, borne))
    for one in borne.costs.values():
        _parts_of_exact(one)
    return Steps(work, borne, claims, inputs_sheet, steps_sheet)


def _parts_of_exact(one: CostFigures) -> list[Place | Literal]:
    """Where the share before rounding is read from; written while the sheet is still open."""
    if one.key is None or one.scale is None:
        return []
    return [rough(one.key.block, figure) for figure in (one.key.numerators, one.scale, one.key.denominator)]


def _own_costs(run: Frozen, own: int) -> set[str]:
    """The costs on the member's statement."""
    code = run.members[own].code
    result = next(one for one in run.result["members"] if one["code"] == code)
    return {line["cost"] for line in result["lines"]}


def _introduce(work: Work) -> None:
    inputs, ledger, case = work.inputs, work.ledger, work.run.case
    inputs.heading("入力(計算した時点の写し)", Style.TITLE)
    inputs.heading(f"{fiscal_year_label(case.fiscal_year)}　{case.title}", Style.CAPTION)
    inputs.heading(_PUBLISHED if work.own is None else _OWN_ONLY, Style.NOTE)
    ledger.heading("計算(すべて式です)", Style.TITLE)
    ledger.heading("大きな数は、正確に計算するため6桁ずつに分けています((1)が下の6桁)。", Style.NOTE)


_PUBLISHED = "按分表を構成団体に公開する事業のため、全団体の値と式があります。"
_OWN_ONLY = (
    "貴団体の値と全団体の合計だけがあります。「端数の加算」は、県の計算で貴団体に加えた額を入力として示したものです。"
)
