"""Reads of a grant's procedure: period and deadlines, steps with confirmations and papers, all grants at a glance."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from billing.grant_procedures.evidence.rules import EvidenceView
from billing.grant_procedures.steps.deadlines import NOTHING_ENTERED, ProcedureInput, ProcedureView
from billing.grant_procedures.steps.rules import StepView
from tenants.database.engine import current_door
from tenants.errors import NotFound

_STEPS = """
SELECT s.*, c.confirmed_by, c.confirmed_at
  FROM grant_step s LEFT JOIN grant_step_confirmation c ON c.tenant_id = s.tenant_id AND c.step_id = s.id
 WHERE s.grant_id = ANY ($1) ORDER BY s.grant_id, s.id
"""
_FILES = """
SELECT a.id, a.step_id, a.file_id, a.name, f.size_bytes, f.sha256
  FROM grant_step_file a JOIN stored_file f ON f.tenant_id = a.tenant_id AND f.id = a.file_id
  JOIN grant_step s ON s.tenant_id = a.tenant_id AND s.id = a.step_id
 WHERE s.grant_id = ANY ($1) ORDER BY a.id
"""
_GLANCES = """
SELECT g.id, g.name, g.funder, g.program_id, p.title AS program_title, p.fiscal_year
  FROM grant_line g JOIN program p ON p.tenant_id = g.tenant_id AND p.id = g.program_id
 ORDER BY p.fiscal_year DESC, p.title, p.id, g.position
"""
_PROCEDURE = ", ".join(ProcedureInput.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class GrantGlance:
    """One grant with its program and everything recorded of it."""

    id: int
    name: str
    funder: str
    program_id: int
    program_title: str
    fiscal_year: int
    procedure: ProcedureView
    steps: tuple[StepView, ...]

    @property
    def url(self) -> str:
        """Where its procedure stands."""
        return f"/programs/{self.program_id}/grants/{self.id}/procedure"


async def procedure(grant_id: int) -> ProcedureView:
    """The period and deadlines of a grant; empty with version 0 when none were entered."""
    return (await _procedures([grant_id])).get(grant_id, NOTHING_ENTERED)


async def steps(grant_id: int) -> list[StepView]:
    """Everything recorded of a grant, also what was corrected, in the order it was recorded."""
    return (await _steps([grant_id]))[grant_id]


async def glances() -> list[GrantGlance]:
    """Every grant of every program, newest year first."""
    rows = await current_door().execute(_GLANCES)
    ids = [row["id"] for row in rows]
    procedures, recorded = await _procedures(ids), await _steps(ids)
    return [
        GrantGlance(**row, procedure=procedures.get(row["id"], NOTHING_ENTERED), steps=tuple(recorded[row["id"]]))
        for row in rows
    ]


async def step_file(grant_id: int, step_file_id: int) -> EvidenceView:
    """One paper of a step of this grant; raises NotFound."""
    for row in await current_door().execute(_FILES, ([grant_id],)):
        if row["id"] == step_file_id:
            return _file(row)
    raise NotFound


async def _procedures(grant_ids: Sequence[int]) -> dict[int, ProcedureView]:
    rows = await current_door().execute(
        f"SELECT grant_id, {_PROCEDURE}, version FROM grant_procedure WHERE grant_id = ANY ($1)",  # noqa: S608  (our own columns)
        (list(grant_ids),),
    )
    return {
        row["grant_id"]: ProcedureView(**{name: row[name] for name in ProcedureView.__dataclass_fields__})
        for row in rows
    }


async def _steps(grant_ids: Sequence[int]) -> dict[int, list[StepView]]:
    files: dict[int, list[EvidenceView]] = defaultdict(list)
    for row in await current_door().execute(_FILES, (list(grant_ids),)):
        files[row["step_id"]].append(_file(row))
    found: dict[int, list[StepView]] = defaultdict(list)
    confirmed: set[int] = set()
    # A correction comes after what it corrects, so that everything before it in its place is known.
    for row in await current_door().execute(_STEPS, (list(grant_ids),)):
        step = _view(row, tuple(files[row["id"]]), undoes_confirmed=row["replaces_id"] in confirmed)
        if step.was_confirmed:
            confirmed.add(step.id)
        found[row["grant_id"]].append(step)
    return found


def _file(row: dict[str, Any]) -> EvidenceView:
    return EvidenceView(**{name: row[name] for name in EvidenceView.__dataclass_fields__})


def _view(row: dict[str, Any], files: tuple[EvidenceView, ...], *, undoes_confirmed: bool) -> StepView:
    values = {name: row[name] for name in StepView.__dataclass_fields__ if name in row}
    values |= {"amount_yen": int(row["amount_yen"]), "confirmed_by": row["confirmed_by"] or ""}
    return StepView(**values, files=files, undoes_confirmed=undoes_confirmed)
