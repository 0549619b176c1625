"""Pages of a program's calendar: the timeline of its year, and the form that plans it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.programs import queries as programs
from billing.programs.rules import ProgramView
from billing.programs.tabs import program_tabs, program_trail
from billing.runs import queries as runs
from billing.runs.rules import RunHead
from billing.years.calendar import forms, operations, queries
from billing.years.calendar.rules import (
    HOLIDAY_RULES,
    LEAVING_RULES,
    REASONS,
    CalendarView,
    StageRun,
    fitted,
    timeline,
)
from billing.years.calendar.tasks import calendar_tasks
from billing.years.changes.queries import program_changes
from billing.years.changes.tasks import change_tasks
from tenants.calendar import japanese_date_with_weekday
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import positive_id, read_form, status_of
from tenants.web.modules import Module
from tenants.web.routes import PREFECTURE, act, page
from tenants.web.stale import messages_with_both, version_to_send
from tenants.web.visit import visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})
say_when_done({"calendar-saved": "年間予定を保存しました。"})
_PATH = "/programs/{program_id:str}/calendar"


@page(_PATH, roles=PREFECTURE)
async def calendar_page(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The year of a program: its stages with their days, the instalments, and the rules."""
    program = await programs.program(positive_id(program_id))
    view = await queries.calendar(program)
    today = visit(request).now.date()
    held = [_stage_run(one) for one in await runs.runs(program.id)]
    return render(
        request,
        "years/calendar.html",
        title=f"{program.title} 年間予定",
        lead="段階ごとの期限と納期限です。期限が近づくと、県の財政担当者の「今週やること」に出ます。",
        breadcrumb=program_trail(program, ("年間予定", None)),
        help_page="year",
        tabs=program_tabs(program, "/calendar"),
        year_changes=await program_changes(program),
        program=program,
        view=view,
        may_edit=visit(request).context.role in EDITORS,
        stages=timeline(view.settings, held, today),
        instalments=_instalments(view, program.settings.instalment_count),
        facts=await _facts(view, program),
    )


@page(_PATH + "/edit", roles=EDITORS)
async def edit_calendar(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The form of the plan, filled with the proposal when nobody has saved one."""
    program = await programs.program(positive_id(program_id))
    return await _form(request, program, None, None)


@act(_PATH, roles=EDITORS)
async def save_calendar(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Saves the plan."""
    form = await read_form(request)
    program = await programs.program(positive_id(program_id))
    try:
        async with savepoint():
            choices = [one.id for one in await queries.last_year_choices(program)]
            settings = forms.calendar_input(form, program.fiscal_year, program.settings.instalment_count, choices)
            version = positive_id(form.get("version", ""))
            await operations.save_calendar(visit(request).context, program.id, settings, version)
    except (Invalid, Conflict) as refused:
        return await _form(request, program, form, refused)
    return see_other(f"/programs/{program.id}/calendar", done="calendar-saved")


async def _form(
    request: Request[Any, Any, Any],
    program: ProgramView,
    typed: Mapping[str, str] | None,
    refused: Invalid | Conflict | None,
) -> Response[Any]:
    view = await queries.calendar(program)
    now = forms.calendar_values(view.settings, fitted(view.settings, program.settings.instalment_count))
    values = {**now, **typed} if typed else now
    title = "年間予定を変える" if view.saved else "年間予定を決める"
    return render(
        request,
        "years/calendar_form.html",
        title=title,
        breadcrumb=program_trail(program, ("年間予定", f"/programs/{program.id}/calendar"), (title, None)),
        help_page="year",
        status=status_of(refused),
        errors=messages_with_both(refused, values, now),
        program=program,
        saved=view.saved,
        values=values,
        version=version_to_send(refused, values, view.version),
        holiday_rules=list(HOLIDAY_RULES.items()),
        leaving_rules=list(LEAVING_RULES.items()),
        reasons=list(REASONS.items()),
        last_years=[(str(one.id), one.title) for one in await queries.last_year_choices(program)],
    )


def _stage_run(run: RunHead) -> StageRun:
    return StageRun(run.stage, run.stage_label, f"/runs/{run.id}", run.status, run.state == "approved")


def _instalments(view: CalendarView, count: int) -> list[dict[str, Any]]:
    """Each instalment with the day it is due and, where the rule moves it, the day it was decided for."""
    decided = fitted(view.settings, count)
    printed = (*view.settings.moved_due_dates, *[None] * count)
    return [
        {
            "label": f"第{place + 1}期",
            "due": japanese_date_with_weekday(due) if (due := printed[place]) and day else None,
            "note": f"{japanese_date_with_weekday(day)}は休日です" if day is not None and day != due else "",
        }
        for place, day in enumerate(decided)
    ]


async def _facts(view: CalendarView, program: ProgramView) -> list[tuple[str, str | None]]:
    settings = view.settings
    named = {one.id: one.title for one in await queries.last_year_choices(program)}
    due = settings.moved_settlement_due
    return [
        ("精算の納期限", japanese_date_with_weekday(due) if due else None),
        ("納期限が休日のとき", HOLIDAY_RULES[settings.holiday_rule]),
        ("途中で退会した団体", LEAVING_RULES[settings.leaving_rule]),
        ("変更の理由", REASONS["yes" if settings.reason_required else "no"]),
        ("前年度の事業", named.get(settings.last_year_program_id or 0)),
    ]


MODULE = Module(
    name="years.calendar",
    handlers=(calendar_page, edit_calendar, save_calendar),
    templates=Path(__file__).parent.parent / "templates",
    tasks=(calendar_tasks, change_tasks),
    action_labels={"save_calendar": "年間予定を保存"},
)
