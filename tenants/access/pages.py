"""Pages of access: sign in, sign out, choose the organisation to work for."""

import re
import secrets
from typing import Any

from litestar import Request, Response

from tenants.access import operations
from tenants.access.operations import SignInRefused
from tenants.access.queries import memberships_of
from tenants.access.tables import Session
from tenants.database.transaction import savepoint
from tenants.errors import NotFound
from tenants.web.answers import render, see_other
from tenants.web.csrf import BEFORE_SIGN_IN_COOKIE, entrance_token
from tenants.web.form_data import positive_id, read_form
from tenants.web.routes import EVERYBODY, Entry, act, open_act, open_page, page
from tenants.web.visit import Site, Visit, site, visit

_ENTRANCE_SECONDS = 3600
"""A sign-in page left open longer than this is simply loaded again."""
_OUR_COOKIE = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
"""What ``token_urlsafe(32)`` gives; anything else (line ends, attributes) must not come back in a header."""


@open_page("/sign-in", entry=Entry.IDENTITY)
async def sign_in_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """The sign-in form; a person with a live session goes home."""
    if visit(request).signed_in is not None:
        return see_other("/")
    return _form(request, errors={}, email="")


@open_act("/sign-in")
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
    if errors:
        return _form(request, errors=errors, email=email, status=422)
    try:
        async with savepoint():
            token = await operations.sign_in(email, password, here.now, stay.limits, here.origin)
    except SignInRefused as refused:
        return _form(request, errors={"": refused.message}, email=email, status=422)
    if here.signed_in is not None:
        await Session.delete().where(Session.id == here.signed_in.session_id)
        here.signed_in = None
    _remember(here, stay, token)
    here.set_cookies.append(f"{BEFORE_SIGN_IN_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{_secure(stay)}")
    return see_other(_inside(form.get("next", "")))


@act("/sign-out", roles=EVERYBODY, identity=True)
async def sign_out(request: Request[Any, Any, Any]) -> Response[Any]:
    """Ends the session."""
    here = visit(request)
    if here.signed_in is None:
        raise NotFound
    await operations.sign_out(here.signed_in, here.origin)
    here.signed_in = None
    here.set_cookies.append(
        f"{site(request).session_cookie}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax{_secure(site(request))}"
    )
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
    _remember(here, stay, token)
    return see_other("/")


def _form(request: Request[Any, Any, Any], *, errors: dict[str, str], email: str, status: int = 200) -> Response[Any]:
    here, stay = visit(request), site(request)
    cookie = request.cookies.get(BEFORE_SIGN_IN_COOKIE, "")
    if not _OUR_COOKIE.fullmatch(cookie):
        cookie = secrets.token_urlsafe(32)
    here.set_cookies.append(
        f"{BEFORE_SIGN_IN_COOKIE}={cookie}; Path=/; Max-Age={_ENTRANCE_SECONDS}; HttpOnly; SameSite=Lax{_secure(stay)}"
    )
    return render(
        request,
        "sign_in.html",
        title="サインイン",
        lead=f"{stay.prefecture_name}と市町の共同サービスです。",
        status=status,
        errors=errors,
        email=email,
        step={"is_second_factor": False},
        next_url=_inside(request.query_params.get("next", ""), fallback=""),
        csrf_token=entrance_token(stay.secret_key, cookie),
    )


def _remember(here: Visit, stay: Site, token: str) -> None:
    """A session cookie: gone with the browser, unreadable for scripts, sent from our own pages only."""
    here.set_cookies.append(f"{stay.session_cookie}={token}; Path=/; HttpOnly; SameSite=Lax{_secure(stay)}")


def _secure(stay: Site) -> str:
    return "; Secure" if stay.secure_cookies else ""


def _inside(url: str, fallback: str = "/") -> str:
    """Only a path of ours may follow sign-in; anything a browser could read as another host is dropped."""
    if url.startswith("/") and not url.startswith(("//", "/\\")) and url.isascii() and url.isprintable():
        return url
    return fallback


HANDLERS = (sign_in_page, sign_in, sign_out, organisations, choose_organisation)
