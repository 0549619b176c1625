"""Pages of cost lines: all costs of a grant with their sums, and one cost with its dates, eligible yen and papers."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.grant_procedures.evidence.forms import wanted_evidence
from billing.grant_procedures.evidence.rules import ACCEPT, ENDINGS_IN_WORDS
from billing.grant_procedures.lines import forms, operations, queries
from billing.grant_procedures.lines.rules import DATES, PAPERS, LineView, sums
from billing.grant_procedures.steps.places import HERE, grant_trail, place, url_of
from billing.grants.rules import GrantView
from billing.programs.rules import ProgramView
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.files import queries as files
from tenants.files.rules import size_text
from tenants.web.answers import download, render, say_when_done, see_other
from tenants.web.form_data import Faults, field_messages, one_of, positive_id, read_form, required_text, status_of
from tenants.web.modules import Module
from tenants.web.rendering import Status
from tenants.web.routes import PREFECTURE, act, page
from tenants.web.stale import messages_with_both, version_to_send
from tenants.web.visit import site, visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})
_LINE = HERE + "/lines/{cost_id:str}"
_PAPER = _LINE + "/evidence/{cost_evidence_id:str}"
_LONGEST_REASON = 500
_PROOFS = {"contract": "契約", "delivery": "検収", "payment": "支払"}
"""The papers of a cost in one word each: the table is wide already."""
say_when_done(
    {
        "grant-line-saved": "経費の対象額と日付を保存しました。",
        "cost-evidence-added": "証拠書類を追加しました。",
        "cost-evidence-removed": "証拠書類を外しました。",
    }
)


@page(HERE + "/lines", roles=PREFECTURE)
async def lines(request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]) -> Response[Any]:
    """Every cost as the grant sees it, with the sum check."""
    program, grant = await place(program_id, grant_id)
    found = await queries.lines(program.id, grant)
    here = url_of(program, grant)
    return render(
        request,
        "grant_lines/list.html",
        title="経費ごとの対象額と証拠",
        lead="経費のうち交付金の対象になる額、契約・検収・支払の日、証拠書類です。",
        breadcrumb=grant_trail(program, grant, "経費ごとの対象額と証拠"),
        help_page="grant-procedures",
        rows=[_row(one, f"{here}/lines/{one.cost.id}") for one in found],
        sums=sums(found),
        back=here,
    )


@page(_LINE, roles=PREFECTURE)
async def line(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str], cost_id: FromPath[str]
) -> Response[Any]:
    """One cost: its form and its papers."""
    program, grant, found = await _place(program_id, grant_id, cost_id)
    return _page(request, program, grant, found)


@act(_LINE, roles=EDITORS)
async def save_line(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str], cost_id: FromPath[str]
) -> Response[Any]:
    """Keeps a cost's dates and what the grant takes of it."""
    form = await read_form(request)
    program, grant, found = await _place(program_id, grant_id, cost_id)
    try:
        async with savepoint():
            wanted = forms.line_input(form, found)
            await operations.save_line(visit(request).context, program.id, grant.id, found.cost.id, wanted)
    except (Invalid, Conflict) as refused:
        found = await queries.line(program.id, grant, found.cost.id)
        return _page(request, program, grant, found, form, refused)
    return see_other(f"{url_of(program, grant)}/lines", done="grant-line-saved")


@act(_LINE + "/evidence", roles=EDITORS, uploads=True)
async def add_paper(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str], cost_id: FromPath[str]
) -> Response[Any]:
    """Keeps a paper with a cost."""
    form = await read_form(request)
    program, grant, found = await _place(program_id, grant_id, cost_id)
    here, storage = visit(request), site(request).storage
    try:
        async with savepoint():
            faults = Faults()
            kind = one_of(form, "kind", "書類の種類", PAPERS, faults)
            faults.raise_if_any()
            evidence = await wanted_evidence(request)
            place_of = (program.id, grant.id, found.cost.id)
            await operations.add_paper(here.context, storage, *place_of, kind, evidence, here.now)
    except (Invalid, Conflict) as refused:
        return _page(request, program, grant, found, None, refused, kind=form.get("kind", ""))
    return see_other(f"{url_of(program, grant)}/lines/{found.cost.id}", done="cost-evidence-added")


@page(_PAPER, roles=PREFECTURE)
async def paper(
    request: Request[Any, Any, Any],
    program_id: FromPath[str],
    grant_id: FromPath[str],
    cost_id: FromPath[str],
    cost_evidence_id: FromPath[str],
) -> Response[Any]:
    """One paper of a cost."""
    _, _, found = await _place(program_id, grant_id, cost_id)
    wanted = queries.paper_of(found, positive_id(cost_evidence_id))
    file = await files.file(visit(request).context.tenant_id, wanted.file_id)
    content = await asyncio.to_thread(site(request).storage.for_tenant(file.tenant_id).get, file.storage_key)
    return download(content, file_name=file.file_name, content_type=file.content_type)


