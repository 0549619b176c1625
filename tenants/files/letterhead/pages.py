"""Pages of the letterhead: see, replace and remove the mark on the prefecture's papers."""

import asyncio
from pathlib import Path
from typing import Any

from litestar import Request, Response

from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid, NotFound
from tenants.files.images import reencode
from tenants.files.letterhead import operations, queries
from tenants.files.letterhead.rules import LIMITS, LONGEST_UPLOAD_BYTES
from tenants.files.uploads import check_upload, read_upload
from tenants.web.answers import download, render, say_when_done, see_other
from tenants.web.form_data import field_messages, status_of
from tenants.web.modules import Module
from tenants.web.routes import act, page
from tenants.web.visit import site, visit

PREFECTURE_ADMIN = frozenset({Role.PREFECTURE_ADMIN})
say_when_done(
    {
        "mark-put": "県章・ロゴを登録しました。これから発行する書類に付きます。",
        "mark-removed": "県章・ロゴを外しました。これから発行する書類には付きません。",
    }
)


@page("/letterhead", roles=PREFECTURE_ADMIN)
async def letterhead(request: Request[Any, Any, Any]) -> Response[Any]:
    """The mark as it stands on papers, and the form to change it."""
    return await _letterhead(request, None)


@page("/letterhead/mark", roles=PREFECTURE_ADMIN)
async def mark_picture(request: Request[Any, Any, Any]) -> Response[Any]:
    """The picture of the present mark."""
    mark = await queries.present_mark()
    if mark is None:
        raise NotFound
    content = await asyncio.to_thread(queries.mark_content, site(request).storage, mark)
    suffix = "png" if mark.content_type == "image/png" else "jpg"
    return download(content, file_name=f"mark.{suffix}", content_type=mark.content_type)


@act("/letterhead", roles=PREFECTURE_ADMIN)
async def put_mark(request: Request[Any, Any, Any]) -> Response[Any]:
    """Looks at what was sent, makes a picture of our own of it, and puts it on every paper from now on."""
    here = visit(request)
    try:
        async with savepoint():
            sent = await read_upload(request, "file", LONGEST_UPLOAD_BYTES)
            await check_upload(sent.content, here, sent.file_name)
            image = await reencode(sent.content, LIMITS)
            await operations.put_mark(here.context, site(request).storage, image, here.now)
    except (Invalid, Conflict) as refused:
        return await _letterhead(request, refused)
    return see_other("/letterhead", done="mark-put")


@act("/letterhead/removal", roles=PREFECTURE_ADMIN)
async def remove_mark(request: Request[Any, Any, Any]) -> Response[Any]:
    """Leaves papers without a mark from now on."""
    here = visit(request)
    try:
        async with savepoint():
            await operations.remove_mark(here.context, here.now)
    except Conflict as refused:
        return await _letterhead(request, refused)
    return see_other("/letterhead", done="mark-removed")


async def _letterhead(request: Request[Any, Any, Any], refused: Invalid | Conflict | None) -> Response[Any]:
    stay = site(request)
    return render(
        request,
        "letterhead/page.html",
        title="公文書の県章・ロゴ",
        lead="負担金算定書などの書類の右上に付ける県章・ロゴです。すでに発行した書類は変わりません。",
        breadcrumb=[("今週やること", "/"), ("ファイルと容量", "/files"), ("公文書の県章・ロゴ", None)],
        help_page="files",
        status=status_of(refused),
        errors=field_messages(refused),
        mark=await queries.present_mark(),
        issuer=stay.prefecture_name,
    )


MODULE = Module(
    name="letterhead",
    handlers=(letterhead, mark_picture, put_mark, remove_mark),
    templates=Path(__file__).parent / "templates",
    action_labels={"put_mark": "県章・ロゴを登録", "remove_mark": "県章・ロゴを外す"},
)
