"""Pages of appointments: the organisations' people in numbers, and appointing a first administrator."""

from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid, NotFound
from tenants.people import forms
from tenants.people.appointments import operations, queries
from tenants.people.appointments.queries import OrganisationPeople
from tenants.people.invitations.pages import TRAIL, slip_of
from tenants.people.rules import ADMINISTRATORS_WANTED
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import field_messages, positive_id, read_form, status_of
from tenants.web.rendering import Status
from tenants.web.routes import act, page
from tenants.web.visit import visit

OPERATORS = frozenset({Role.PREFECTURE_ADMIN})
say_when_done({"appointed": "管理者を招待しました。用紙を印刷して渡してください。"})


@page("/people/organisations", roles=OPERATORS)
async def organisation_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """Every organisation with its number of people and its administrators' names."""
    found = await queries.organisations(visit(request).now.date())
    return render(
        request,
        "people/organisations.html",
        title="各団体の管理者",
        lead="各団体の利用者数と管理者の氏名です。利用者の内容は、その団体の管理者だけが見られます。",
        breadcrumb=[*TRAIL, ("各団体の管理者", None)],
        help_page="people",
        organisations=[_row(one) for one in found],
    )


@page("/people/organisations/{tenant_id:str}/administrator", roles=OPERATORS)
async def appointment_form(request: Request[Any, Any, Any], tenant_id: FromPath[str]) -> Response[Any]:
    """The form to appoint a first administrator, or the slip of the one appointed."""
    here = visit(request)
    one = await queries.organisation(positive_id(tenant_id), here.now.date())
    return await _form(request, one, {"valid_from": forms.day_text(here.now.date())})


@act("/people/organisations/{tenant_id:str}/administrator", roles=OPERATORS)
async def appoint(request: Request[Any, Any, Any], tenant_id: FromPath[str]) -> Response[Any]:
    """Appoints the first administrator."""
    here, form = visit(request), await read_form(request)
    one = await queries.organisation(positive_id(tenant_id), here.now.date())
    try:
        async with savepoint():
            new = forms.invitation_input(form, one.id, role=Role.TOWN_ADMIN)
            await operations.appoint(here.context, one.id, new, here.now)
    except (Invalid, Conflict) as refused:
        return await _form(request, one, dict(form), refused)
    return see_other(f"/people/organisations/{one.id}/administrator", done="appointed")


@page("/people/organisations/{tenant_id:str}/administrator/slip", roles=OPERATORS)
async def appointment_slip(request: Request[Any, Any, Any], tenant_id: FromPath[str]) -> Response[Any]:
    """The slip for the appointed administrator."""
    here = visit(request)
    one = await queries.appointment(positive_id(tenant_id), here.now)
    if one is None:
        raise NotFound
    return render(
        request,
        "people/slips.html",
        title="招待の用紙",
        lead="印刷して本人に手渡してください。コードを知る人は誰でも招待を受けられるので、封をして渡します。",
        breadcrumb=[*TRAIL, ("各団体の管理者", "/people/organisations"), ("用紙", None)],
        help_page="people",
        slips=[slip_of(request, one)],
    )


async def _form(
    request: Request[Any, Any, Any],
    one: OrganisationPeople,
    values: dict[str, str],
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    return render(
        request,
        "people/appointment.html",
        title=f"{one.name}の管理者を任命する",
        lead="管理者のいない団体に、県が最初の管理者を招待します。理由はその団体の操作記録にも残ります。",
        breadcrumb=[*TRAIL, ("各団体の管理者", "/people/organisations"), (one.name, None)],
        help_page="people",
        status=status_of(refused),
        errors=field_messages(refused),
        one=one,
        appointed=await queries.appointment(one.id, visit(request).now),
        values=values,
    )


def _row(one: OrganisationPeople) -> dict[str, Any]:
    if not one.administrators:
        state = Status("招待中", "progress") if one.invitation_id else Status("管理者なし", "danger")
    elif len(one.administrators) < ADMINISTRATORS_WANTED:
        state = Status("1人だけ", "warning")
    else:
        state = Status("2人以上", "success")
    url = f"/people/organisations/{one.id}/administrator"
    return {
        "code": one.code,
        "name": one.name,
        "people": one.people,
        "administrators": "、".join(one.administrators) or None,
        "status": state,
        "actions": [] if one.administrators else [{"label": "任命する", "url": url}],
    }


HANDLERS = (organisation_list, appointment_form, appoint, appointment_slip)
