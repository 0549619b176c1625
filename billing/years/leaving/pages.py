"""Pages of departures: who leaves the program, the form that records one, and taking a record back."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.programs import queries as programs
from billing.programs.rules import ProgramView
from billing.programs.tabs import program_tabs, program_trail
from billing.years.calendar import queries as calendars
from billing.years.calendar.rules import LEAVING_RULES
from billing.years.changes.queries import program_changes
from billing.years.leaving import forms, operations, queries
from billing.years.leaving.rules import months_until
from tenants.calendar import japanese_date
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import field_messages, positive_id, read_form, status_of
from tenants.web.modules import Module
from tenants.web.routes import PREFECTURE, act, page
from tenants.web.visit import visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})
say_when_done(
    {
        "departure-recorded": "退会を記録しました。通知済みの額は変わりません。次の計算から使います。",
        "departure-taken-back": "退会の記録を取り消しました。",
    }
)
_PATH = "/programs/{program_id:str}/departures"


@page(_PATH, roles=PREFECTURE)
async def departure_page(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Who leaves, and the form."""
    return await _page(request, await programs.program(positive_id(program_id)), {}, None)


@act(_PATH, roles=EDITORS)
async def record_departure(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Records that a member leaves."""
    form, here = await read_form(request), visit(request)
    program = await programs.program(positive_id(program_id))
    try:
        async with savepoint():
            possible = [one.tenant_id for one in await queries.members_now(program)]
            given = forms.departure_input(form, program.fiscal_year, possible)
            await operations.record_departure(here.context, program.id, given, here.now)
    except (Invalid, Conflict) as refused:
        return await _page(request, program, form, refused)
    return see_other(f"/programs/{program.id}/departures", done="departure-recorded")


@act(_PATH + "/{departure_id:str}/deletion", roles=EDITORS)
async def take_back_departure(
    request: Request[Any, Any, Any], program_id: FromPath[str], departure_id: FromPath[str]
) -> Response[Any]:
    """Removes a departure recorded in error."""
    program = await programs.program(positive_id(program_id))
    await operations.take_back_departure(visit(request).context, program.id, positive_id(departure_id))
    return see_other(f"/programs/{program.id}/departures", done="departure-taken-back")


async def _page(
    request: Request[Any, Any, Any],
    program: ProgramView,
    typed: Mapping[str, str],
    refused: Invalid | Conflict | None,
) -> Response[Any]:
    rule = (await calendars.calendar(program)).settings.leaving_rule
    months = {one.tenant_id: one.months for one in await programs.members(program.id)}
    rows = [
        {
            "id": one.id,
            "name": one.name,
            "left_on": japanese_date(one.left_on),
            "reason": one.reason,
            "months": _months(rule, months.get(one.member_id), months_until(one.left_on, program.fiscal_year, 12)),
            "recorded": f"{one.recorded_by}",
        }
        for one in await queries.departures(program.id)
    ]
    return render(
        request,
        "years/departures.html",
        title=f"{program.title} 退会する団体",
        lead="年度の途中で抜ける団体を記録します。通知済みの額は変わらず、次の計算で差額(追徴・還付)になります。",
        breadcrumb=program_trail(program, ("構成団体", f"/programs/{program.id}/members"), ("退会", None)),
        help_page="year",
        status=status_of(refused),
        errors=field_messages(refused),
        tabs=program_tabs(program, "/members"),
        year_changes=await program_changes(program),
        program=program,
        rows=rows,
        rule=LEAVING_RULES[rule],
        may_edit=visit(request).context.role in EDITORS,
        members=[(str(one.tenant_id), one.name) for one in await queries.members_now(program)],
        typed={"member": "", "left_on": "", "reason": "", **typed},
    )


def _months(rule: str, months: int | None, whole_year: int) -> str:
    """What the next run counts for the member, in words."""
    if months is None:
        return "構成団体から外れています(0か月)"
    if rule == "full_year":
        return f"{months}か月(変わりません)"
    return f"{max(0, whole_year - (12 - months))}か月"


MODULE = Module(
    name="years.leaving",
    handlers=(departure_page, record_departure, take_back_departure),
    templates=Path(__file__).parent.parent / "templates",
    action_labels={"record_departure": "退会を記録", "take_back_departure": "退会の記録を取り消し"},
)
