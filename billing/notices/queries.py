"""Reads of notices: what a run's notices are made from, what was issued, and the files."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from billing.notices.differences.rules import DifferenceReport, member_differences
from billing.notices.rules import MemberNotice, instalments_of, notice_lines, refund_yen
from billing.notices.settings.rules import NoticeSetting
from billing.notices.verification.queries import salt_of
from billing.payments import queries as payments
from billing.runs import queries as runs
from billing.runs.rules import STAGES, RunView
from billing.statements.queries import FileView
from tenants.database.engine import current_door
from tenants.directory.rules import TenantKind
from tenants.errors import NotFound

_FILE = "f.tenant_id, f.storage_key, f.file_name, f.content_type, f.sha256"
_LAST_ISSUED = """
SELECT i.run_id, r.number FROM notice_issue i JOIN run r ON r.id = i.run_id
 WHERE i.program_id = $1 AND i.run_id <> $2
   AND NOT EXISTS (SELECT 1 FROM run_withdrawal w WHERE w.run_id = i.run_id)
 ORDER BY r.number DESC LIMIT 1
"""
_NOTIFIED = """
SELECT t.code FROM statement s JOIN tenant t ON t.id = s.tenant_id
 WHERE s.invoice_yen <> 0 AND s.run_id = (
   SELECT i.run_id FROM notice_issue i JOIN run r ON r.id = i.run_id
    WHERE i.program_id = $1 AND NOT EXISTS (SELECT 1 FROM run_withdrawal w WHERE w.run_id = i.run_id)
    ORDER BY r.number DESC LIMIT 1)
 ORDER BY t.code
"""
_EARLIER = """
SELECT n.content, f.sha256
  FROM notice_paper n JOIN run r ON r.id = n.run_id
  JOIN stored_file f ON f.tenant_id = n.tenant_id AND f.id = n.file_id
 WHERE n.tenant_id = $1 AND r.program_id = $2 AND r.number < $3
   AND NOT EXISTS (SELECT 1 FROM run_withdrawal w WHERE w.run_id = n.run_id)
 ORDER BY r.number
"""
_STATEMENTS = """
SELECT s.id, s.tenant_id, t.code, t.name, t.kind, s.title, s.document_number, s.fiscal_year, s.due_date, s.content
  FROM statement s JOIN tenant t ON t.id = s.tenant_id
 WHERE s.run_id = $1 AND ($2::text[] IS NULL OR t.code = ANY($2)) ORDER BY t.code
"""
"""A batch reads its own members only, so that a job's memory does not grow with their number."""


@dataclass(frozen=True, slots=True)
class IssueView:
    """What a run's notices were issued with."""

    run_id: int
    previous_run_id: int | None
    setting: NoticeSetting
    job_id: int
    issued_by: str
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One member's notice in the list; amounts in yen."""

    tenant_id: int
    statement_id: int
    code: str
    name: str
    content: dict[str, Any]


async def issue_of(run_id: int) -> IssueView | None:
    """What the run's notices were issued with; None before."""
    rows = await current_door().execute(
        "SELECT run_id, previous_run_id, setting, job_id, issued_by, issued_at FROM notice_issue WHERE run_id = $1",
        (run_id,),
    )
    if not rows:
        return None
    setting = json.loads(rows[0]["setting"])
    return IssueView(**{**rows[0], "setting": NoticeSetting(**{**setting, "stages": tuple(setting["stages"])})})


async def last_issued(program_id: int, run_id: int) -> tuple[int, int] | None:
    """Id and number of the program's newest run, beside this one, whose notices were issued and still stand."""
    rows = await current_door().execute(_LAST_ISSUED, (program_id, run_id))
    return (rows[0]["run_id"], rows[0]["number"]) if rows else None


async def notified_codes(program_id: int) -> list[str]:
    """The members from whom the program's notices that stand ask for something in all, by code."""
    return [row["code"] for row in await current_door().execute(_NOTIFIED, (program_id,))]


async def previous_approved(run: RunView) -> int | None:
    """The run approved before this one that still stands; what a 差額調書 compares with."""
    rows = await current_door().execute(
        "SELECT id FROM run r WHERE program_id = $1 AND number < $2 AND state = 'approved' "
        "AND NOT EXISTS (SELECT 1 FROM run_withdrawal w WHERE w.run_id = r.id) ORDER BY number DESC LIMIT 1",
        (run.program_id, run.number),
    )
    return int(rows[0]["id"]) if rows else None


async def member_notices(
    run: RunView, setting: NoticeSetting, previous_run_id: int | None, codes: Sequence[str] | None = None
) -> list[MemberNotice]:
    """What every member's notice says, by code; a member for whom nothing changes has no lines.

    ``codes`` narrows it to some members.
    """
    before = {row["tenant_id"]: _instalments(row) for row in await _statements(previous_run_id, codes)}
    received: dict[int, dict[int, int]] = defaultdict(dict)
    for (tenant_id, number), yen in (await payments.received_sums(run.program_id, codes)).items():
        received[tenant_id][number] = yen
    stage_label = f"{STAGES[run.stage]}(第{run.number}回)"
    salt = await salt_of(run.id)
    notices = []
    for row in await _statements(run.id, codes):
        now = _instalments(row)
        notices.append(
            MemberNotice(
                tenant_id=row["tenant_id"],
                statement_id=row["id"],
                code=row["code"],
                name=row["name"],
                addressed_to=setting.addressed_to(row["name"], TenantKind(row["kind"])),
                fiscal_year=row["fiscal_year"],
                title=row["title"],
                stage_label=stage_label,
                document_number=row["document_number"],
                reason=row["content"].get("reason") or "",
                instalment_count=len(now),
                lines=notice_lines(now, before.get(row["tenant_id"], ()), received[row["tenant_id"]]),
                setting=setting,
                salt=salt,
            )
        )
    return notices


