"""Pages of the second factor: give the code after the password; set up, renew and take away on one's own page."""

import io
from pathlib import Path
from typing import Any
from urllib.parse import quote

import segno
from litestar import Request, Response

from tenants.access.cookies import remember_session
from tenants.access.rules import WAITS_FOR_CODE, WAITS_FOR_ENROLMENT, SignedIn
from tenants.access.signing_in.operations import password_is_right
from tenants.access.urls import path_of_ours
from tenants.context import Role
from tenants.errors import Conflict, Invalid, NotFound
from tenants.second_factor import operations
from tenants.second_factor.operations import CodeRefused
from tenants.second_factor.queries import factor_of, required_roles, state_of
from tenants.second_factor.rules import app_address, secret_text
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import field_messages, read_form, status_of
from tenants.web.modules import Module, OwnLink
from tenants.web.routes import EVERYBODY, act, page
from tenants.web.visit import Visit, site, visit

_ME = ("自分の設定", "/me")
_OWN = "/me/second-factor"
_GUARDIANS = (Role.TOWN_ADMIN, Role.PREFECTURE_ADMIN)
_TOWN_ROLES = (Role.TOWN_STAFF, Role.TOWN_FINANCE, Role.TOWN_ADMIN, Role.CONSULTANT, Role.FIELD_CREW)
_PREFECTURE_ROLES = (Role.LIAISON, Role.PREFECTURE_FINANCE, Role.PREFECTURE_ADMIN)


@page("/second-factor", roles=EVERYBODY, identity=True, half_open=True)
async def code_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """The form for the code; a session that waits for none goes on."""
    if _signed_in(visit(request)).waits_for != WAITS_FOR_CODE:
        return see_other("/")
    return _code_form(request, None, request.query_params.get("next", ""))


@act("/second-factor", roles=EVERYBODY, half_open=True, own_doors=True)
async def give_code(request: Request[Any, Any, Any]) -> Response[Any]:
    """Opens the session in full, under a new token."""
    here, stay, form = visit(request), site(request), await read_form(request)
    signed_in, next_url = _signed_in(here), form.get("next", "")
    if signed_in.waits_for != WAITS_FOR_CODE:
        return see_other("/")
    try:
        token = await operations.prove(
            stay.pool, signed_in, form.get("code", ""), stay.secret_key, here.now, here.origin
        )
    except CodeRefused as refused:
        return _code_form(request, refused, next_url)
    here.signed_in = None
    remember_session(here, stay, token)
    return see_other(path_of_ours(next_url))


@page(_OWN, roles=EVERYBODY, identity=True, half_open=True)
async def own_factor(request: Request[Any, Any, Any]) -> Response[Any]:
    """The person's second factor: set it up, or renew the recovery codes and take it away."""
    if _signed_in(visit(request)).waits_for == WAITS_FOR_CODE:
        return see_other("/second-factor")
    return await _own_page(request, None)


@page(f"{_OWN}/qr.svg", roles=EVERYBODY, identity=True, half_open=True)
async def picture(request: Request[Any, Any, Any]) -> Response[Any]:
    """The QR code of a set-up that waits for its first code; drawn here, asked of nobody."""
    here, stay = visit(request), site(request)
    signed_in = _signed_in(here)
    factor = await factor_of(signed_in.person_id, stay.secret_key)
    if factor is None or factor.confirmed_at is not None:
        raise NotFound
    out = io.BytesIO()
    address = app_address(factor.secret, signed_in.person_name, f"結 Yui {stay.prefecture_name}")
    segno.make(address, error="m", micro=False).save(out, kind="svg", scale=6, border=4, xmldecl=False)
    return Response(out.getvalue(), media_type="image/svg+xml", headers={"cache-control": "no-store"})


@act(f"{_OWN}/start", roles=EVERYBODY, half_open=True, own_doors=True)
async def start(request: Request[Any, Any, Any]) -> Response[Any]:
    """Makes a secret to put into an app; asks for the password unless the person has just given it."""
    here, stay, form = visit(request), site(request), await read_form(request)
    signed_in, password = _signed_in(here), form.get("password", "")
    if signed_in.waits_for == WAITS_FOR_CODE:
        return see_other("/second-factor")
    if signed_in.waits_for != WAITS_FOR_ENROLMENT and not await password_is_right(
        stay.pool, signed_in, password, here.now, here.origin
    ):
        message = "パスワードが正しくありません。"
        return await _own_page(request, Invalid("wrong-password", message, {"password": message}))
    try:
        await operations.start_in_own_door(stay.pool, signed_in, stay.secret_key, here.now, here.origin)
    except Conflict as refused:
        return await _own_page(request, refused)
    return see_other(_with_next(_OWN, form.get("next", "")))


@act(f"{_OWN}/confirmation", roles=EVERYBODY, half_open=True, own_doors=True)
async def confirm(request: Request[Any, Any, Any]) -> Response[Any]:
    """Takes the first code; the answer shows the recovery codes, this once."""
    here, stay, form = visit(request), site(request), await read_form(request)
    try:
        token, codes = await operations.confirm(
            stay.pool, _signed_in(here), form.get("code", ""), stay.secret_key, here.now, here.origin
        )
    except CodeRefused as refused:
        return await _own_page(request, refused)
    remember_session(here, stay, token)
    return _codes_page(request, codes, form.get("next", ""))


