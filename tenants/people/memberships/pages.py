"""Pages of one role of one person."""

from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.people import forms, operations, queries
from tenants.people.invitations.pages import TRAIL
from tenants.people.invitations.rules import period_text
from tenants.people.rules import ADMINISTRATING, MembershipLine, PersonView, roles_of
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import Faults, FormData, field_messages, one_of, positive_id, read_form, status_of
from tenants.web.routes import act, page
from tenants.web.visit import site, visit

say_when_done(
    {
        "role-begun": "役割を加えました。",
        "role-changed": "役割を変えました。",
        "period-changed": "期間を変えました。",
        "role-ended": "役割を終えました。今日いっぱい使えます。",
    }
)


@page("/people/{person_id:str}/roles/new", roles=ADMINISTRATING)
async def new_role(request: Request[Any, Any, Any], person_id: FromPath[str]) -> Response[Any]:
    """The form to give a person a further role."""
    one = await _person(request, positive_id(person_id))
    return _new_form(request, one, {"valid_from": forms.day_text(visit(request).now.date())})


@act("/people/{person_id:str}/roles", roles=ADMINISTRATING)
async def begin_role(request: Request[Any, Any, Any], person_id: FromPath[str]) -> Response[Any]:
    """Gives a person a further role."""
    here, form = visit(request), await read_form(request)
    one = await _person(request, positive_id(person_id))
    try:
        async with savepoint():
            faults = Faults()
            role = _role(form, here.context.tenant_id, faults)
            valid_from, valid_to = forms.read_period(form, [role] if role else [], faults)
            faults.raise_if_any()
            if role is not None:
                await operations.begin_role(here.context, one.id, role, valid_from, valid_to, here.now)
    except (Invalid, Conflict) as refused:
        return _new_form(request, one, dict(form), refused)
    return see_other(f"/people/{one.id}", done="role-begun")


@page("/people/memberships/{membership_id:str}", roles=ADMINISTRATING)
async def membership_page(request: Request[Any, Any, Any], membership_id: FromPath[str]) -> Response[Any]:
    """One role: its dates, another role instead, its end."""
    line = await queries.membership(visit(request).context.tenant_id, positive_id(membership_id))
    return await _page(request, line, {})


@act("/people/memberships/{membership_id:str}/period", roles=ADMINISTRATING)
async def change_period(request: Request[Any, Any, Any], membership_id: FromPath[str]) -> Response[Any]:
    """Changes from when to when the role holds."""
    here, form = visit(request), await read_form(request)
    line = await queries.membership(here.context.tenant_id, positive_id(membership_id))
    try:
        async with savepoint():
            faults = Faults()
            valid_from, valid_to = forms.read_period(form, [line.role], faults)
            faults.raise_if_any()
            version = positive_id(form.get("version", ""))
            await operations.change_period(here.context, line.id, valid_from, valid_to, version, here.now)
    except (Invalid, Conflict) as refused:
        return await _page(request, line, dict(form), refused)
    return see_other(f"/people/{line.person_id}", done="period-changed")


@act("/people/memberships/{membership_id:str}/role", roles=ADMINISTRATING)
async def change_role(request: Request[Any, Any, Any], membership_id: FromPath[str]) -> Response[Any]:
    """Ends the role and begins another the same day."""
    here, form = visit(request), await read_form(request)
    line = await queries.membership(here.context.tenant_id, positive_id(membership_id))
    try:
        async with savepoint():
            faults = Faults()
            role, from_day = _role(form, here.context.tenant_id, faults), forms.read_day(form, "from_day", faults)
            faults.raise_if_any()
            version = positive_id(form.get("version", ""))
            if role is not None:
                await operations.change_role(here.context, line.id, role, from_day, version, here.now)
    except (Invalid, Conflict) as refused:
        return await _page(request, line, dict(form), refused)
    return see_other(f"/people/{line.person_id}", done="role-changed")


@act("/people/memberships/{membership_id:str}/end", roles=ADMINISTRATING)
async def end_role(request: Request[Any, Any, Any], membership_id: FromPath[str]) -> Response[Any]:
    """Makes today the role's last day."""
    here, form = visit(request), await read_form(request)
    line = await queries.membership(here.context.tenant_id, positive_id(membership_id))
    try:
        async with savepoint():
            await operations.end_role(here.context, line.id, positive_id(form.get("version", "")), here.now)
    except Conflict as refused:
        return await _page(request, line, {}, refused)
    return see_other(f"/people/{line.person_id}", done="role-ended")


async def _person(request: Request[Any, Any, Any], person_id: int) -> PersonView:
    here = visit(request)
    return await queries.person(here.context.tenant_id, person_id, here.now, site(request).limits)


def _role(form: FormData, tenant_id: int, faults: Faults) -> Role | None:
    allowed = {role.value: role for role in roles_of(tenant_id)}
    return allowed.get(one_of(form, "role", "役割", allowed, faults))


def _options(request: Request[Any, Any, Any]) -> list[tuple[str, str]]:
    return [(role.value, role.label) for role in roles_of(visit(request).context.tenant_id)]


def _new_form(
    request: Request[Any, Any, Any],
    one: PersonView,
    values: dict[str, str],
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    return render(
        request,
        "people/new_role.html",
        title=f"{one.name}さんに役割を加える",
        breadcrumb=[*TRAIL, (one.name, f"/people/{one.id}"), ("役割を加える", None)],
        help_page="people",
        status=status_of(refused),
        errors=field_messages(refused),
        one=one,
        values=values,
        roles=_options(request),
    )


async def _page(
    request: Request[Any, Any, Any],
    line: MembershipLine,
    values: dict[str, str],
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    today = visit(request).now.date()
    one = await _person(request, line.person_id)
    shown = {
        "valid_from": forms.day_text(line.standing.valid_from),
        "valid_to": forms.day_text(line.standing.valid_to),
        "from_day": forms.day_text(today),
        "role": "",
    }
    return render(
        request,
        "people/membership.html",
        title=f"{one.name} {line.role.label}",
        breadcrumb=[*TRAIL, (one.name, f"/people/{one.id}"), (line.role.label, None)],
        help_page="people",
        status=status_of(refused),
        errors=field_messages(refused),
        one=one,
        line=line,
        period=period_text(line.standing.valid_from, line.standing.valid_to),
        state=line.standing.status(today),
        ended=line.standing.ended_on(today),
        values={**shown, **values},
        roles=[option for option in _options(request) if option[0] != line.role.value],
    )


HANDLERS = (new_role, begin_role, membership_page, change_period, change_role, end_role)
