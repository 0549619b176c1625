"""Pages of files: what an organisation has stored and how much room is left, one download, an organisation's limit."""

from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.directory import queries as directory
from tenants.errors import Conflict, Invalid, NotFound
from tenants.files import operations, queries
from tenants.files.forms import MEGABYTE, read_quota
from tenants.files.listed import ADMINISTRATORS, file_list_for
from tenants.files.policy import policy
from tenants.files.rules import WORKERS, Presence, Room
from tenants.lists.listing import list_page
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import field_messages, positive_id, read_form, sent_version, status_of
from tenants.web.modules import Module, NavigationEntry
from tenants.web.rendering import Status
from tenants.web.routes import act, page
from tenants.web.stored import stored_download
from tenants.web.visit import visit

PREFECTURE_ADMIN = frozenset({Role.PREFECTURE_ADMIN})
_GONE = 410
_NEARLY_FULL, _FULL = 80, 100
"""Percent: from four fifths on somebody should think of it, while there is still time to."""
say_when_done({"quota-set": "容量の上限を保存しました。"})


@page("/files", roles=ADMINISTRATORS)
async def file_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """The organisation's own files, newest first, and its room."""
    context = visit(request).context
    is_prefecture = context.role is Role.PREFECTURE_ADMIN
    return await list_page(
        request,
        file_list_for(context),
        template="files/list.html",
        title="ファイルと容量",
        lead="この団体のファイルと、使っている容量です。期限のあるファイルは、期限が過ぎた日の夜に自動で消えます。",
        breadcrumb=[("今週やること", "/"), ("ファイルと容量", None)],
        help_page="files",
        room=_room(await queries.room(context.tenant_id)),
        links=[("公文書の県章・ロゴ", "/letterhead")] if is_prefecture else [],
    )


@page("/files/{file_id:str}", roles=WORKERS)
async def file_download(request: Request[Any, Any, Any], file_id: FromPath[str]) -> Response[Any]:
    """One file, for whoever its kind allows; an expired one says so to them and does not exist for anybody else."""
    here = visit(request)
    file = await queries.file(here.context.tenant_id, positive_id(file_id))
    if not file.may_download(here.context):
        raise NotFound
    if file.presence(here.now) is Presence.EXPIRED:
        return _expired(request)
    return await stored_download(request, file)


@page("/tenants/{tenant_id:str}/quota", roles=PREFECTURE_ADMIN)
async def quota_page(request: Request[Any, Any, Any], tenant_id: FromPath[str]) -> Response[Any]:
    """How much an organisation uses, and its limit; which files it has stays its own."""
    own, version = await queries.quota(positive_id(tenant_id))
    typed = {"quota": "" if own is None else str(own // MEGABYTE), "version": str(version)}
    return await _quota(request, positive_id(tenant_id), typed, None)


@act("/tenants/{tenant_id:str}/quota", roles=PREFECTURE_ADMIN)
async def set_quota(request: Request[Any, Any, Any], tenant_id: FromPath[str]) -> Response[Any]:
    """Gives an organisation a limit of its own, or everybody's again."""
    number, form = positive_id(tenant_id), await read_form(request)
    await directory.tenant(number)
    try:
        async with savepoint():
            await operations.set_quota(visit(request).context, number, read_quota(form), sent_version(form))
    except (Invalid, Conflict) as refused:
        return await _quota(request, number, form, refused)
    return see_other(f"/tenants/{number}/quota", done="quota-set")


async def _quota(
    request: Request[Any, Any, Any], tenant_id: int, typed: Any, refused: Invalid | Conflict | None
) -> Response[Any]:
    tenant = await directory.tenant(tenant_id)
    return render(
        request,
        "files/quota.html",
        title=f"{tenant.name} ファイルの容量",
        lead="この団体が保存できる量を決めます。",
        breadcrumb=[
            ("今週やること", "/"),
            ("団体", "/tenants"),
            (tenant.name, f"/tenants/{tenant_id}"),
            ("ファイルの容量", None),
        ],
        help_page="files",
        status=status_of(refused),
        errors=field_messages(refused),
        action=f"/tenants/{tenant_id}/quota",
        room=_room(await queries.room(tenant_id)),
        typed=typed,
        everybodys=f"{policy().quota_bytes // MEGABYTE:,}",
    )


def _expired(request: Request[Any, Any, Any]) -> Response[Any]:
    answer = render(
        request,
        "error.html",
        title="受け取れる期限が過ぎました",
        status=_GONE,
        status_code=_GONE,
        message="このファイルは、受け取れる期限が過ぎたため消えました。",
        what_to_do=("必要なときは、もとの画面からもう一度作ってください。",),
        back_url="/jobs",
        back_label="処理の一覧へ戻る",
        request_id=visit(request).request_id,
    )
    answer.headers["x-request-id"] = visit(request).request_id
    return answer


def _room(room: Room) -> dict[str, Any]:
    if room.percent >= _FULL:
        status = Status("いっぱいです", "danger")
    elif room.percent >= _NEARLY_FULL:
        status = Status("残りわずかです", "warning")
    else:
        status = Status("余裕があります", "success")
    return {"status": status, "words": room.words, "percent": min(room.percent, _FULL), "files": room.files}


MODULE = Module(
    name="files",
    handlers=(file_list, file_download, quota_page, set_quota),
    templates=Path(__file__).parent / "templates",
    navigation=(NavigationEntry("ファイル", "/files", ADMINISTRATORS),),
    action_labels={
        "set_quota": "ファイルの容量の上限を変更",
        "delete_expired_files": "期限の過ぎたファイルを削除",
        "refuse_infected_file": "ウイルスの見つかったファイルを拒否",
    },
)
