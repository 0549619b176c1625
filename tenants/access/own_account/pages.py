"""Pages of one's own account: 自分の設定, パスワードの変更, サインイン中の端末, a kept draft, staying signed in."""

from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from tenants.access.cookies import draft_cookie, forget_session, remember_session
from tenants.access.drafts.queries import draft_of
from tenants.access.own_account import operations
from tenants.access.own_account.queries import email_of, sessions_of
from tenants.access.password_rules import SHORTEST, check_same
from tenants.access.rules import SignedIn
from tenants.errors import Invalid, NotFound
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import field_messages, positive_id, read_form, status_of
from tenants.web.modules import Module, OwnLink
from tenants.web.routes import EVERYBODY, act, page
from tenants.web.visit import Visit, site, visit

_HOME = ("今週やること", "/")
_ME = ("自分の設定", "/me")


@page("/me", roles=EVERYBODY, identity=True)
async def me(request: Request[Any, Any, Any]) -> Response[Any]:
    """What a person sets for themself: every slice adds its line."""
    signed_in = _signed_in(visit(request))
    modules: tuple[Module, ...] = request.app.state.modules
    return render(
        request,
        "access/me.html",
        title="自分の設定",
        breadcrumb=[_HOME, ("自分の設定", None)],
        person_name=signed_in.person_name,
        email=await email_of(signed_in.person_id),
        links=[link for module in modules for link in module.me_links],
    )


@page("/me/password", roles=EVERYBODY, identity=True)
async def password_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """The form to change one's password."""
    return _password_form(request, None)


@act("/me/password", roles=EVERYBODY, own_doors=True)
async def change_password(request: Request[Any, Any, Any]) -> Response[Any]:
    """Changes the password; every other session ends, this one goes on under a new token."""
    here, stay, form = visit(request), site(request), await read_form(request)
    new = form.get("new_password", "")
    try:
        check_same(new, form.get("new_password_again", ""), field="new_password_again")
        token = await operations.change_password(
            stay.pool, _signed_in(here), form.get("old_password", ""), new, here.now, here.origin
        )
    except Invalid as refused:
        return _password_form(request, refused)
    remember_session(here, stay, token)
    return see_other("/me", done="password-changed")


@page("/me/sessions", roles=EVERYBODY, identity=True)
async def sessions(request: Request[Any, Any, Any]) -> Response[Any]:
    """Where the person is signed in."""
    here = visit(request)
    return render(
        request,
        "access/sessions.html",
        title="サインイン中の端末",
        lead="心当たりのないものがあるときは、終わらせてからパスワードを変更してください。",
        breadcrumb=[_HOME, _ME, ("サインイン中の端末", None)],
        sessions=await sessions_of(_signed_in(here), here.now, site(request).limits),
    )


@act("/me/sessions/{session_id:str}/end", roles=EVERYBODY, identity=True)
async def end_session(request: Request[Any, Any, Any], session_id: FromPath[str]) -> Response[Any]:
    """Ends one session; the present one leads to the sign-in page."""
    here = visit(request)
    signed_in, number = _signed_in(here), positive_id(session_id)
    await operations.end_own_session(signed_in, number, here.origin)
    if number == signed_in.session_id:
        return _out(request)
    return see_other("/me/sessions", done="session-ended")


@act("/me/sessions/end", roles=EVERYBODY, identity=True)
async def end_all(request: Request[Any, Any, Any]) -> Response[Any]:
    """Signs the person out on every machine."""
    here = visit(request)
    await operations.end_all_sessions(_signed_in(here), here.origin)
    return _out(request)


@page("/me/alive", roles=EVERYBODY, identity=True, half_open=True)
async def alive(request: Request[Any, Any, Any]) -> Response[Any]:
    """The seconds until this session ends without another request; asking counts as one."""
    here, limits = visit(request), site(request).limits
    left = min(limits.idle, _signed_in(here).expires_at - here.now)
    return Response(str(int(left.total_seconds())), media_type="text/plain; charset=utf-8")


@page("/draft", roles=EVERYBODY, identity=True)
async def draft(request: Request[Any, Any, Any]) -> Response[Any]:
    """What was typed when the session had ended, as plain text, where its form cannot be found."""
    here, stay = visit(request), site(request)
    found = await draft_of(_signed_in(here), draft_cookie(request), stay.secret_key, here.now)
    return render(
        request,
        "access/draft.html",
        title="預かっている入力内容",
        lead="サインインが終わった後に送られた内容です。まだ登録されていません。",
        breadcrumb=[_HOME, ("預かっている入力内容", None)],
        page_path=found.page_path if found and found.page_path != "/draft" else "",
        fields=[(name, value) for name, values in found.fields.items() for value in values] if found else [],
    )


def _password_form(request: Request[Any, Any, Any], refused: Invalid | None) -> Response[Any]:
    return render(
        request,
        "access/password.html",
        title="パスワードの変更",
        lead="変更すると、ほかの端末ではサインアウトします。定期的に変える必要はありません。",
        breadcrumb=[_HOME, _ME, ("パスワードの変更", None)],
        status=status_of(refused),
        errors=field_messages(refused),
        shortest=SHORTEST,
    )


def _out(request: Request[Any, Any, Any]) -> Response[Any]:
    here = visit(request)
    here.signed_in = None
    forget_session(here, site(request))
    return see_other("/sign-in", done="signed-out-everywhere")


def _signed_in(here: Visit) -> SignedIn:
    if here.signed_in is None:
        raise NotFound
    return here.signed_in


say_when_done(
    {
        "password-changed": "パスワードを変更し、ほかの端末ではサインアウトしました。",
        "session-ended": "その端末でのサインインを終わらせました。",
        "signed-out-everywhere": "サインアウトしました。",
    }
)

MODULE = Module(
    name="own_account",
    handlers=(me, password_page, change_password, sessions, end_session, end_all, alive, draft),
    me_links=(
        OwnLink("パスワードの変更", "/me/password", "いまのパスワードを新しいものに変えます"),
        OwnLink("サインイン中の端末", "/me/sessions", "どこでサインインしているかを見て、終わらせます"),
    ),
    templates=Path(__file__).parents[1] / "templates",
    action_labels={
        "change_password": "パスワードを変更",
        "end_session": "端末のサインインを終了",
        "end_all_sessions": "すべての端末からサインアウト",
    },
)
