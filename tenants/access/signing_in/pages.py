"""Pages of signing in: sign in, sign out, choose the organisation to work for."""

from pathlib import Path
from typing import Any

from litestar import Request, Response

from tenants.access.cookies import draft_cookie, forget_entrance, forget_session, open_form_token, remember_session
from tenants.access.drafts.queries import membership_of_draft
from tenants.access.queries import memberships_of
from tenants.access.rules import device_label
from tenants.access.signing_in import operations
from tenants.access.signing_in.operations import SignInRefused
from tenants.access.urls import path_of_ours
from tenants.errors import NotFound
from tenants.web.answers import render, see_other
from tenants.web.form_data import positive_id, read_form
from tenants.web.modules import Module
from tenants.web.routes import EVERYBODY, Entry, act, open_act, open_page, page
from tenants.web.visit import site, visit


@open_page("/sign-in", entry=Entry.IDENTITY)
async def sign_in_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """The sign-in form; a person with a live session goes home."""
    if visit(request).signed_in is not None:
        return see_other("/")
    return _form(request, errors={}, email="", next_url=request.query_params.get("next", ""))


@open_act("/sign-in", own_doors=True)
async def sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
    """Opens a session under a new token; an old one of this browser is ended."""
    form = await read_form(request)
    here, stay = visit(request), site(request)
    email, password = form.get("email", ""), form.get("password", "")
    errors = {
        name: message
        for name, value, message in (
            ("email", email.strip(), "メールアドレスを入力してください。"),
            ("password", password, "パスワードを入力してください。"),
        )
        if not value
    }
    next_url = form.get("next", "")
    if errors:
        return _form(request, errors=errors, email=email, next_url=next_url, status=422)
    draft = draft_cookie(request)
    try:
        token = await operations.sign_in(
            stay.pool,
            email,
            password,
            here.now,
            stay.limits,
            here.origin,
            device=device_label(request.headers.get("user-agent", "")),
            membership_id=await membership_of_draft(stay.pool, draft, here.now) if draft else None,
            replaces=here.signed_in.session_id if here.signed_in else None,
        )
    except SignInRefused as refused:
        return _form(request, errors={"": refused.message}, email=email, next_url=next_url, status=422)
    here.signed_in = None
    remember_session(here, stay, token)
    forget_entrance(here, stay)
    return see_other(path_of_ours(next_url))


@act("/sign-out", roles=EVERYBODY, identity=True, half_open=True, supporting=True)
async def sign_out(request: Request[Any, Any, Any]) -> Response[Any]:
    """Ends the session."""
    here = visit(request)
    if here.signed_in is None:
        raise NotFound
    await operations.sign_out(here.signed_in, here.origin)
    here.signed_in = None
    forget_session(here, site(request))
    return see_other("/sign-in")


@page("/organisation", roles=EVERYBODY, identity=True)
async def organisations(request: Request[Any, Any, Any]) -> Response[Any]:
    """The person's own memberships, to choose from."""
    here = visit(request)
    if here.signed_in is None:
        raise NotFound
    memberships = await memberships_of(here.signed_in.person_id, here.now.date())
    return render(
        request,
        "organisation_switch.html",
        title="所属の切り替え",
        lead="どの団体の、どの役割で作業するかを選びます。",
        breadcrumb=[("今週やること", "/"), ("所属の切り替え", None)],
        memberships=[
            {
                "id": membership.id,
                "tenant_name": membership.tenant_name,
                "role_label": membership.role.label,
                "current": (membership.tenant_id, membership.role) == (here.signed_in.tenant_id, here.signed_in.role),
                "until_text": "",
            }
            for membership in memberships
        ],
    )


@act("/organisation", roles=EVERYBODY, identity=True)
async def choose_organisation(request: Request[Any, Any, Any]) -> Response[Any]:
    """Moves the session to another membership, under a new token."""
    here, stay = visit(request), site(request)
    if here.signed_in is None:
        raise NotFound
    form = await read_form(request)
    membership_id = positive_id(form.get("membership", ""))
    token = await operations.act_as(here.signed_in, membership_id, here.now, here.origin)
    here.signed_in = None
    remember_session(here, stay, token)
    return see_other("/")


def _form(
    request: Request[Any, Any, Any], *, errors: dict[str, str], email: str, next_url: str, status: int = 200
) -> Response[Any]:
    here, stay = visit(request), site(request)
    return render(
        request,
        "sign_in.html",
        title="サインイン",
        lead=f"{stay.prefecture_name}と市町の共同サービスです。",
        status=status,
        errors=errors,
        email=email,
        draft_kept=draft_cookie(request) != "",
        session_ended=not errors and here.signed_in is None and request.cookies.get(stay.session_cookie, "") != "",
        next_url=path_of_ours(next_url, fallback=""),
        csrf_token=open_form_token(request),
    )


MODULE = Module(
    name="access",
    handlers=(sign_in_page, sign_in, sign_out, organisations, choose_organisation),
    templates=Path(__file__).parents[1] / "templates",
    action_labels={
        "sign_in": "サインイン",
        "sign_out": "サインアウト",
        "act_as": "所属の切り替え",
        "register_person": "利用者を登録",
        "give_role": "役割を付与",
        "disable_person": "利用者を停止",
        "lock_account": "失敗が続いたサインインを一時停止",
        "town_sign_in_limit": "失敗が続いた団体のサインインを一時停止",
    },
)
