"""The page behind an invitation's code: what is offered, and accepting it with a password."""

from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from tenants.access.cookies import open_form_token
from tenants.access.password_rules import SHORTEST
from tenants.errors import Invalid, NotFound
from tenants.people.acceptance import operations
from tenants.people.acceptance.operations import FIRST, KNOWN, Answer
from tenants.people.invitations.queries import invitation_behind
from tenants.people.invitations.rules import InvitationView, handle_in, written_code
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import field_messages, read_form, status_of
from tenants.web.routes import Entry, open_act, open_page
from tenants.web.visit import site, visit

_GONE = 404
_LONGEST_TYPED = 60
"""Characters of a code with spaces and hyphens between its signs; more is no code."""
say_when_done(
    {"invitation-accepted": "招待を受けました。利用の開始日から、メールアドレスとパスワードでサインインできます。"}
)


@open_page("/invitations", entry=Entry.IDENTITY)
async def code_form(request: Request[Any, Any, Any]) -> Response[Any]:
    """Where the code of a printed slip is typed; a readable one leads on to its page."""
    typed = request.query_params.get("code", "").strip()
    handle = handle_in(typed, site(request).secret_key) if len(typed) <= _LONGEST_TYPED else None
    if handle is not None:
        return see_other("/invitations/" + "".join(sign for sign in typed if sign.isascii() and sign.isalnum()))
    message = "招待コードを読み取れません。用紙の24文字を確かめてください。"
    return render(
        request,
        "people/code.html",
        title="招待コードの入力",
        lead="招待の用紙にある招待コードを入力してください。",
        help_page="people",
        status=422 if typed else 200,
        errors={"code": message} if typed else {},
        typed=typed[:_LONGEST_TYPED],
    )


@open_page("/invitations/{token:str}", entry=Entry.IDENTITY)
async def offer(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[Any]:
    """What the organisation offers; the same answer for an unknown, used, withdrawn and expired code."""
    handle = handle_in(token, site(request).secret_key)
    one = await invitation_behind(handle, visit(request).now) if handle else None
    return _gone(request) if one is None else _form(request, token, one, KNOWN if visit(request).signed_in else FIRST)


@open_act("/invitations/{token:str}", own_doors=True)
async def accept(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[Any]:
    """Accepts; the person then signs in."""
    here, stay, form = visit(request), site(request), await read_form(request)
    one = await operations.invitation_for(stay.pool, token, stay.secret_key, here.now)
    if one is None:
        return _gone(request)
    comes = form.get("comes", "")
    answer = Answer(
        comes if comes in {FIRST, KNOWN} else KNOWN, form.get("password", ""), form.get("password_again", "")
    )
    try:
        await operations.accept(stay.pool, token, stay.secret_key, answer, here.now, here.origin)
    except NotFound:
        return _gone(request)
    except Invalid as refused:
        return _form(request, token, one, answer.comes, refused)
    return see_other("/sign-in", done="invitation-accepted")


def _form(
    request: Request[Any, Any, Any], token: str, one: InvitationView, comes: str, refused: Invalid | None = None
) -> Response[Any]:
    return render(
        request,
        "people/offer.html",
        title=f"{one.tenant_name}からの招待",
        lead="内容を確かめて、招待を受けてください。",
        help_page="people",
        status=status_of(refused),
        errors=field_messages(refused),
        action=f"/invitations/{token}",
        one=one,
        code=written_code(token),
        comes=comes,
        ways=[(FIRST, "はじめて使う(パスワードを決める)"), (KNOWN, "すでに使っている(いまのパスワードを入力する)")],
        shortest=SHORTEST,
        form_token=open_form_token(request),
    )


def _gone(request: Request[Any, Any, Any]) -> Response[Any]:
    return render(
        request,
        "people/offer_gone.html",
        title="この招待は使えません",
        lead="すでに受けられたか、取り下げられたか、期限が切れたか、コードが途中で切れています。",
        status=_GONE,
    )


HANDLERS = (code_form, offer, accept)
