"""Pages of support: the prefecture begins and ends looking; a town reads who from outside saw its records."""

from pathlib import Path
from typing import Any

from litestar import Request, Response

from tenants.access.cookies import remember_session
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.directory import queries as directory
from tenants.directory.rules import TenantKind
from tenants.errors import Invalid, NotFound
from tenants.lists.listing import list_page
from tenants.support import operations, queries
from tenants.support.listed import ACCESSES, OPERATORS, READERS, outside_list
from tenants.support.rules import DURATION, SUPPORT_ROLES, SupportInput, SupportView, check_reason
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import Faults, FormData, field_messages, one_of, read_form, status_of
from tenants.web.modules import Module, NavigationEntry
from tenants.web.rendering import Status
from tenants.web.routes import EVERYBODY, act, page
from tenants.web.visit import site, visit

_MINUTES = int(DURATION.total_seconds()) // 60
_ROLES = {role.value: role.label for role in SUPPORT_ROLES}
say_when_done({"support-closed": "支援の閲覧を終えました。県の画面に戻っています。"})


@page("/support", roles=OPERATORS)
async def support_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """The form to begin, and what was looked into before."""
    return await _form(request, {}, None)


@act("/support", roles=OPERATORS)
async def open_support(request: Request[Any, Any, Any]) -> Response[Any]:
    """Begins to look into a town's records."""
    form = await read_form(request)
    here = visit(request)
    if here.signed_in is None:
        raise NotFound
    try:
        async with savepoint():
            asked = _asked(form, await _towns())
            token = await operations.open_support(here.context, here.signed_in.session_id, asked, here.now)
    except Invalid as refused:
        return await _form(request, form, refused)
    remember_session(here, site(request), token)
    return see_other("/")


@act("/support/closing", roles=EVERYBODY, identity=True, supporting=True)
async def close_support(request: Request[Any, Any, Any]) -> Response[Any]:
    """Stops looking; the session is the operator's own again."""
    here = visit(request)
    if here.signed_in is None:
        raise NotFound
    token = await operations.close_support(here.signed_in, here.now, here.origin)
    here.signed_in = None
    remember_session(here, site(request), token)
    return see_other("/support", done="support-closed")


@page("/outsiders", roles=READERS)
async def outsider_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """Who from outside saw or did something in this town."""
    tenant_id = visit(request).context.tenant_id
    return await list_page(
        request,
        outside_list(),
        title="県・外部の閲覧",
        template="support/outsiders.html",
        lead="この団体の情報を、県や外部の人が見たり扱ったりした記録です。記録は書き換えられません。",
        breadcrumb=[("今週やること", "/"), ("県・外部の閲覧", None)],
        help_page="outsiders",
        accesses=[_line(one, request) for one in await queries.accesses_of(tenant_id)],
    )


@page("/support/accesses", roles=OPERATORS)
async def access_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """Everything the prefecture looked into."""
    return await list_page(
        request,
        ACCESSES,
        title="これまでの支援の閲覧",
        lead="県が市町の画面を見た記録です。同じ記録を、市町の管理者も見ています。",
        breadcrumb=[("今週やること", "/"), ("支援の閲覧", "/support"), ("これまでの閲覧", None)],
        help_page="outsiders",
        empty_link=("/support", "支援の閲覧に戻る"),
    )


def _asked(form: FormData, towns: list[tuple[str, str]]) -> SupportInput:
    faults = Faults()
    tenant = one_of(form, "tenant", "市町", dict(towns), faults)
    role = one_of(form, "role", "どの役割の画面を見るか", _ROLES, faults)
    reason = check_reason(form.get("reason", ""), faults)
    faults.raise_if_any()
    return SupportInput(int(tenant), Role(role), reason)


async def _form(request: Request[Any, Any, Any], values: Any, refused: Invalid | None) -> Response[Any]:
    return render(
        request,
        "support/open.html",
        title="支援の閲覧",
        lead=f"市町から頼まれたときに、その市町の画面を{_MINUTES}分だけ見られます。理由と見た画面は、市町の管理者にも見えます。",
        breadcrumb=[("今週やること", "/"), ("支援の閲覧", None)],
        help_page="outsiders",
        status=status_of(refused),
        errors=field_messages(refused),
        towns=await _towns(),
        roles=list(_ROLES.items()),
        values={name: values.get(name, "") for name in ("tenant", "role", "reason")},
        minutes=_MINUTES,
        accesses=[_line(one, request) for one in await queries.accesses()],
    )


async def _towns() -> list[tuple[str, str]]:
    return [
        (str(one.id), f"{one.name} ({one.code})")
        for one in await directory.tenants()
        if one.kind is not TenantKind.PREFECTURE
    ]


def _line(one: SupportView, request: Request[Any, Any, Any]) -> dict[str, Any]:
    is_open = one.is_open(visit(request).now)
    return {
        "opened_at": one.opened_at,
        "tenant_name": one.tenant_name,
        "person_name": one.person_name,
        "role_label": one.role_label,
        "reason": one.reason,
        "state": Status("閲覧中", "warning") if is_open else Status("終了", "neutral"),
        "ended_at": None if is_open else min(one.closed_at or one.ends_at, one.ends_at),
    }


MODULE = Module(
    name="support",
    handlers=(support_page, open_support, close_support, outsider_list, access_list),
    templates=Path(__file__).parent / "templates",
    navigation=(
        NavigationEntry("支援の閲覧", "/support", OPERATORS),
        NavigationEntry("県・外部の閲覧", "/outsiders", READERS),
    ),
    action_labels={
        "open_support": "支援の閲覧を開始",
        "close_support": "支援の閲覧を終了",
        "support_view": "支援のため画面を閲覧",
    },
)
