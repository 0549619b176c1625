"""The API of departures: who leaves a program, recorded and taken back."""

from datetime import date, datetime
from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta, Struct

from billing.programs import queries as programs
from billing.years.leaving import forms, operations, queries
from billing.years.leaving.rules import DepartureView
from tenants.api.answers import answer, created, listed
from tenants.api.bodies import as_form, read_body
from tenants.api.fields import Code, Id
from tenants.api.routes import VERSION, api_act, api_read
from tenants.context import Role
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE
from tenants.web.visit import visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})
_ALL = "/programs/{program_id:str}/departures"


class Leaving(Struct, frozen=True, forbid_unknown_fields=True):
    """一つの構成団体の退会。"""

    code: Code
    left_on: Annotated[date, Meta(description="構成団体である最後の日")]
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class Departure(Struct, frozen=True):
    """記録された退会。"""

    id: Id
    code: Code
    name: str
    left_on: date
    reason: str
    recorded_by: str
    recorded_at: datetime


@api_read(_ALL, roles=PREFECTURE, verb="years:read", summary="退会する団体", answers=Departure, listed=True)
async def departure_list(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The members that leave the program."""
    program = await programs.program(positive_id(program_id))
    return listed(request, await queries.departures(program.id), lambda one: one.id, _shown)


@api_act(
    _ALL,
    roles=EDITORS,
    verb="years:write",
    summary="退会を記録する",
    body=Leaving,
    answers=Departure,
    example={"code": "283011", "left_on": "2026-09-30", "reason": "単独で実施するため"},
)
async def record_departure(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Records that a member leaves; amounts change with the next run."""
    here, program = visit(request), await programs.program(positive_id(program_id))
    body = await read_body(request, Leaving)
    possible = {one.code: one.tenant_id for one in await queries.members_now(program)}
    form = as_form({"member": possible.get(body.code), "left_on": body.left_on, "reason": body.reason})
    given = forms.departure_input(form, program.fiscal_year, list(possible.values()))
    number = await operations.record_departure(here.context, program.id, given, here.now)
    return created(_shown(await queries.departure(program.id, number)), f"{VERSION}/programs/{program.id}/departures")


@api_act(
    _ALL + "/{departure_id:str}/deletion",
    roles=EDITORS,
    verb="years:write",
    summary="退会の記録を取り消す",
    answers=Departure,
    status=200,
)
async def take_back_departure(
    request: Request[Any, Any, Any], program_id: FromPath[str], departure_id: FromPath[str]
) -> Response[Any]:
    """Removes a departure recorded in error, and answers what it said."""
    program = await programs.program(positive_id(program_id))
    found = await queries.departure(program.id, positive_id(departure_id))
    await operations.take_back_departure(visit(request).context, program.id, found.id)
    return answer(_shown(found))


def _shown(one: DepartureView) -> Departure:
    return Departure(**{name: getattr(one, name) for name in Departure.__struct_fields__})


HANDLERS = (departure_list, record_departure, take_back_departure)
