"""Reads of runs in the prefecture's scope."""

import json
from dataclasses import dataclass
from typing import Any

from billing.runs.rules import RunView
from billing.runs.tables import Run
from tenants.database.engine import current_door
from tenants.errors import NotFound

_RUN = "SELECT * FROM run WHERE id = $1"
"""As it is: spelling out 25 columns anew for each page takes the query builder longer than the database answers."""


@dataclass(frozen=True, slots=True)
class PaperView:
    """One stored paper of a run: its kind (summary, archive) and the stored file."""

    kind: str
    file_id: int


async def run(run_id: int) -> RunView:
    """One run; raises NotFound."""
    rows = await current_door().execute(_RUN, (run_id,))
    if not rows:
        raise NotFound
    return _view(rows[0])


async def locked_run(run_id: int) -> RunView:
    """The same, locked until the end of the transaction: two decisions at once wait for each other."""
    rows = await current_door().execute(f"{_RUN} FOR UPDATE", (run_id,))
    if not rows:
        raise NotFound
    return _view(rows[0])


async def runs(program_id: int) -> list[RunView]:
    """The program's runs, newest first."""
    rows = await Run.select().where(Run.program_id == program_id).order_by(Run.number, ascending=False)
    return [_view(row) for row in rows]


async def last_approved(program_id: int) -> RunView | None:
    """The program's newest approved run, whose invoices count as issued."""
    row = (
        await Run.select()
        .where((Run.program_id == program_id) & (Run.state == "approved"))
        .order_by(Run.number, ascending=False)
        .first()
    )
    return _view(row) if row else None


async def open_runs() -> list[RunView]:
    """Runs that somebody must still send or decide, oldest first."""
    rows = await Run.select().where(Run.state.is_in(["computed", "submitted"])).order_by(Run.id)
    return [_view(row) for row in rows]


async def papers(run_id: int) -> list[PaperView]:
    """The prefecture's stored papers of a run."""
    rows = await current_door().execute(
        "SELECT kind, file_id FROM run_paper WHERE run_id = $1 ORDER BY kind", (run_id,)
    )
    return [PaperView(row["kind"], row["file_id"]) for row in rows]


def _view(row: dict[str, Any]) -> RunView:
    problems = json.loads(row["problems"]) if row["problems"] else []
    fields = {name: row[name] for name in RunView.__dataclass_fields__ if name != "problems"}
    return RunView(**fields, problems=tuple(problems))
