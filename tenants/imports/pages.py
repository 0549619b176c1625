"""Pages of imports: the history, sending a file, the workbook to fill in."""

import asyncio
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from litestar import Request, Response

from tenants.context import Role, TenantContext
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.files.policy import policy
from tenants.files.rules import size_text
from tenants.files.uploads import check_upload
from tenants.imports import batch_pages, operations, queries
from tenants.imports.exports import XLSX, template_workbook
from tenants.imports.forms import read_sent
from tenants.imports.listed import HISTORY
from tenants.imports.rules import ImportKind, Place, State, kinds_for
from tenants.lists.listing import list_page
from tenants.web.answers import download, render, see_other
from tenants.web.form_data import FormData, field_messages, read_form, status_of
from tenants.web.modules import Module, NavigationEntry, Task
from tenants.web.routes import act, page
from tenants.web.visit import site, visit

_IMPORTERS = frozenset({Role.PREFECTURE_ADMIN, Role.PREFECTURE_FINANCE, Role.TOWN_ADMIN})
"""Whose navigation has the line: roles some kind of import is for."""
_SAMPLE = 9
"""Columns the form shows as an example; more do not fit on a line."""


@page("/imports", roles=HISTORY.roles)
async def import_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """The imports of the organisation, newest first, and what can be imported."""
    kinds = [one for one in kinds_for(visit(request).context.role) if one.stands_alone]
    return await list_page(
        request,
        HISTORY,
        title="取り込み",
        template="imports/list.html",
        lead="ExcelやCSVの表から、まとめて登録します。取り込む前に、何が変わるかを確かめられます。",
        breadcrumb=[("今週やること", "/"), ("取り込み", None)],
        help_page="imports",
        kinds=[{"label": f"{one.label}を取り込む", "url": f"/imports/new?kind={one.name}"} for one in kinds],
    )


@page("/imports/new", roles=HISTORY.roles)
async def new_import(request: Request[Any, Any, Any]) -> Response[Any]:
    """The form that takes a file or a pasted table."""
    query = request.query_params
    return await _form(request, str(query.get("kind", "")), str(query.get("target", "")))


@page("/imports/template", roles=HISTORY.roles)
async def template(request: Request[Any, Any, Any]) -> Response[Any]:
    """The workbook to fill in."""
    query, context = request.query_params, visit(request).context
    kind = operations.kind_for(context, str(query.get("kind", "")))
    place = await kind.place(context, str(query.get("target", "")))
    content = await asyncio.to_thread(template_workbook, place.title, place.columns)
    return download(content, file_name=f"{kind.name.replace('_', '-')}-template.xlsx", content_type=XLSX)


@act("/imports", roles=HISTORY.roles, uploads=True)
async def send(request: Request[Any, Any, Any]) -> Response[Any]:
    """Takes what was sent; a job reads and checks it."""
    here, form = visit(request), await read_form(request)
    kind = operations.kind_for(here.context, form.get("kind", ""))
    target = form.get("target", "")
    try:
        async with savepoint():
            upload = await read_sent(request, form)
            await check_upload(upload.content, here, upload.file_name)
            storage = site(request).storage
            import_id = await operations.receive(here.context, storage, kind, target, upload, here.now)
    except (Invalid, Conflict) as refused:
        return await _form(request, kind.name, target, form, refused)
    return see_other(f"/imports/{import_id}")


async def waiting_imports(context: TenantContext, today: date) -> Sequence[Task]:  # noqa: ARG001  (every source gets it)
    """Imports that were looked at and wait for the person's word; other roles cannot even read the table."""
    if context.role not in HISTORY.roles:
        return []
    return [
        Task(
            None,
            f"取り込みを続ける: {one.title}",
            "列の対応を選ぶ" if one.state is State.MATCHING else f"新規 {one.counts.new:,}、変更 {one.counts.change:,}",
            f"/imports/{one.id}",
            "確かめる",
        )
        for one in await queries.waiting(context)
    ]


async def _form(
    request: Request[Any, Any, Any],
    kind_name: str,
    target: str,
    form: FormData | None = None,
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    context = visit(request).context
    kind = operations.kind_for(context, kind_name)
    place = await kind.place(context, target)
    return render(
        request,
        "imports/form.html",
        title=f"{place.title}を取り込む",
        lead=kind.lead,
        breadcrumb=[*_trail(kind, place), ("取り込む", None)],
        help_page="imports",
        status=status_of(refused),
        errors=field_messages(refused),
        kind=kind.name,
        target=target,
        text=form.get("rows", "") if form is not None else "",
        limit=size_text(policy().upload_max_bytes),
        columns=place.columns,
        pasted=tuple(one.label for one in place.columns[:_SAMPLE]),
        back_url="/imports" if kind.stands_alone else place.url,
    )


def _trail(kind: ImportKind, place: Place) -> list[tuple[str, str | None]]:
    return [("今週やること", "/"), ("取り込み", "/imports")] if kind.stands_alone else list(place.breadcrumb)


MODULE = Module(
    name="imports",
    handlers=(import_list, new_import, template, send, *batch_pages.HANDLERS),
    templates=Path(__file__).parent / "templates",
    navigation=(NavigationEntry("取り込み", "/imports", _IMPORTERS),),
    tasks=(waiting_imports,),
    action_labels={
        "receive_import": "取り込むファイルを受け取り",
        "read_import": "取り込むファイルを読み取り",
        "refuse_import": "取り込むファイルを読めず終了",
        "match_import": "取り込む列の対応を選択",
        "check_import": "取り込む行を確認",
        "start_import": "取り込みを開始",
        "apply_import": "取り込み",
        "start_undoing_import": "取り込みの取り消しを開始",
        "undo_import": "取り込みを取り消し",
        "put_import_back": "取り込みを待ちに戻す",
        "discard_import": "取り込みを破棄",
    },
)
