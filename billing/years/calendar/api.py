"""The API of calendars: the plan of a program's year, read and replaced."""

from datetime import date
from typing import Annotated, Any, Literal

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta, Struct

from billing.programs import queries as programs
from billing.programs.rules import ProgramView
from billing.years.calendar import forms, operations, queries
from tenants.api.answers import answer
from tenants.api.bodies import as_form, read_body
from tenants.api.fields import Count, Id
from tenants.api.routes import api_act, api_read
from tenants.api.rules import say_verbs
from tenants.api.versions import answering_stale, wanted_version
from tenants.context import Role
from tenants.errors import Invalid
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE
from tenants.web.visit import visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})
say_verbs({"years:read": "年間予定と変更を見る", "years:write": "年間予定を決め、退会を記録する"})
_ONE = "/programs/{program_id:str}/calendar"


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    """事業の年間予定。行わない段階と決まっていない納期限は null。納期限は納付回数と同じ数だけ並べます。"""

    due_dates: Annotated[
        list[date | None], Meta(min_length=1, max_length=12, description="期ごとの納期限(休日の調整前)")
    ]
    estimate_by: date | None = None
    notice_by: date | None = None
    final_by: date | None = None
    true_up_by: date | None = None
    settlement_due: Annotated[date | None, Meta(description="期が残っていない追徴の納期限")] = None
    holiday_rule: Literal["after", "before", "as_is"] = "after"
    leaving_rule: Literal["full_year", "renormalise"] = "full_year"
    reason_required: bool = True
    last_year_program_id: Id | None = None


class PlanNow(Struct, frozen=True):
    """いまの年間予定。saved が false のときは年度から計算した案。"""

    version: Count
    saved: bool
    plan: Plan
    printed_due_dates: Annotated[list[date | None], Meta(description="休日の決まりで動かした納期限")]


@api_read(_ONE, roles=PREFECTURE, verb="years:read", summary="年間予定", answers=PlanNow, versioned=True)
async def calendar(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """The plan of a program's year, or the proposal."""
    shown, version = await _now(await programs.program(positive_id(program_id)))
    return answer(shown, version=version)


@api_act(
    _ONE,
    method="PUT",
    roles=EDITORS,
    verb="years:write",
    summary="年間予定を決める",
    body=Plan,
    answers=PlanNow,
    versioned=True,
    if_match=True,
    example={"notice_by": "2026-11-05", "final_by": "2027-02-15", "due_dates": ["2026-11-30"]},
)
async def save_calendar(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Replaces the plan, or the proposal."""
    program = await programs.program(positive_id(program_id))
    version, body = wanted_version(request), await read_body(request, Plan)
    count = program.settings.instalment_count
    if len(body.due_dates) != count:
        message = f"納付回数と同じ{count}件を並べてください。決まっていない期は null にします。"
        raise Invalid("not-as-many", message, {"/due_dates": message})
    values = {name: getattr(body, name) for name in Plan.__struct_fields__ if name != "due_dates"}
    values |= {f"due-{number}": day for number, day in enumerate(body.due_dates, start=1)}
    values["reason_required"] = "yes" if body.reason_required else "no"
    choices = [one.id for one in await queries.last_year_choices(program)]
    async with answering_stale(body, lambda: _now(program)):
        settings = forms.calendar_input(as_form(values), program.fiscal_year, count, choices)
        await operations.save_calendar(visit(request).context, program.id, settings, version)
    shown, version = await _now(program)
    return answer(shown, version=version)


async def _now(program: ProgramView) -> tuple[PlanNow, int]:
    view = await queries.calendar(program)
    values = {name: getattr(view.settings, name) for name in Plan.__struct_fields__}
    plan = Plan(**{**values, "due_dates": list(view.settings.due_dates)})
    return PlanNow(view.version, view.saved, plan, list(view.settings.moved_due_dates)), view.version


HANDLERS = (calendar, save_calendar)
