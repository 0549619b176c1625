"""What the page of a grant's procedure shows: figures, next step, every record, deadlines; in words."""

from typing import Any

from litestar import Request, Response

from billing.grant_procedures.evidence.rules import ACCEPT, ENDINGS_IN_WORDS
from billing.grant_procedures.guards import queries as guards
from billing.grant_procedures.steps import queries
from billing.grant_procedures.steps.deadlines import ProcedureView
from billing.grant_procedures.steps.rules import (
    AMOUNTS,
    KINDS,
    Standing,
    StepView,
    can_confirm,
    correctable,
    effective,
    standing,
    waiting,
)
from billing.grants.rules import FUNDERS, GrantView
from billing.money import format_yen
from billing.programs.rules import ProgramView
from billing.programs.tabs import program_tabs, program_trail
from tenants.calendar import japanese_date
from tenants.context import Role
from tenants.errors import Conflict, Invalid
from tenants.files.rules import size_text
from tenants.web.answers import render
from tenants.web.form_data import field_messages, status_of
from tenants.web.rendering import Status
from tenants.web.visit import visit

_NOTHING = "—"


async def procedure_page(
    request: Request[Any, Any, Any],
    program: ProgramView,
    grant: GrantView,
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    """The page of one grant; ``refused`` is shown on top of it."""
    here = f"/programs/{program.id}/grants/{grant.id}/procedure"
    recorded = await queries.steps(grant.id)
    procedure = await queries.procedure(grant.id)
    context = visit(request).context
    now, counting = standing(recorded), effective(recorded)
    may_edit = context.role is Role.PREFECTURE_FINANCE
    waits, may_correct = waiting(recorded), correctable(recorded) if may_edit else []
    return render(
        request,
        "grant_steps/page.html",
        title=f"{grant.name}の手続き",
        lead="申請から返還までの記録です。一度した記録は消えず、訂正も記録として残ります。",
        breadcrumb=program_trail(
            program, ("交付金", f"/programs/{program.id}/grants"), (f"{grant.name}の手続き", None)
        ),
        help_page="grant-procedures",
        status=status_of(refused),
        errors=_on_top(refused),
        tabs=program_tabs(program, "/grants"),
        here=here,
        state=now.status,
        facts=_facts(grant, now),
        figures=_figures(now),
        deadlines=_deadlines(procedure, now),
        checks=[(one.title, one.status) for one in await guards.checks(program, grant)],
        waiting=_waiting(waits[0], context.person_id) if waits else None,
        next_steps=_next_steps(here, now) if may_edit and not waits else [],
        steps=[
            _row(one, here, counts=one in counting, waits=one in waits, corrects=one in may_correct)
            for one in reversed(recorded)
        ],
        may_edit=may_edit,
        accept=ACCEPT,
        endings=ENDINGS_IN_WORDS,
    )


def _on_top(refused: Invalid | Conflict | None) -> dict[str, str]:
    """The refusal without its field: the forms of this page are many and folded."""
    return {"": " ".join(field_messages(refused).values())} if refused else {}


def _facts(grant: GrantView, now: Standing) -> list[tuple[str, str]]:
    return [
        ("財源", FUNDERS[grant.funder]),
        ("率", grant.rate),
        ("交付決定日", japanese_date(now.first_decided_on) if now.first_decided_on else _NOTHING),
        ("実績報告日", japanese_date(now.reported_on) if now.reported_on else _NOTHING),
    ]


def _figures(now: Standing) -> list[tuple[str, str]]:
    return [
        ("申請額", format_yen(now.applied_yen) if now.applied_yen else _NOTHING),
        ("決定額", format_yen(now.decided_yen) if now.first_decided_on else _NOTHING),
        ("受領額", format_yen(now.received_yen)),
        ("確定額", _NOTHING if now.settled_yen is None else format_yen(now.settled_yen)),
        ("未受領", format_yen(now.to_receive_yen)),
        ("返還が必要な額", format_yen(now.to_repay_yen)),
        ("返還済み", format_yen(now.repaid_yen)),
        ("消費税分の返還済み", format_yen(now.repaid_tax_yen)),
    ]


def _deadlines(procedure: ProcedureView, now: Standing) -> list[tuple[str, str]]:
    first, last = procedure.period_from, procedure.period_to
    period = f"{_day(first)} から {_day(last)} まで" if first or last else "未入力"
    due = procedure.next_due(now)
    return [
        ("事業期間", period),
        ("申請期限", _day(procedure.application_due)),
        ("実績報告期限", _day(procedure.report_due)),
        ("次の期限", f"{due[0]} {japanese_date(due[1])}" if due else _NOTHING),
    ]


def _day(day: Any) -> str:
    return japanese_date(day) if day else "未入力"


def _waiting(step: StepView, person_id: int) -> dict[str, Any]:
    return {
        "id": step.id,
        "label": step.label,
        "by": step.prepared_by,
        "date": japanese_date(step.step_date),
        "amount": format_yen(step.amount_yen),
        "may_confirm": can_confirm(step, person_id),
        "taken_back_because": step.reason if step.withdrawn else "",
    }


def _next_steps(here: str, now: Standing) -> list[dict[str, str]]:
    return [{"label": f"{KINDS[one]}を記録する", "url": f"{here}/steps/new?kind={one}"} for one in now.next_kinds]


def _row(step: StepView, here: str, *, counts: bool, waits: bool, corrects: bool) -> dict[str, Any]:
    return {
        "id": step.id,
        "label": step.label,
        "date": japanese_date(step.step_date),
        "status": _status(step, counts=counts, waits=waits),
        "facts": [
            (AMOUNTS[step.kind], format_yen(step.amount_yen)),
            ("文書番号", step.document_number or _NOTHING),
            ("記録", f"{step.prepared_by}({japanese_date(step.prepared_at)})"),
            *([("確認", f"{step.confirmed_by}({japanese_date(step.confirmed_at)})")] if step.confirmed_at else []),
            *([("訂正の理由", step.reason)] if step.reason else []),
            *([("メモ", step.note)] if step.note else []),
        ],
        "files": [
            {
                "url": f"{here}/files/{one.id}",
                "name": one.name,
                "size": size_text(one.size_bytes),
                "sha256": one.sha256,
            }
            for one in step.files
        ],
        "counts": counts,
        "correction_url": f"{here}/steps/{step.id}/correction" if corrects else "",
        "files_url": f"{here}/steps/{step.id}/files" if corrects and counts else "",
    }


def _status(step: StepView, *, counts: bool, waits: bool) -> Status:
    if waits:
        return Status("確認待ち", "warning")
    if step.withdrawn:
        return Status("取消しの記録", "neutral")
    if not counts:
        return Status("訂正前", "neutral")
    return Status("確認済み" if step.confirmed_at else "記録済み", "success")