@act(f"{_OWN}/recovery-codes", roles=EVERYBODY, own_doors=True)
async def renew_codes(request: Request[Any, Any, Any]) -> Response[Any]:
    """Replaces the recovery codes; the answer shows them, this once."""
    here, stay, form = visit(request), site(request), await read_form(request)
    try:
        token, codes = await operations.renew_recovery_codes(
            stay.pool, _signed_in(here), form.get("code", ""), stay.secret_key, here.now, here.origin
        )
    except CodeRefused as refused:
        return await _own_page(request, refused)
    remember_session(here, stay, token)
    return _codes_page(request, codes, "")


@act(f"{_OWN}/removal", roles=EVERYBODY, own_doors=True)
async def remove(request: Request[Any, Any, Any]) -> Response[Any]:
    """Takes the second factor away where no role requires it."""
    here, stay, form = visit(request), site(request), await read_form(request)
    try:
        token = await operations.remove(
            stay.pool, _signed_in(here), form.get("code", ""), stay.secret_key, here.now, here.origin
        )
    except (CodeRefused, Conflict) as refused:
        return await _own_page(request, refused)
    remember_session(here, stay, token)
    return see_other(_OWN, done="second-factor-removed")


@page("/access/policy", roles=_GUARDIANS)
async def policy(request: Request[Any, Any, Any]) -> Response[Any]:
    """For which roles of the own organisation the second factor is required."""
    context = visit(request).context
    chosen = await required_roles(context)
    return render(
        request,
        "second_factor/policy.html",
        title="2段階認証を必須にする役割",
        lead=f"{context.tenant_name}の役割ごとに決めます。選んだ役割の人は、次の操作のときに設定を求められます。",
        breadcrumb=[("今週やること", "/"), ("サインインの管理", "/access"), ("2段階認証を必須にする役割", None)],
        roles=[(role.value, role.label) for role in _roles_of(context.is_prefecture)],
        chosen=[role.value for role in chosen],
    )


@act("/access/policy", roles=_GUARDIANS)
async def set_policy(request: Request[Any, Any, Any]) -> Response[Any]:
    """Requires the second factor for exactly the roles that are ticked."""
    context, form = visit(request).context, await read_form(request)
    allowed = {role.value: role for role in _roles_of(context.is_prefecture)}
    await operations.require_for(context, [allowed[value] for value in form.all("role") if value in allowed])
    return see_other("/access", done="factor-policy-saved")


def _roles_of(is_prefecture: bool) -> tuple[Role, ...]:  # noqa: FBT001  (one fact, named)
    return _PREFECTURE_ROLES if is_prefecture else _TOWN_ROLES


def _code_form(request: Request[Any, Any, Any], refused: Invalid | None, next_url: str) -> Response[Any]:
    return render(
        request,
        "second_factor/code.html",
        title="2段階認証",
        lead="パスワードを確認しました。続けて、認証アプリの確認コードを入力してください。",
        status=status_of(refused),
        errors=field_messages(refused),
        next_url=path_of_ours(next_url, fallback=""),
    )


async def _own_page(request: Request[Any, Any, Any], refused: Invalid | Conflict | None) -> Response[Any]:
    here, stay = visit(request), site(request)
    signed_in = _signed_in(here)
    factor, required = await state_of(stay.pool, signed_in.person_id, stay.secret_key, here.now.date())
    must_enrol = signed_in.waits_for == WAITS_FOR_ENROLMENT
    return render(
        request,
        "second_factor/own.html",
        title="2段階認証の設定",
        lead="パスワードに加えて、スマートフォンなどの認証アプリに出る6桁の数字で本人を確かめます。",
        breadcrumb=[] if must_enrol else [_ME, ("2段階認証の設定", None)],
        status=status_of(refused),
        errors=field_messages(refused),
        factor=factor,
        secret=secret_text(factor.secret) if factor and factor.confirmed_at is None else "",
        required=required,
        must_enrol=must_enrol,
        next_url=path_of_ours(request.query_params.get("next", ""), fallback=""),
    )


def _codes_page(request: Request[Any, Any, Any], codes: list[str], next_url: str) -> Response[Any]:
    return render(
        request,
        "second_factor/recovery_codes.html",
        title="回復コード",
        lead="この10個のコードは、いまだけ表示されます。印刷するか書き写して、パソコンとは別の場所に保管してください。",
        codes=codes,
        next_url=path_of_ours(next_url),
        person_name=_signed_in(visit(request)).person_name,
    )


def _with_next(url: str, next_url: str) -> str:
    inside = path_of_ours(next_url, fallback="")
    return f"{url}?next={quote(inside)}" if inside else url


def _signed_in(here: Visit) -> SignedIn:
    if here.signed_in is None:
        raise NotFound
    return here.signed_in


say_when_done(
    {
        "second-factor-removed": "2段階認証を解除しました。",
        "factor-policy-saved": "2段階認証を必須にする役割を保存しました。",
    }
)

MODULE = Module(
    name="second_factor",
    handlers=(code_page, give_code, own_factor, picture, start, confirm, renew_codes, remove, policy, set_policy),
    templates=Path(__file__).parent / "templates",
    me_links=(OwnLink("2段階認証", _OWN, "認証アプリの登録、回復コードの作り直し、解除"),),
    action_labels={
        "start_second_factor": "2段階認証の設定を開始",
        "confirm_second_factor": "2段階認証を設定",
        "pass_second_factor": "2段階認証でサインイン",
        "renew_recovery_codes": "回復コードを作り直し",
        "remove_second_factor": "2段階認証を解除",
        "require_second_factor": "2段階認証を必須にする役割を変更",
    },
)
