"""Pages of invitations: invite, the open ones, one of them, its slip."""

from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from tenants.context import TenantContext
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.lists.listing import list_page
from tenants.people import forms
from tenants.people.invitations import operations, queries
from tenants.people.invitations.listed import invitation_list_at
from tenants.people.invitations.rules import InvitationView, code_of, written_code
from tenants.people.rules import ADMINISTRATING, roles_of
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import field_messages, positive_id, read_form, status_of
from tenants.web.routes import act, page
from tenants.web.visit import site, visit

_NEW = ("利用者を招待する", "/people/invitations/new")
TRAIL = (("今週やること", "/"), ("利用者", "/people"))
say_when_done(
    {
        "invited": "招待しました。用紙を印刷して渡すか、メールで送ってください。",
        "invited-by-mail": "招待し、メールを送信待ちに入れました。届かないときは用紙を渡してください。",
        "invitation-issued": "新しいコードを発行しました。前のコードは使えません。",
        "invitation-mailed": "メールを送信待ちに入れました。",
        "invitation-withdrawn": "招待を取り下げました。",
    }
)


@page("/people/invitations", roles=ADMINISTRATING)
async def invitation_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """The invitations nobody has accepted yet."""
    here = visit(request)
    links = [_NEW]
    if await queries.open_invitations(here.context.tenant_id):
        links.append(("すべての用紙を印刷する", "/people/invitations/slips"))
    return await list_page(
        request,
        invitation_list_at(here.now, here.context.tenant_id),
        title="返事待ちの招待",
        lead="まだ受けられていない招待です。期限が切れたら、新しいコードを発行できます。",
        breadcrumb=[*TRAIL, ("招待", None)],
        help_page="people",
        links=links,
        new_first=True,
        empty_link=(_NEW[1], _NEW[0]),
    )


@page("/people/invitations/new", roles=ADMINISTRATING)
async def new_invitation(request: Request[Any, Any, Any]) -> Response[Any]:
    """The form to invite somebody."""
    values = {"valid_from": forms.day_text(visit(request).now.date()), "by_mail": "1"}
    return _form(request, values, ())


@act("/people/invitations", roles=ADMINISTRATING)
async def invite(request: Request[Any, Any, Any]) -> Response[Any]:
    """Invites somebody, by mail too when wished."""
    here, form = visit(request), await read_form(request)
    context, by_mail = here.context, form.get("by_mail", "") == "1"
    try:
        async with savepoint():
            new = forms.invitation_input(form, context.tenant_id)
            invitation_id = await operations.invite(context, new, here.now)
            if by_mail:
                await operations.send_by_mail(context, invitation_id, site(request).secret_key, here.now)
    except (Invalid, Conflict) as refused:
        return _form(request, dict(form), tuple(form.all("roles")), refused)
    return see_other(f"/people/invitations/{invitation_id}", done="invited-by-mail" if by_mail else "invited")


@page("/people/invitations/slips", roles=ADMINISTRATING)
async def slips(request: Request[Any, Any, Any]) -> Response[Any]:
    """The slips of all invitations that can still be accepted, one a sheet."""
    here = visit(request)
    found = await queries.open_invitations(here.context.tenant_id)
    return _slips(request, [one for one in reversed(found) if one.works(here.now, here.now.date())])


@page("/people/invitations/{invitation_id:str}", roles=ADMINISTRATING)
async def invitation_page(request: Request[Any, Any, Any], invitation_id: FromPath[str]) -> Response[Any]:
    """One invitation and what can be done with it."""
    here = visit(request)
    one = await queries.invitation(here.context.tenant_id, positive_id(invitation_id))
    return _page(request, one)


@page("/people/invitations/{invitation_id:str}/slip", roles=ADMINISTRATING)
async def slip(request: Request[Any, Any, Any], invitation_id: FromPath[str]) -> Response[Any]:
    """The slip to print and hand over."""
    here = visit(request)
    one = await queries.invitation(here.context.tenant_id, positive_id(invitation_id))
    return _slips(request, [one] if one.works(here.now, here.now.date()) else [])


@act("/people/invitations/{invitation_id:str}/codes", roles=ADMINISTRATING)
async def issue_again(request: Request[Any, Any, Any], invitation_id: FromPath[str]) -> Response[Any]:
    """Gives a fresh code."""
    here, number = visit(request), positive_id(invitation_id)
    await operations.issue_again(here.context, number, here.now)
    return see_other(f"/people/invitations/{number}", done="invitation-issued")


@act("/people/invitations/{invitation_id:str}/mails", roles=ADMINISTRATING)
async def send_by_mail(request: Request[Any, Any, Any], invitation_id: FromPath[str]) -> Response[Any]:
    """Writes the invitation to its address."""
    here, number = visit(request), positive_id(invitation_id)
    await operations.send_by_mail(here.context, number, site(request).secret_key, here.now)
    return see_other(f"/people/invitations/{number}", done="invitation-mailed")


@act("/people/invitations/{invitation_id:str}/withdrawal", roles=ADMINISTRATING)
async def withdraw(request: Request[Any, Any, Any], invitation_id: FromPath[str]) -> Response[Any]:
    """Takes the invitation back."""
    here, number = visit(request), positive_id(invitation_id)
    await operations.withdraw(here.context, number, here.now)
    return see_other("/people/invitations", done="invitation-withdrawn")


def _form(
    request: Request[Any, Any, Any],
    values: dict[str, str],
    roles: tuple[str, ...],
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    context: TenantContext = visit(request).context
    return render(
        request,
        "people/invite.html",
        title="利用者を招待する",
        lead="招待された人が自分で受けると、この団体の利用者になります。",
        breadcrumb=[*TRAIL, ("招待", "/people/invitations"), ("招待する", None)],
        help_page="people",
        status=status_of(refused),
        errors=field_messages(refused),
        values=values,
        chosen=roles,
        roles=[(role.value, role.label) for role in roles_of(context.tenant_id)],
    )


def _page(request: Request[Any, Any, Any], one: InvitationView) -> Response[Any]:
    here = visit(request)
    return render(
        request,
        "people/invitation.html",
        title=f"{one.name}さんへの招待",
        breadcrumb=[*TRAIL, ("招待", "/people/invitations"), (one.name, None)],
        help_page="people",
        one=one,
        state=one.status(here.now, here.now.date()),
        works=one.works(here.now, here.now.date()),
    )


def slip_of(request: Request[Any, Any, Any], one: InvitationView) -> dict[str, Any]:
    """What stands on the slip: where to go, what to type, until when."""
    code = code_of(one.code_handle, site(request).secret_key)
    address = str(request.base_url).rstrip("/")
    return {"one": one, "code": written_code(code), "address": f"{address}/invitations"}


def _slips(request: Request[Any, Any, Any], found: list[InvitationView]) -> Response[Any]:
    return render(
        request,
        "people/slips.html",
        title="招待の用紙",
        lead="印刷して本人に手渡してください。コードを知る人は誰でも招待を受けられるので、封をして渡します。",
        breadcrumb=[*TRAIL, ("招待", "/people/invitations"), ("用紙", None)],
        help_page="people",
        slips=[slip_of(request, one) for one in found],
    )


HANDLERS = (
    invitation_list,
    new_invitation,
    invite,
    slips,
    invitation_page,
    slip,
    issue_again,
    send_by_mail,
    withdraw,
)
