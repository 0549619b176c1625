"""Pages of tokens: a person's own, to make and revoke; an administrator's view of the organisation's."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from tenants.access.rules import SignedIn
from tenants.access.signing_in.operations import password_is_right
from tenants.api import forms, operations, queries, schema_pages
from tenants.api.routes import verbs_for
from tenants.api.rules import LONGEST_DAYS, TokenView, verb_labels
from tenants.context import Role, Scope
from tenants.database.transaction import as_identity, open_door
from tenants.errors import Invalid, NotFound
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import FormData, field_messages, positive_id, read_form, status_of
from tenants.web.modules import Module, NavigationEntry, OwnLink
from tenants.web.rendering import Status
from tenants.web.routes import EVERYBODY, act, page
from tenants.web.visit import Site, Visit, site, visit

ADMINISTRATORS = frozenset({Role.TOWN_ADMIN, Role.PREFECTURE_ADMIN})
say_when_done({"token-revoked": "トークンを失効しました。このトークンを使う連携は、もう動きません。"})


@page("/me/tokens", roles=EVERYBODY, identity=True)
async def own_tokens(request: Request[Any, Any, Any]) -> Response[Any]:
    """The person's own tokens, and the form for a new one."""
    return await _own(request, FormData({name: [text] for name, text in forms.NEW_TOKEN.items()}))


@act("/me/tokens", roles=EVERYBODY, identity=True, own_doors=True)
async def create_token(request: Request[Any, Any, Any]) -> Response[Any]:
    """Makes a token and shows it, once: the answer is a page and no redirect, and is kept nowhere.

    The password is asked for and counted like signing in, in a transaction of its own.
    """
    form, here, stay = await read_form(request), visit(request), site(request)
    if here.signed_in is None:
        raise NotFound
    refused, token, shown = None, "", FormData({name: [text] for name, text in forms.NEW_TOKEN.items()})
    try:
        new = forms.token_input(form, _offered(request))
        await _check_password(stay, here, here.signed_in, form.get("password", ""))
        async with open_door(stay.pool, Scope.IDENTITY):
            token = await operations.create_token(here.context, new, here.now)
    except Invalid as fault:
        refused, shown = fault, form
    async with open_door(stay.pool, Scope.IDENTITY, read_only=True):
        return await _own(request, shown, refused, token)


@act("/me/tokens/{token_id:str}/revocation", roles=EVERYBODY, identity=True)
async def revoke_own_token(request: Request[Any, Any, Any], token_id: FromPath[str]) -> Response[Any]:
    """Ends one of the person's own tokens at once."""
    here = visit(request)
    await operations.revoke_own_token(here.context, positive_id(token_id), here.now)
    return see_other("/me/tokens", done="token-revoked")


@page("/tokens", roles=ADMINISTRATORS)
async def tokens_of_organisation(request: Request[Any, Any, Any]) -> Response[Any]:
    """Every token that acts for the organisation."""
    here = visit(request)
    async with as_identity():
        found = await queries.tokens_of_tenant(here.context.tenant_id, here.now)
    return render(
        request,
        "api/organisation_tokens.html",
        title="APIトークン",
        lead="この団体の記録を扱う連携プログラムの一覧です。使われなくなったもの、心当たりのないものは失効してください。",
        breadcrumb=[("今週やること", "/"), ("APIトークン", None)],
        help_page="api",
        rows=_rows(found, "/tokens"),
    )


@act("/tokens/{token_id:str}/revocation", roles=ADMINISTRATORS)
async def revoke_token(request: Request[Any, Any, Any], token_id: FromPath[str]) -> Response[Any]:
    """Ends a token that acts for the organisation, at once."""
    here = visit(request)
    await operations.revoke_token_of_tenant(here.context, positive_id(token_id), here.now)
    return see_other("/tokens", done="token-revoked")


async def _check_password(stay: Site, here: Visit, signed_in: SignedIn, password: str) -> None:
    if not await password_is_right(stay.pool, signed_in, password, here.now, here.origin):
        message = "パスワードが正しくありません。"
        raise Invalid("wrong-password", message, {"password": message})


async def _own(
    request: Request[Any, Any, Any], form: FormData, refused: Invalid | None = None, token: str = ""
) -> Response[Any]:
    here = visit(request)
    context = here.context
    labels = verb_labels()
    return render(
        request,
        "api/own_tokens.html",
        title="APIトークン",
        lead="ほかのシステムから、あなたの権限でこのサービスを使うための鍵です。",
        breadcrumb=[("今週やること", "/"), ("自分の設定", "/me"), ("APIトークン", None)],
        help_page="api",
        status=status_of(refused),
        errors=field_messages(refused),
        token=token,
        values={name: form.get(name, "") for name in forms.NEW_TOKEN},
        ticked=form.all("verbs"),
        verbs=[(verb, labels[verb], verb) for verb in _offered(request)],
        longest_days=LONGEST_DAYS,
        acting_as=f"{context.tenant_name} {context.role.label}",
        rows=_rows(await queries.tokens_of_person(context.person_id, here.now), "/me/tokens"),
    )


def _offered(request: Request[Any, Any, Any]) -> list[str]:
    """The verbs a token of the present role can use, in the order of the slices."""
    useful = verbs_for(request.app, visit(request).context.role)
    return [verb for verb in verb_labels() if verb in useful]


def _rows(tokens: Sequence[TokenView], here: str) -> list[dict[str, Any]]:
    labels = verb_labels()
    return [
        {
            "name": one.name,
            "hint": one.hint,
            "person_name": one.person_name,
            "acting_as": f"{one.tenant_name} {one.role.label}",
            "verbs": [labels.get(verb, verb) for verb in one.verbs],
            "status": _status(one),
            "created_at": one.created_at,
            "expires_at": one.expires_at,
            "last_used_at": one.last_used_at,
            "revoked_by": one.revoked_by,
            "revocation_url": f"{here}/{one.id}/revocation" if one.revoked_at is None and one.usable else None,
        }
        for one in tokens
    ]


def _status(one: TokenView) -> Status:
    if one.revoked_at is not None:
        return Status("失効", "neutral")
    return Status("有効", "success") if one.usable else Status("期限切れ・停止", "neutral")


MODULE = Module(
    name="api_tokens",
    handlers=(
        own_tokens,
        create_token,
        revoke_own_token,
        tokens_of_organisation,
        revoke_token,
        *schema_pages.HANDLERS,
    ),
    templates=Path(__file__).parent / "templates",
    me_links=(
        OwnLink("APIトークン", "/me/tokens", "ほかのシステムから使うための鍵を作り、失効します"),
        OwnLink("API 説明書", "/schema", "ほかのシステムから使うためのアドレスと内容"),
    ),
    navigation=(NavigationEntry("APIトークン", "/tokens", ADMINISTRATORS),),
    action_labels={"create_api_token": "APIトークンを作成", "revoke_api_token": "APIトークンを失効"},
)
