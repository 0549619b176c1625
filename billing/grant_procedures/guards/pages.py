"""Pages of the guards: the checklist with reasons, and what of a grant from others is national money."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.grant_procedures.guards import operations, queries
from billing.grant_procedures.guards.forms import read_part
from billing.grant_procedures.guards.rules import Finding, GuardView
from billing.grant_procedures.steps.places import HERE, grant_trail, place, url_of
from billing.grants.rules import NATIONAL, GrantView
from billing.programs.rules import ProgramView
from tenants.calendar import japanese_date
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.fingerprint import sha256_of
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import Faults, field_messages, read_form, required_text, sent_version, status_of
from tenants.web.modules import Module
from tenants.web.routes import PREFECTURE, act, page
from tenants.web.visit import visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})
_LONGEST_REASON = 1_000
say_when_done({"guard-overridden": "理由を記録しました。", "national-part-saved": "国費の割合を保存しました。"})


@page(HERE + "/checks", roles=PREFECTURE)
async def checks(request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]) -> Response[Any]:
    """The checklist of a grant."""
    program, grant = await place(program_id, grant_id)
    return await _page(request, program, grant)


@act(HERE + "/checks", roles=EDITORS)
async def override(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """Keeps why a finding stands all the same."""
    form = await read_form(request)
    program, grant = await place(program_id, grant_id)
    here = visit(request)
    finding = Finding(form.get("code", ""), form.get("message", ""))
    try:
        async with savepoint():
            faults = Faults()
            name = _field(finding)
            reason = required_text({name: form.get("reason", "")}, name, "理由", faults, longest=_LONGEST_REASON)
            faults.raise_if_any()
            await operations.override(here.context, program, grant, finding, reason, here.now)
    except (Invalid, Conflict) as refused:
        return await _page(request, program, grant, {_field(finding): form.get("reason", "")}, refused)
    return see_other(f"{url_of(program, grant)}/checks", done="guard-overridden")


@act(HERE + "/national-part", roles=EDITORS)
async def set_national_part(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """Keeps what of a grant from the prefecture or others is national money."""
    form = await read_form(request)
    program, grant = await place(program_id, grant_id)
    try:
        async with savepoint():
            faults = Faults()
            part = faults.read("national_part", read_part, form.get("national_part", ""), Fraction(0))
            faults.raise_if_any()
            version = sent_version(form)
            await operations.set_national_part(visit(request).context, grant, part, version)
    except (Invalid, Conflict) as refused:
        return await _page(request, program, grant, form, refused)
    return see_other(f"{url_of(program, grant)}/checks", done="national-part-saved")


def _field(finding: Finding) -> str:
    """The name of the reason's field: every finding has its own on the page."""
    return "reason-" + sha256_of(f"{finding.code} {finding.message}".encode())[:16]


async def _page(
    request: Request[Any, Any, Any],
    program: ProgramView,
    grant: GrantView,
    typed: Mapping[str, str] | None = None,
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    part, version = await queries.national_part(grant.id)
    typed = typed or {}
    return render(
        request,
        "grant_guards/page.html",
        title=f"{grant.name}の点検",
        lead="会計検査で指摘されやすい点を、入力された日付・額・書類から点検します。",
        breadcrumb=grant_trail(program, grant, "点検"),
        help_page="grant-procedures",
        status=status_of(refused),
        errors=field_messages(refused),
        here=url_of(program, grant),
        guards=[_guard(one, typed) for one in await queries.checks(program, grant)],
        asks_part=grant.funder != NATIONAL,
        part=typed.get("national_part", part),
        version=version,
        may_edit=visit(request).context.role in EDITORS,
    )


def _guard(view: GuardView, typed: Mapping[str, str]) -> dict[str, Any]:
    return {
        "code": view.code,
        "title": view.title,
        "status": view.status,
        "waits_for": view.waits_for,
        "findings": [
            {
                "message": one.finding.message,
                "field": _field(one.finding),
                "typed": typed.get(_field(one.finding), ""),
                "reason": one.override.reason if one.override else "",
                "by": f"{one.override.overridden_by}({japanese_date(one.override.overridden_on)})"
                if one.override
                else "",
            }
            for one in view.judged
        ],
    }


MODULE = Module(
    name="grant_guards",
    handlers=(checks, override, set_national_part),
    templates=Path(__file__).parent / "templates",
    action_labels={
        "override_grant_guard": "交付金の点検の結果に理由を記録",
        "set_national_part": "交付金の国費の割合を変更",
    },
)