async def earlier_notices(tenant_id: int, run: RunView) -> list[tuple[dict[str, Any], str]]:
    """Content and file hash of a member's notices of the program's earlier runs that stand, oldest first."""
    rows = await current_door().execute(_EARLIER, (tenant_id, run.program_id, run.number))
    return [(json.loads(row["content"]), row["sha256"]) for row in rows]


async def paper_lines(run_id: int) -> list[PaperLine]:
    """The members' notices of a run, by code."""
    rows = await current_door().execute(
        "SELECT p.tenant_id, p.statement_id, t.code, t.name, p.content FROM notice_paper p "
        "JOIN tenant t ON t.id = p.tenant_id WHERE p.run_id = $1 ORDER BY t.code",
        (run_id,),
    )
    return [PaperLine(**{**row, "content": json.loads(row["content"])}) for row in rows]


async def notice_of(statement_id: int) -> dict[str, Any] | None:
    """What the notice of a statement says, its due dates as days; None when the statement has none."""
    rows = await current_door().execute("SELECT content FROM notice_paper WHERE statement_id = $1", (statement_id,))
    if not rows:
        return None
    content: dict[str, Any] = json.loads(rows[0]["content"])
    pages = [
        {**one, "refund_yen": refund_yen(one), **{name: _day(one.get(name)) for name in ("due_date", "moved_from")}}
        for one in content["pages"]
    ]
    return {**content, "pages": pages}


async def notice_file(statement_id: int) -> FileView:
    """The notice of a statement as PDF; raises NotFound."""
    return _one(
        await current_door().execute(
            f"SELECT {_FILE} FROM notice_paper p JOIN stored_file f ON f.tenant_id = p.tenant_id AND f.id = p.file_id "  # noqa: S608  (our own columns)
            "WHERE p.statement_id = $1",
            (statement_id,),
        )
    )


async def notice_files(run_id: int) -> list[FileView]:
    """Every notice of a run, by code."""
    rows = await current_door().execute(
        f"SELECT {_FILE} FROM notice_paper p JOIN stored_file f ON f.tenant_id = p.tenant_id AND f.id = p.file_id "  # noqa: S608  (our own columns)
        "JOIN tenant t ON t.id = p.tenant_id WHERE p.run_id = $1 ORDER BY t.code",
        (run_id,),
    )
    return [FileView(**row) for row in rows]


async def collection_kinds(run_id: int) -> set[str]:
    """Which of the prefecture's papers around the notices are there."""
    rows = await current_door().execute("SELECT kind FROM collection_paper WHERE run_id = $1", (run_id,))
    return {row["kind"] for row in rows}


async def collection_file(run_id: int, kind: str) -> FileView:
    """One of them; raises NotFound."""
    return _one(
        await current_door().execute(
            f"SELECT {_FILE} FROM collection_paper p JOIN stored_file f "  # noqa: S608  (our own columns)
            "ON f.tenant_id = p.tenant_id AND f.id = p.file_id WHERE p.run_id = $1 AND p.kind = $2",
            (run_id, kind),
        )
    )


async def contents(run_id: int | None, codes: Sequence[str] | None = None) -> dict[int, dict[str, Any]]:
    """The frozen content of every statement of a run, by tenant, with the member's ``code`` and ``name``."""
    return {
        row["tenant_id"]: {**row["content"], "code": row["code"], "name": row["name"]}
        for row in await _statements(run_id, codes)
    }


async def difference_report(run: RunView) -> DifferenceReport | None:
    """The run's 差額調書; None for a program's first run and before the statements are issued."""
    previous_id, now = await previous_approved(run), await contents(run.id)
    if previous_id is None or not now:
        return None
    previous = await runs.run(previous_id)
    return DifferenceReport(
        title=run.title,
        fiscal_year=run.fiscal_year,
        stage_label=run.stage_label,
        document_number=run.document_number,
        previous_label=previous.stage_label,
        previous_number=previous.document_number,
        members=tuple(member_differences(now, await contents(previous_id)).values()),
    )


async def _statements(run_id: int | None, codes: Sequence[str] | None) -> Sequence[dict[str, Any]]:
    if run_id is None:
        return []
    rows = await current_door().execute(_STATEMENTS, (run_id, list(codes) if codes is not None else None))
    return [{**row, "content": json.loads(row["content"])} for row in rows]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _instalments(row: dict[str, Any]) -> Any:
    due: date | None = row["due_date"]
    return instalments_of(row["content"], due)


def _one(rows: list[dict[str, Any]]) -> FileView:
    if not rows:
        raise NotFound
    return FileView(**rows[0])
