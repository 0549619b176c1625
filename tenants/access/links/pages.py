"""The page behind a link on a slip or in an invitation: set the password, once."""

from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from tenants.access.cookies import open_form_token
from tenants.access.links import operations
from tenants.access.links.queries import live_link
from tenants.access.links.rules import LinkView, Purpose
from tenants.access.password_rules import SHORTEST, check_same
from tenants.database.transaction import savepoint
from tenants.errors import Invalid, NotFound
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import field_messages, read_form, status_of
from tenants.web.modules import Module
from tenants.web.routes import Entry, open_act, open_page
from tenants.web.visit import visit

_GONE = 404


@open_page("/welcome/{token:str}", entry=Entry.IDENTITY)
async def welcome(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[Any]:
    """The form for a new password; the same answer for an unknown, used and expired link."""
    link = await live_link(token, visit(request).now)
    return _gone(request) if link is None else _form(request, token, link, None)


@open_act("/welcome/{token:str}")
async def set_password(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[Any]:
    """Sets the password; the person then signs in with it."""
    here, form = visit(request), await read_form(request)
    link = await live_link(token, here.now)
    if link is None:
        return _gone(request)
    password = form.get("password", "")
    try:
        async with savepoint():
            check_same(password, form.get("password_again", ""))
            await operations.set_password_with(token, password, here.now, here.origin)
    except NotFound:
        return _gone(request)
    except Invalid as refused:
        return _form(request, token, link, refused)
    return see_other("/sign-in", done="password-set")


def _form(request: Request[Any, Any, Any], token: str, link: LinkView, refused: Invalid | None) -> Response[Any]:
    return render(
        request,
        "access/welcome.html",
        title="パスワードの設定" if link.purpose is Purpose.INVITATION else "パスワードの再設定",
        lead=f"{link.person_name}さんが使うパスワードを決めてください。",
        status=status_of(refused),
        errors=field_messages(refused),
        token=token,
        link=link,
        shortest=SHORTEST,
        form_token=open_form_token(request),
    )


def _gone(request: Request[Any, Any, Any]) -> Response[Any]:
    return render(
        request,
        "access/welcome_gone.html",
        title="この案内は使えません",
        lead="すでに使われたか、期限が切れたか、アドレスが途中で切れています。",
        status=_GONE,
    )


say_when_done({"password-set": "パスワードを設定しました。新しいパスワードでサインインしてください。"})

MODULE = Module(
    name="access_links",
    handlers=(welcome, set_password),
    templates=Path(__file__).parents[1] / "templates",
    action_labels={
        "issue_invitation_link": "利用開始の案内を発行",
        "issue_reset_link": "パスワード再設定の案内を発行",
        "set_password_with_link": "案内からパスワードを設定",
    },
)
