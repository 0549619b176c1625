"""Writes of statements: issue one member's sheet with its two files; keep the prefecture's papers of a run."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from billing.disputes.operations import freeze_period
from billing.notices.verification.operations import keep_marks
from billing.notices.verification.rules import Mark
from billing.runs import operations as runs
from billing.runs.rules import RunView
from billing.statements.tables import Statement
from tenants.audit.trail import Subject, record
from tenants.context import PREFECTURE_TENANT_ID, Role, TenantContext
from tenants.files.operations import keep_file
from tenants.files.rules import FileKind, declare_kind
from tenants.mail.operations import notify
from tenants.mail.queries import people_with_roles
from tenants.mail.rules import MailTemplate
from tenants.storage import StoredObject

PAPER = declare_kind(FileKind("paper", "負担金の書類", limited=False, place="負担金または計算結果の画面"))
"""What the prefecture must issue is kept also for a town whose room is full, and given out by its own page alone."""
ISSUED = MailTemplate(Path(__file__).parent / "templates" / "statements" / "mail" / "issued.txt")


@dataclass(frozen=True, slots=True)
class IssuedFile:
    """A file already in storage: where, under which name the person keeps it, and its type."""

    stored: StoredObject
    file_name: str
    content_type: str


@dataclass(frozen=True, slots=True)
class IssuedStatement:
    """What one member is told."""

    tenant_id: int
    member_name: str
    due_date: date | None
    invoice_yen: int
    difference_yen: int
    content: Mapping[str, Any]
    xlsx: IssuedFile
    pdf: IssuedFile
    check: Mark


async def issue_statement(context: TenantContext, run: RunView, issued: IssuedStatement, now: datetime) -> None:
    """Will issue one member's statement; it appears in the trail of the town and of the prefecture."""
    xlsx_id = await _keep(issued.tenant_id, issued.xlsx)
    pdf_id = await _keep(issued.tenant_id, issued.pdf)
    rows = await Statement.insert(
        Statement(
            tenant_id=issued.tenant_id,
            prefecture_id=PREFECTURE_TENANT_ID,
            run_id=run.id,
            fiscal_year=run.fiscal_year,
            title=run.title,
            stage=run.stage,
            run_number=run.number,
            document_number=run.document_number,
            due_date=issued.due_date,
            invoice_yen=issued.invoice_yen,
            difference_yen=issued.difference_yen,
            content=json.dumps(issued.content, ensure_ascii=False),
            xlsx_file_id=xlsx_id,
            pdf_file_id=pdf_id,
            issued_at=now,
        )
    )
    hashes = (issued.xlsx.stored.sha256, issued.pdf.stored.sha256)
    await keep_marks(issued.tenant_id, run.id, [issued.check], hashes, now)
    period = await freeze_period(issued.tenant_id, int(rows[0]["id"]), run.program_id, now)
    subject = Subject("statement", int(rows[0]["id"]), f"{run.title} {run.stage_label} {issued.member_name}")
    after = {
        "invoice_yen": issued.invoice_yen,
        "xlsx": issued.xlsx.stored.sha256,
        "pdf": issued.pdf.stored.sha256,
        "disputable_until": period.last_day.isoformat(),
    }
    await record(context, "issue_statement", subject, after=after, tenant_id=issued.tenant_id)
    await notify(
        context,
        await people_with_roles(issued.tenant_id, {Role.TOWN_FINANCE}, now.date()),
        ISSUED,
        {"title": run.title, "stage": run.stage_label, "tenant": issued.member_name},
        f"/statements/{rows[0]['id']}",
        now,
        tenant_id=issued.tenant_id,
    )


async def keep_paper(context: TenantContext, run: RunView, kind: str, file: IssuedFile) -> None:
    """Will keep a paper of the prefecture's own: the summary or the ZIP of everything."""
    file_id = await _keep(context.tenant_id, file)
    await runs.note_paper(context, run, kind, file_id, file.stored.sha256)


async def _keep(tenant_id: int, file: IssuedFile) -> int:
    return await keep_file(tenant_id, file.stored, file.file_name, file.content_type, PAPER)
