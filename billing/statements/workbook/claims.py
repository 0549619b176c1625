"""From what is borne to what is paid: gross, grants, burden, invoice, instalments and difference, in cells."""

from dataclasses import dataclass

from billing.apportionment.splitting import round_to_unit
from billing.apportionment.terms import Mode
from billing.statements.wording import unit_words
from billing.statements.workbook.arithmetic import ONE, combine
from billing.statements.workbook.costs import Borne
from billing.statements.workbook.figures import Figure
from billing.statements.workbook.keys import Work
from billing.statements.workbook.ledger import Block


@dataclass(frozen=True)
class Claims:
    """What every member with a row pays, in yen."""

    gross: Figure
    grants: dict[str, Figure]
    burden: Figure
    invoice: Figure
    first: Figure
    each: Figure
    difference: Figure


def claim(work: Work, borne: Borne, grants: dict[str, Figure]) -> Claims:
    """Write the last steps."""
    case, inputs = work.run.case, work.inputs
    inputs.heading("請求")
    inputs.words("端数処理", unit_words({"unit_yen": case.invoice.unit_yen, "mode": case.invoice.mode}))
    unit = inputs.yen("請求額の端数の単位(円)", case.invoice.unit_yen)
    count = inputs.yen("納付回数", case.instalments.count)
    step = inputs.yen("納付額の端数の単位(円)", case.instalments.unit_yen)
    work.ledger.heading("負担金と請求額")
    block = work.ledger.block()
    shares = [one.yen for one in borne.costs.values() if one.yen is not None]
    shares += [borne.total] if borne.total is not None else []
    gross = _added(block, "負担総額(円)", shares)
    burden = combine(block, "負担金(円)", [(1, gross, ONE), *((-1, one, ONE) for one in grants.values())])
    invoice = _rounded(block, burden, unit, case.invoice.mode)
    size = count.value(0) * step.value(0)
    each_values = [one // size * step.value(0) for one in invoice.values]
    divided = lambda i: (  # noqa: E731
        f"INT({invoice.cell.at(i)}/({count.cell.at(0)}*{step.cell.at(0)}))*{step.cell.at(0)}"
    )
    each = Figure((block.write("2回目からの納付額(円)", divided, each_values),), tuple(each_values))
    rest = [one - other * (count.value(0) - 1) for one, other in zip(invoice.values, each_values, strict=True)]
    taken = lambda i: f"{invoice.cell.at(i)}-{each.cell.at(i)}*({count.cell.at(0)}-1)"  # noqa: E731
    first = Figure((block.write("1回目の納付額(円)", taken, rest),), tuple(rest))
    difference = combine(block, "差額(円)", [(1, invoice, ONE), (-1, work.whole["issued"], ONE)])
    return Claims(gross, grants, burden, invoice, first, each, difference)


def _added(block: Block, name: str, parts: list[Figure]) -> Figure:
    if parts:
        return combine(block, name, [(1, one, ONE) for one in parts])
    values = (0,) * block.rows
    return Figure((block.write(name, lambda _: "0", values),), values)


def _rounded(block: Block, burden: Figure, unit: Figure, mode: Mode) -> Figure:
    """Round the burden to its unit; a burden is never negative."""
    step = unit.cell.at(0)

    def text(i: int) -> str:
        yen = burden.cell.at(i)
        if mode == "floor":
            return f"INT({yen}/{step})*{step}"
        if mode == "ceil":
            return f"INT(({yen}+{step}-1)/{step})*{step}"
        return f"INT((2*{yen}+{step})/(2*{step}))*{step}"

    values = [round_to_unit(yen, 1, unit.value(0), mode) for yen in burden.values]
    return Figure((block.write("請求額(円)", text, values),), tuple(values))
