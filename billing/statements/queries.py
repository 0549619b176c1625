"""Reads of statements: a town sees its own, the prefecture those it issued."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from billing.runs.rules import PROGRAM_OF_STATEMENT, STAGES
from tenants.database.engine import current_door
from tenants.errors import NotFound
from tenants.web.rendering import Status

STANDINGS = {"issued": Status("有効", "success"), "withdrawn": Status("取消し", "danger")}
"""Whether a statement's amount counts."""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One statement in the list."""

    id: int
    tenant_id: int
    tenant_name: str
    fiscal_year: int
    title: str
    stage_label: str
    document_number: str
    due_date: date | None
    invoice_yen: int
    difference_yen: int
    issued_at: datetime
    withdrawn_at: datetime | None
    withdrawal_reason: str | None
    """Set when the prefecture withdrew the run: the statement stays readable and counts no more."""

    @property
    def standing(self) -> Status:
        """Word and shape for people: whether the amount counts."""
        return STANDINGS["issued" if self.withdrawn_at is None else "withdrawn"]


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment of a statement in yen; below zero it is a refund."""

    number: int
    due_date: date | None
    yen: int


@dataclass(frozen=True, slots=True)
class Payments:
    """The payments of one statement."""

    id: int
    program_id: int
    title: str
    stage_label: str
    payments: tuple[Payment, ...]


@dataclass(frozen=True, slots=True)
class FileView:
    """A stored file of a tenant."""

    tenant_id: int
    storage_key: str
    file_name: str
    content_type: str
    sha256: str


_LINES = """
SELECT s.id, s.tenant_id, t.name AS tenant_name, s.fiscal_year, s.title, s.stage, s.run_number, s.document_number,
       s.due_date, s.invoice_yen, s.difference_yen, s.issued_at, w.withdrawn_at,
       w.reason AS withdrawal_reason
  FROM statement s JOIN tenant t ON t.id = s.tenant_id
  LEFT JOIN statement_withdrawal w ON w.tenant_id = s.tenant_id AND w.statement_id = s.id
"""


_NEWEST = f"""
SELECT * FROM (
  SELECT DISTINCT ON ({PROGRAM_OF_STATEMENT})
         s.id, {PROGRAM_OF_STATEMENT} AS program_id, s.title, s.stage, s.run_number, s.due_date, s.invoice_yen,
         (s.content -> 'schedule')::text AS schedule
    FROM statement s
   WHERE s.tenant_id = $1 AND NOT EXISTS (
         SELECT 1 FROM statement_withdrawal w WHERE w.tenant_id = s.tenant_id AND w.statement_id = s.id)
   ORDER BY {PROGRAM_OF_STATEMENT}, s.run_number DESC) newest
 ORDER BY id DESC
"""  # noqa: S608  (our own text)


async def statements(tenant_id: int) -> list[StatementLine]:
    """The tenant's statements, newest first."""
    rows = await current_door().execute(
        _LINES + " WHERE s.tenant_id = $1 ORDER BY s.issued_at DESC, s.id DESC", (tenant_id,)
    )
    return [_line(row) for row in rows]


async def statements_of_run(run_id: int) -> list[StatementLine]:
    """Every member's statement of a run, by organisation code."""
    rows = await current_door().execute(_LINES + " WHERE s.run_id = $1 ORDER BY t.code", (run_id,))
    return [_line(row) for row in rows]


async def newest_statements(tenant_id: int) -> list[Payments]:
    """The payments of the tenant's newest statement of each program that counts, newest first."""
    rows = await current_door().execute(_NEWEST, (tenant_id,))
    return [
        Payments(
            row["id"],
            row["program_id"],
            row["title"],
            f"{STAGES[row['stage']]}(第{row['run_number']}回)",
            _payments(row),
        )
        for row in rows
    ]


def _payments(row: Mapping[str, Any]) -> tuple[Payment, ...]:
    """Those kept with the statement; an older one has a single due date."""
    if row["schedule"] is None:
        return (Payment(1, row["due_date"], row["invoice_yen"]),)
    return tuple(
        Payment(one["number"], date.fromisoformat(one["due_date"]) if one["due_date"] else None, one["yen"])
        for one in json.loads(row["schedule"])
    )


async def statement(statement_id: int) -> tuple[StatementLine, Mapping[str, Any]]:
    """One statement with the content it was issued with; raises NotFound."""
    rows = await current_door().execute(_LINES + " WHERE s.id = $1", (statement_id,))
    if not rows:
        raise NotFound
    content = await current_door().execute("SELECT content FROM statement WHERE id = $1", (statement_id,))
    return _line(rows[0]), json.loads(content[0]["content"])


async def run_of(statement_id: int) -> int:
    """The run a statement was issued by; raises NotFound."""
    rows = await current_door().execute("SELECT run_id FROM statement WHERE id = $1", (statement_id,))
    if not rows:
        raise NotFound
    return int(rows[0]["run_id"])


async def statement_file(statement_id: int, kind: str) -> FileView:
    """The ``xlsx`` or ``pdf`` file of a statement; raises NotFound."""
    column = {"xlsx": "xlsx_file_id", "pdf": "pdf_file_id"}[kind]
    rows = await current_door().execute(
        "SELECT f.tenant_id, f.storage_key, f.file_name, f.content_type, f.sha256 FROM statement s "  # noqa: S608  (one of two column names)
        f"JOIN stored_file f ON f.tenant_id = s.tenant_id AND f.id = s.{column} WHERE s.id = $1",
        (statement_id,),
    )
    return _file(rows)


async def paper_file(run_id: int, kind: str) -> FileView:
    """A stored paper of a run; raises NotFound."""
    rows = await current_door().execute(
        "SELECT f.tenant_id, f.storage_key, f.file_name, f.content_type, f.sha256 FROM run_paper p "
        "JOIN stored_file f ON f.tenant_id = p.tenant_id AND f.id = p.file_id WHERE p.run_id = $1 AND p.kind = $2",
        (run_id, kind),
    )
    return _file(rows)


async def files_of_run(run_id: int) -> list[FileView]:
    """Every statement file of a run, by organisation code, xlsx before pdf."""
    rows = await current_door().execute(
        "SELECT f.tenant_id, f.storage_key, f.file_name, f.content_type, f.sha256 FROM statement s "
        "JOIN tenant t ON t.id = s.tenant_id JOIN stored_file f ON f.tenant_id = s.tenant_id "
        "AND f.id IN (s.xlsx_file_id, s.pdf_file_id) WHERE s.run_id = $1 ORDER BY t.code, f.id",
        (run_id,),
    )
    return [FileView(**row) for row in rows]


async def issued_by_run(run_id: int) -> dict[str, int]:
    """The statement's id by the member's code."""
    rows = await current_door().execute(
        "SELECT t.code, s.id FROM statement s JOIN tenant t ON t.id = s.tenant_id WHERE s.run_id = $1 ORDER BY t.code",
        (run_id,),
    )
    return {row["code"]: row["id"] for row in rows}


def _line(row: dict[str, Any]) -> StatementLine:
    values = {name: row[name] for name in StatementLine.__dataclass_fields__ if name != "stage_label"}
    return StatementLine(**values, stage_label=f"{STAGES[row['stage']]}(第{row['run_number']}回)")


def _file(rows: list[dict[str, Any]]) -> FileView:
    if not rows:
        raise NotFound
    return FileView(**rows[0])
