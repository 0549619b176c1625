"""Reads of runs in the prefecture's scope."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from billing.programs.rules import ProgramName
from billing.runs.rules import RunHead, RunSurroundings, RunView
from tenants.database.engine import current_door
from tenants.errors import NotFound

STATE_NOW = (
    "CASE WHEN EXISTS (SELECT FROM run_withdrawal gone WHERE gone.tenant_id = r.tenant_id AND gone.run_id = r.id) "
    "THEN 'withdrawn' ELSE r.state END"
)
"""The state of the run ``r`` as people see it: its row stays approved for ever, a withdrawal stands beside it."""
_HEAD = ", ".join(f"r.{name}" for name in RunHead.__dataclass_fields__ if name != "state") + f", {STATE_NOW} AS state"
_RUN = f"SELECT r.*, {STATE_NOW} AS state_now FROM run r WHERE r.id = $1"  # noqa: S608  (our own columns)
_LOCKED = "SELECT id FROM run WHERE id = $1 FOR UPDATE"
_LOCKED_PROGRAM = "SELECT id FROM program WHERE id = $1 FOR UPDATE"
_ON_PAGE = f"""
SELECT {_HEAD}, p.title AS program_title, p.fiscal_year AS program_fiscal_year,
       ARRAY(SELECT a.kind FROM run_paper a WHERE a.run_id = r.id) AS papers,
       NOT EXISTS (SELECT FROM run later WHERE later.program_id = r.program_id AND later.state = 'approved'
                   AND later.number > r.number
                   AND NOT EXISTS (SELECT FROM run_withdrawal w WHERE w.run_id = later.id)) AS is_newest
  FROM run r JOIN program p ON p.id = r.program_id
 WHERE r.id = $1
"""  # noqa: S608  (our own columns)
"""One question for the page that is looked at most: each further one takes as long as this."""
_LAST_APPROVED = f"""
SELECT r.*, {STATE_NOW} AS state_now FROM run r
 WHERE r.program_id = $1 AND {STATE_NOW} = 'approved' ORDER BY r.number DESC LIMIT 1
"""  # noqa: S608  (our own columns)


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
    if not await current_door().execute(_LOCKED, (run_id,)):
        raise NotFound
    return await run(run_id)  # read after the wait: a withdrawal does not touch the run's own row


async def lock_program(program_id: int) -> None:
    """Will let decisions on runs of one program wait for each other until the end of the transaction."""
    await current_door().execute(_LOCKED_PROGRAM, (program_id,))


async def run_on_page(run_id: int) -> tuple[RunHead, RunSurroundings]:
    """A run without its documents, and what its page shows around it; raises NotFound."""
    rows = await current_door().execute(_ON_PAGE, (run_id,))
    if not rows:
        raise NotFound
    row = rows[0]
    program = ProgramName(row["program_id"], row["program_title"], row["program_fiscal_year"])
    return _head(row), RunSurroundings(program, frozenset(row["papers"]), row["is_newest"])


async def runs(program_id: int) -> list[RunHead]:
    """The program's runs, newest first."""
    rows = await current_door().execute(
        f"SELECT {_HEAD} FROM run r WHERE r.program_id = $1 ORDER BY r.number DESC",  # noqa: S608  (our own columns)
        (program_id,),
    )
    return [_head(row) for row in rows]


async def last_approved(program_id: int) -> RunView | None:
    """The program's newest approved run that was not withdrawn; its invoices count as issued."""
    rows = await current_door().execute(_LAST_APPROVED, (program_id,))
    return _view(rows[0]) if rows else None


async def last_approved_id(program_id: int) -> int | None:
    """The id of the same run, without its documents."""
    rows = await current_door().execute(
        "SELECT r.id FROM run r WHERE r.program_id = $1 AND r.state = 'approved' "
        "AND NOT EXISTS (SELECT 1 FROM run_withdrawal w WHERE w.run_id = r.id) ORDER BY r.number DESC LIMIT 1",
        (program_id,),
    )
    return int(rows[0]["id"]) if rows else None


async def open_runs() -> list[RunHead]:
    """Runs that somebody must still send or decide, oldest first."""
    rows = await current_door().execute(
        f"SELECT {_HEAD} FROM run r WHERE r.state IN ('computed', 'submitted') ORDER BY r.id"  # noqa: S608  (our own columns)
    )
    return [_head(row) for row in rows]


async def papers(run_id: int) -> list[PaperView]:
    """The prefecture's stored papers of a run."""
    rows = await current_door().execute(
        "SELECT kind, file_id FROM run_paper WHERE run_id = $1 ORDER BY kind", (run_id,)
    )
    return [PaperView(row["kind"], row["file_id"]) for row in rows]


def _head(row: Mapping[str, Any]) -> RunHead:
    return RunHead(**{name: row[name] for name in RunHead.__dataclass_fields__} | _problems(row))


def _view(row: Mapping[str, Any]) -> RunView:
    fields = {name: row[name] for name in RunView.__dataclass_fields__}
    return RunView(**fields | {"state": row["state_now"]} | _problems(row))


def _problems(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"problems": tuple(json.loads(row["problems"])) if row["problems"] else ()}
