"""Pages of people: the list, one person with roles and sessions, and what their administrator can do."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.lists.listing import list_page
from tenants.people import forms, operations, queries
from tenants.people.acceptance.pages import HANDLERS as ACCEPTANCE
from tenants.people.appointments.pages import HANDLERS as APPOINTMENTS
from tenants.people.imports import PEOPLE
from tenants.people.invitations.pages import HANDLERS as INVITATIONS
from tenants.people.invitations.pages import TRAIL
from tenants.people.invitations.queries import open_invitations
from tenants.people.listed import people_list_at
from tenants.people.memberships.pages import HANDLERS as MEMBERSHIPS
from tenants.people.rules import (
    ADMINISTRATING,
    ADMINISTRATORS_WANTED,
    administrator_role,
    administrators_on,
)
from tenants.people.showing import person_facts, role_rows
from tenants.people.tasks import people_tasks
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import field_messages, positive_id, read_form, status_of
from tenants.web.modules import Module, NavigationEntry
from tenants.web.rendering import Notice
from tenants.web.routes import act, page
from tenants.web.visit import site, visit

say_when_done(
    {
        "person-suspended": "停止しました。この団体で使っていた画面は、すぐに使えなくなります。",
        "person-resumed": "停止を解きました。",
    }
)


@page("/people", roles=ADMINISTRATING)
async def people_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """Everybody of the organisation, filtered in the address."""
    here, stay = visit(request), site(request)
    context, today = here.context, here.now.date()
    everybody = await queries.people(context.tenant_id, here.now, stay.limits)
    administrators = administrators_on(everybody, administrator_role(context.tenant_id), today)
    few = len(administrators) < ADMINISTRATORS_WANTED
    warning = f"管理者が{len(administrators)}人です。急な不在に備え、2人以上にしてください。"
    invited = len(await open_invitations(context.tenant_id))
    return await list_page(
        request,
        people_list_at(here.now, context.tenant_id),
        title="利用者",
        lead=f"{context.tenant_name or 'この団体'}として結を使う人と、その役割です。",
        breadcrumb=[("今週やること", "/"), ("利用者", None)],
        help_page="people",
        notices=[Notice("warning", warning)] if few else [],
        links=[
            ("利用者を招待する", "/people/invitations/new"),
            (f"返事待ちの招待 {invited}件", "/people/invitations"),
            ("表からまとめて招待する", "/imports/new?kind=people"),
            ("人事異動", "/transfers"),
            ("棚卸し", "/reviews"),
            *([("各団体の管理者", "/people/organisations")] if context.is_prefecture else []),
        ],
        new_first=True,
    )


@page("/people/{person_id:str}", roles=ADMINISTRATING)
async def person_page(request: Request[Any, Any, Any], person_id: FromPath[str]) -> Response[Any]:
    """One person of the organisation."""
    return await _person(request, positive_id(person_id))


@act("/people/{person_id:str}/suspension", roles=ADMINISTRATING)
async def suspend(request: Request[Any, Any, Any], person_id: FromPath[str]) -> Response[Any]:
    """Stops a person in this organisation at once."""
    here, number, form = visit(request), positive_id(person_id), await read_form(request)
    try:
        async with savepoint():
            await queries.person(here.context.tenant_id, number, here.now, site(request).limits)
            await operations.suspend_person(here.context, number, forms.read_reason(form), here.now)
    except (Invalid, Conflict) as refused:
        return await _person(request, number, form, refused)
    return see_other(f"/people/{number}", done="person-suspended")


@act("/people/{person_id:str}/resumption", roles=ADMINISTRATING)
async def resume(request: Request[Any, Any, Any], person_id: FromPath[str]) -> Response[Any]:
    """Lets a stopped person go on."""
    here, number = visit(request), positive_id(person_id)
    await operations.resume_person(here.context, number, here.now)
    return see_other(f"/people/{number}", done="person-resumed")


async def _person(
    request: Request[Any, Any, Any],
    person_id: int,
    values: Mapping[str, str] | None = None,
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    here = visit(request)
    today = here.now.date()
    one = await queries.person(here.context.tenant_id, person_id, here.now, site(request).limits)
    return render(
        request,
        "people/person.html",
        title=one.name,
        breadcrumb=[*TRAIL, (one.name, None)],
        help_page="people",
        status=status_of(refused),
        errors=field_messages(refused),
        values=values or {},
        one=one,
        is_oneself=one.id == here.context.person_id,
        may_reset=any(line.standing.holds_on(today) for line in one.memberships),
        state=one.status(today),
        facts=person_facts(one),
        rows=role_rows(one, today),
    )


MODULE = Module(
    name="people",
    handlers=(people_list, person_page, suspend, resume, *MEMBERSHIPS, *INVITATIONS, *APPOINTMENTS, *ACCEPTANCE),
    templates=Path(__file__).parent / "templates",
    imports=(PEOPLE,),
    navigation=(NavigationEntry("利用者", "/people", ADMINISTRATING),),
    tasks=(people_tasks,),
    action_labels={
        "invite_person": "利用者を招待",
        "issue_invitation_again": "招待のコードを発行し直し",
        "mail_invitation": "招待をメールで送付",
        "withdraw_invitation": "招待を取り下げ",
        "accept_invitation": "招待を受諾",
        "appoint_administrator": "団体の最初の管理者を任命",
        "change_membership": "役割の期間を変更",
        "suspend_membership": "利用を停止",
        "resume_membership": "停止を解除",
    },
)