@act(_PAPER + "/removal", roles=EDITORS)
async def remove_paper(
    request: Request[Any, Any, Any],
    program_id: FromPath[str],
    grant_id: FromPath[str],
    cost_id: FromPath[str],
    cost_evidence_id: FromPath[str],
) -> Response[Any]:
    """Marks a paper as removed."""
    form = await read_form(request)
    program, grant, found = await _place(program_id, grant_id, cost_id)
    number, here = positive_id(cost_evidence_id), visit(request)
    name = queries.paper_of(found, number).name
    try:
        async with savepoint():
            faults = Faults()
            reason = required_text(form, "removal_reason", f"「{name}」を外す理由", faults, longest=_LONGEST_REASON)
            faults.raise_if_any()
            place_of = (program.id, grant.id, found.cost.id)
            await operations.remove_paper(here.context, *place_of, number, reason, here.now)
    except Invalid as refused:
        top = Invalid(refused.code, " ".join(refused.fields.values()))
        return _page(request, program, grant, found, None, top)
    return see_other(f"{url_of(program, grant)}/lines/{found.cost.id}", done="cost-evidence-removed")


async def _place(program_id: str, grant_id: str, cost_id: str) -> tuple[ProgramView, GrantView, LineView]:
    program, grant = await place(program_id, grant_id)
    return program, grant, await queries.line(program.id, grant, positive_id(cost_id))


def _row(line: LineView, url: str) -> dict[str, Any]:
    missing = [words for word, words in _PROOFS.items() if not line.has_paper(word)]
    return {
        "name": line.cost.name,
        "url": url,
        "net": line.cost.net_yen,
        "eligible": line.assumed.eligible_yen,
        "ineligible": line.assumed.ineligible_yen,
        "reason": line.assumed.reason,
        "agrees": _agreement(line),
        "contract": line.dates.contract_date,
        "delivery": line.dates.delivery_date,
        "payment": line.dates.payment_date,
        "papers": [f"{len(line.papers)}件", *([f"なし: {'、'.join(missing)}"] if line.counted and missing else [])],
    }


def _agreement(line: LineView) -> Status:
    if not line.adds_up:
        return Status("合計が合いません", "danger")
    if line.difference:
        return Status("計算と違います", "warning")
    return Status("一致", "success") if line.eligibility else Status("未入力(計算のまま)", "neutral")


def _page(
    request: Request[Any, Any, Any],
    program: ProgramView,
    grant: GrantView,
    line: LineView,
    typed: Mapping[str, str] | None = None,
    refused: Invalid | Conflict | None = None,
    *,
    kind: str = "",
) -> Response[Any]:
    saved = forms.line_values(line)
    values = {**saved, **(typed or {})}
    here = url_of(program, grant)
    return render(
        request,
        "grant_lines/line.html",
        title=f"{line.cost.name}の対象額と証拠",
        breadcrumb=grant_trail(program, grant, f"{line.cost.name}の対象額と証拠"),
        help_page="grant-procedures",
        status=status_of(refused),
        errors=messages_with_both(refused, values, saved) if typed is not None else field_messages(refused),
        here=f"{here}/lines/{line.cost.id}",
        back=f"{here}/lines",
        line=line,
        dates=list(DATES.items()),
        values=values,
        dates_version=version_to_send(refused, {"version": values.get("dates_version", "")}, line.dates_version),
        eligibility_version=version_to_send(
            refused, {"version": values.get("eligibility_version", "")}, line.eligibility_version
        ),
        papers=[
            {
                "id": one.id,
                "kind": PAPERS[one.kind],
                "name": one.name,
                "size": size_text(one.size_bytes),
                "sha256": one.sha256,
            }
            for one in line.papers
        ],
        kinds=list(PAPERS.items()),
        kind=kind,
        may_edit=visit(request).context.role in EDITORS,
        accept=ACCEPT,
        endings=ENDINGS_IN_WORDS,
    )


MODULE = Module(
    name="grant_lines",
    handlers=(lines, line, save_line, add_paper, paper, remove_paper),
    templates=Path(__file__).parent / "templates",
    action_labels={
        "save_grant_line": "経費の交付金の対象額と日付を保存",
        "add_cost_evidence": "経費の証拠書類を追加",
        "remove_cost_evidence": "経費の証拠書類を外す",
    },
)
