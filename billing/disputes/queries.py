"""Reads of disputes: a member sees its own, the prefecture all; what stands open against the next stage."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from billing.disputes.rules import DEFAULT_DAYS, DisputeView, MessageView, Period, period_after
from billing.runs.decisions.rules import Obstacle
from billing.runs.rules import STAGES, RunHead
from tenants.database.engine import current_door
from tenants.errors import NotFound

_LINES = """
SELECT d.id, d.tenant_id, t.name AS tenant_name, d.statement_id, s.run_id, s.title, s.stage, s.run_number,
       s.document_number, d.cost_id, d.line_name, d.kind, d.state, d.outcome, d.opened_by_id, d.opened_by,
       d.opened_at, d.closed_by, d.closed_at
  FROM dispute d JOIN statement s ON s.tenant_id = d.tenant_id AND s.id = d.statement_id
  JOIN tenant t ON t.id = d.tenant_id
"""
_STANDING = """
SELECT count(*) FILTER (WHERE d.state = 'open') AS open, count(*) AS standing, min(d.id) AS first
  FROM dispute d JOIN statement s ON s.tenant_id = d.tenant_id AND s.id = d.statement_id
  JOIN run r ON r.tenant_id = s.prefecture_id AND r.id = s.run_id
 WHERE r.program_id = $1 AND d.state <> 'closed'
"""


async def disputes() -> list[DisputeView]:
    """Every dispute this scope sees, newest first."""
    return [_view(row) for row in await current_door().execute(_LINES + " ORDER BY d.id DESC")]


async def disputes_in(state: str) -> list[DisputeView]:
    """Those in a state, oldest first."""
    return [_view(row) for row in await current_door().execute(_LINES + " WHERE d.state = $1 ORDER BY d.id", (state,))]


async def disputes_of_statement(statement_id: int) -> list[DisputeView]:
    """Those about one statement, oldest first."""
    rows = await current_door().execute(_LINES + " WHERE d.statement_id = $1 ORDER BY d.id", (statement_id,))
    return [_view(row) for row in rows]


async def dispute(dispute_id: int) -> DisputeView:
    """One dispute; raises NotFound."""
    rows = await current_door().execute(_LINES + " WHERE d.id = $1", (dispute_id,))
    if not rows:
        raise NotFound
    return _view(rows[0])


async def locked_dispute(dispute_id: int) -> DisputeView:
    """The same, locked until the end of the transaction."""
    if not await current_door().execute("SELECT id FROM dispute WHERE id = $1 FOR UPDATE", (dispute_id,)):
        raise NotFound
    return await dispute(dispute_id)


async def messages(dispute_id: int) -> list[MessageView]:
    """The thread, oldest first."""
    rows = await current_door().execute(
        "SELECT id, by_prefecture, person_name, text, file_name, file_id, written_at FROM dispute_message "
        "WHERE dispute_id = $1 ORDER BY id",
        (dispute_id,),
    )
    return [MessageView(**row) for row in rows]


async def writers(dispute_id: int, *, prefecture: bool) -> list[int]:
    """Ids of the people of one side who wrote in the thread."""
    rows = await current_door().execute(
        "SELECT DISTINCT person_id FROM dispute_message WHERE dispute_id = $1 AND by_prefecture = $2",
        (dispute_id, prefecture),
    )
    return sorted(int(row["person_id"]) for row in rows)


async def period_of(statement_id: int, issued_at: datetime) -> Period:
    """The statement's frozen period; one issued before there were periods has the default number of days."""
    rows = await current_door().execute("SELECT last_day FROM dispute_period WHERE statement_id = $1", (statement_id,))
    return Period(rows[0]["last_day"]) if rows else period_after(issued_at, DEFAULT_DAYS)


async def rule(program_id: int) -> tuple[int, int]:
    """The program's days and the version of the record, 0 when there is none yet."""
    rows = await current_door().execute("SELECT days, version FROM dispute_rule WHERE program_id = $1", (program_id,))
    return (int(rows[0]["days"]), int(rows[0]["version"])) if rows else (DEFAULT_DAYS, 0)


async def obstacles_of(run: RunHead) -> list[Obstacle]:
    """What members of the program still dispute; an approver may go on with a reason."""
    (row,) = await current_door().execute(_STANDING, (run.program_id,))
    if not row["standing"]:
        return []
    message = (
        f"終了していない照会・異議が{row['standing']}件あります"
        f"(回答待ち{row['open']}件、回答済み{row['standing'] - row['open']}件)。"
    )
    url = f"/disputes/{row['first']}" if row["standing"] == 1 else f"/disputes?program={run.program_id}"
    return [Obstacle("dispute-open", message, url, overridable=True)]


def _view(row: Mapping[str, Any]) -> DisputeView:
    values = {name: row[name] for name in DisputeView.__dataclass_fields__ if name != "stage_label"}
    return DisputeView(**values, stage_label=f"{STAGES[row['stage']]}(第{row['run_number']}回)")
