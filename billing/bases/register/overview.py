"""The register's page: what is missing, and every member with last year's value, change, source and people."""

from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any

from litestar import Request, Response

from billing.bases.pages import EDITORS
from billing.bases.register import forms, queries
from billing.bases.register.rules import EvidenceView, LineView, RegisterView, can_check, names_in_short, rate_words
from billing.bases.rules import BasisView, shown_number
from billing.bases.tabs import basis_views
from billing.programs.rules import ProgramView
from billing.programs.tabs import program_tabs, program_trail
from tenants.calendar import fiscal_year_label, japanese_date
from tenants.context import TenantContext
from tenants.errors import Conflict, Invalid
from tenants.files.rules import size_text
from tenants.web.answers import render
from tenants.web.form_data import status_of
from tenants.web.rendering import Status
from tenants.web.stale import messages_with_both
from tenants.web.visit import visit


async def register_page_of(
    request: Request[Any, Any, Any],
    program: ProgramView,
    basis: BasisView,
    *,
    typed: Mapping[str, str] | None = None,
    ticked: Collection[str] = (),
    title_typed: str = "",
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    """The page, also after something was refused: what was typed and ticked is still there."""
    shown = await queries.register(program, basis)
    context = visit(request).context
    reasons = {forms.reason_field(one): one.reason.text if one.reason else "" for one in shown.remarkable}
    here = f"/programs/{program.id}/bases/{basis.id}"
    may_edit = context.role in EDITORS
    return render(
        request,
        "register/page.html",
        title=f"{basis.name} 登録簿",
        lead="値がどこから来たか、だれが入力し、だれが確かめたかの記録です。計算を始めると、この内容がその計算に固定されます。",
        breadcrumb=program_trail(
            program, ("按分基準", f"/programs/{program.id}/bases"), (basis.name, here), ("登録簿", None)
        ),
        help_page="basis-register",
        status=status_of(refused),
        errors=messages_with_both(refused, typed or {}, reasons if typed else {}),
        tabs=program_tabs(program, "/bases"),
        views=basis_views(program.id, basis.id, "/register"),
        here=here,
        basis=basis,
        may_edit=may_edit,
        missing=_missing(shown),
        threshold=shown_number(shown.threshold * 100),
        rule_url=f"/programs/{program.id}/register-rule",
        previous=_previous_words(shown),
        title_typed=title_typed,
        evidence=[_evidence(here, one) for one in shown.evidence],
        rows=[_row(shown, one, context, ticked) for one in shown.lines],
        reason_rows=[_reason_row(one, {**reasons, **(typed or {})}) for one in shown.remarkable],
        checkable=sum(_may_check(one, context) for one in shown.unchecked) if may_edit else 0,
    )


def _missing(shown: RegisterView) -> list[str]:
    """What is still to be done, in words."""
    found = []
    for words, lines in (
        ("値がありません", shown.missing),
        (f"前年度から{shown_number(shown.threshold * 100)}%を超えて変わった理由がありません", shown.unreasoned),
        ("別の担当者がまだ確認していません", shown.unchecked),
    ):
        if lines:
            found.append(f"{words}({len(lines)}団体): {names_in_short([one.value.name for one in lines])}")
    if shown.valued and not shown.evidence:
        found.append("証拠書類がありません(任意ですが、あとから数値を確かめるときに役立ちます)")
    return found


def _previous_words(shown: RegisterView) -> str:
    previous = shown.previous
    if previous is None:
        return "比べない(選んだ結果)" if shown.is_chosen else "ありません(題名・名前・単位の同じものが見つかりません)"
    how = "" if shown.is_chosen else "(題名・名前・単位が同じため、自動で選ばれています)"
    return (
        f"{fiscal_year_label(previous.fiscal_year)} {previous.program_title} / {previous.basis_name}"
        f"({previous.document_number} の計算で使った値){how}"
    )


def _row(shown: RegisterView, line: LineView, context: TenantContext, ticked: Collection[str]) -> dict[str, Any]:
    value = line.value
    return {
        "tenant_id": value.tenant_id,
        "name": value.name,
        "code": value.code,
        "value": value.shown or None,
        "last_year": None if line.last_year is None else shown_number(Fraction(line.last_year)),
        "change": change_words(line.last_year, value.value, line.rate),
        "is_beyond": line.is_beyond(shown.threshold),
        "reason": line.reason.text if line.reason else None,
        "notes": _notes(line),
        "entered_by": value.entered_by,
        "entered_at": value.entered_at,
        "check": line.check,
        "status": _status(line, context),
        "may_check": line.check is None and _may_check(line, context),
        "ticked": str(value.tenant_id) in ticked,
    }


def _reason_row(line: LineView, texts: Mapping[str, str]) -> dict[str, Any]:
    field = forms.reason_field(line)
    return {
        "field": field,
        "name": line.value.name,
        "value": line.value.shown,
        "last_year": shown_number(Fraction(line.last_year or 0)),
        "change": change_words(line.last_year, line.value.value, line.rate),
        "typed": texts.get(field, ""),
        "given": line.reason,
    }


def _notes(line: LineView) -> list[str]:
    """What the value says of itself beside the basis: its own source, its own day, its reading."""
    origin = line.value.origin
    notes = [origin.note] if origin.note else []
    notes += [f"{japanese_date(origin.as_of)}現在"] if origin.as_of else []
    notes += [f"参照番号 {line.reading.reference}"] if line.reading else []
    return notes


def _status(line: LineView, context: TenantContext) -> Status:
    if line.value.value is None:
        return Status("値なし", "neutral")
    if line.check is not None:
        return Status("確認済み", "success")
    return Status("未確認" if _may_check(line, context) else "未確認(自分で入力)", "warning")


def _may_check(line: LineView, context: TenantContext) -> bool:
    return can_check(line.value, context.person_id, context.person_name)


def change_words(last_year: str | None, value: str | None, rate: Fraction | None) -> str | None:
    """「+12.3 %」; from zero no rate can be told."""
    if rate is not None:
        return rate_words(rate)
    if last_year is None or value is None:
        return None
    return "前年度は0" if Fraction(value) else "0のまま"


def _evidence(here: str, one: EvidenceView) -> dict[str, Any]:
    return {
        "title": one.title,
        "url": f"{here}/evidence/{one.id}",
        "removal": f"{here}/evidence/{one.id}/removal",
        "size": size_text(one.size_bytes),
        "sha256": one.sha256,
        "added_by": one.added_by,
        "added_at": one.added_at,
    }
