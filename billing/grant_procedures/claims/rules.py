"""What a claim workbook shows, gathered from the procedure, the cost lines and the last approved run; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from billing.grant_procedures.evidence.rules import EvidenceView
from billing.grant_procedures.lines.rules import PAPERS, LineView
from billing.grant_procedures.steps.deadlines import ProcedureView
from billing.grant_procedures.steps.rules import Standing, StepView, effective
from billing.grants.rules import GrantView
from billing.runs.rules import RunView

RECEIVED = frozenset({"advance", "final_payment"})
PAID_BACK = frozenset({"repay", "repay_tax"})


@dataclass(frozen=True, slots=True)
class Given:
    """What one bearer was given from the grant by the last approved run, in yen."""

    code: str
    name: str
    grant_yen: int


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """One kept file: what it proves and how to know it again."""

    belongs_to: str
    proves: str
    file: EvidenceView


@dataclass(frozen=True, slots=True)
class ClaimView:
    """Everything in the workbook; ``run`` names the approved run the given amounts are from, None before one."""

    program_title: str
    fiscal_year: int
    grant: GrantView
    standing: Standing
    procedure: ProcedureView
    steps: tuple[StepView, ...]
    lines: tuple[LineView, ...]
    given: tuple[Given, ...]
    given_yen: int | None
    run: str
    evidence: tuple[EvidenceLine, ...]

    @property
    def payments(self) -> list[tuple[StepView, int]]:
        """Payments with their sign: received is positive, paid back is negative."""
        found = []
        for one in self.steps:
            if one.kind in RECEIVED:
                found.append((one, one.amount_yen))
            elif one.kind in PAID_BACK:
                found.append((one, -one.amount_yen))
        return found


def given_of(case: Mapping[str, Any], result: Mapping[str, Any], grant_id: int) -> tuple[tuple[Given, ...], int | None]:
    """What every bearer was given, by code with the prefecture last, and the sum; nothing for an unknown grant."""
    word = f"g{grant_id}"
    if all(one["id"] != word for one in case["grants"]):
        return (), None
    members = [Given(one["code"], one["name"], int(one["grants"].get(word, 0))) for one in result["members"]]
    prefecture = Given("", "県", int(result["prefecture"]["grants"].get(word, 0)))
    given = (*members, prefecture)
    return given, sum(one.grant_yen for one in given)


def run_name(run: RunView) -> str:
    """How a paper names the run its figures are from."""
    return f"{run.stage_label} {run.document_number}"


def evidence_of(steps: Sequence[StepView], lines: Sequence[LineView]) -> tuple[EvidenceLine, ...]:
    """Every file that counts: of the steps by date, then of the costs in their order."""
    of_steps = [EvidenceLine(one.label, one.document_number, file) for one in effective(steps) for file in one.files]
    of_costs = [EvidenceLine(one.cost.name, PAPERS[file.kind], file) for one in lines for file in one.papers]
    return (*of_steps, *of_costs)
