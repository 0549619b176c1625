"""Pages of lists: keep and forget a view, ask for a large export, take it home."""

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from litestar import Request, Response
from litestar.params import FromPath

from tenants.context import Scope
from tenants.database.engine import current_door
from tenants.errors import Invalid, NotFound
from tenants.lists import operations
from tenants.lists.rules import kept_query, read_wanted
from tenants.web.answers import download, render, say_when_done, see_other
from tenants.web.form_data import Faults, field_messages, positive_id, read_form, required_text, status_of
from tenants.web.modules import Module
from tenants.web.routes import EVERYBODY, act, page
from tenants.web.visit import site, visit

_WORKERS = frozenset(role for role in EVERYBODY if role.scope in {Scope.PREFECTURE, Scope.TOWN})
say_when_done({"view-saved": "条件を保存しました。", "view-forgotten": "保存した条件を削除しました。"})


@act("/views", roles=EVERYBODY)
async def save_view(request: Request[Any, Any, Any]) -> Response[Any]:
    """Keeps the conditions of a list under a name."""
    form = await read_form(request)
    here = visit(request)
    spec = operations.list_for(here.context, form.get("list", ""))
    faults = Faults()
    name = required_text(form, "view_name", "条件の名前", faults, longest=60, one_line=True)
    # Only what the list itself knows is kept; nothing else can be smuggled into its address.
    query = kept_query(spec, read_wanted(spec, parse_qs(form.get("query", "")), Faults()))
    try:
        faults.raise_if_any()
        await operations.save_view(here.context, spec, name, query, here.now, shared=form.get("shared", "") == "1")
    except Invalid as refused:
        return _view_form(request, spec.name, query, form.get("view_name", ""), refused)
    return see_other(f"{spec.url}?{query}" if query else spec.url, done="view-saved")


@act("/views/{view_id:str}/deletion", roles=EVERYBODY)
async def forget_view(request: Request[Any, Any, Any], view_id: FromPath[str]) -> Response[Any]:
    """Forgets one of the person's own views."""
    context = visit(request).context
    name = await operations.forget_view(context, positive_id(view_id))
    return see_other(operations.list_for(context, name).url, done="view-forgotten")


@act("/exports", roles=_WORKERS)
async def ask_for_export(request: Request[Any, Any, Any]) -> Response[Any]:
    """Asks for a large export as a job."""
    form = await read_form(request)
    context = visit(request).context
    spec = operations.list_for(context, form.get("list", ""))
    query = kept_query(spec, read_wanted(spec, parse_qs(form.get("query", "")), Faults()))
    job_id = await operations.ask_for_export(context, spec, query, form.get("export", ""))
    return see_other(f"/jobs/{job_id}")


@page("/exports/{export_id:str}", roles=_WORKERS)
async def take_export(request: Request[Any, Any, Any], export_id: FromPath[str]) -> Response[Any]:
    """The file of a large export, for the person who asked, until it expires."""
    here = visit(request)
    context = here.context
    rows = await current_door().execute(
        "SELECT * FROM export_file WHERE tenant_id = $1 AND id = $2 AND person_id = $3",
        (context.tenant_id, positive_id(export_id), context.person_id),
    )
    if not rows:
        raise NotFound
    if rows[0]["expires_at"] <= here.now:
        return render(
            request,
            "lists/expired.html",
            title="このファイルの受け取り期限は過ぎました",
            breadcrumb=[("今週やること", "/"), ("処理の一覧", "/jobs"), ("書き出し", None)],
            status=410,
        )
    operations.list_for(context, rows[0]["list_name"])
    files = site(request).storage.for_tenant(context.tenant_id)
    content = await asyncio.to_thread(files.get, rows[0]["storage_key"])
    return download(content, file_name=rows[0]["file_name"], content_type=rows[0]["content_type"])


def _view_form(request: Request[Any, Any, Any], name: str, query: str, typed: str, refused: Invalid) -> Response[Any]:
    spec = operations.list_for(visit(request).context, name)
    return render(
        request,
        "lists/view.html",
        title="条件を保存",
        lead=f"「{spec.caption}」の絞り込みと並べ替えに名前を付けます。",
        breadcrumb=[("今週やること", "/"), (spec.caption, spec.url), ("条件を保存", None)],
        status=status_of(refused),
        errors=field_messages(refused),
        list_name=name,
        query=query,
        view_name=typed,
        back_url=f"{spec.url}?{query}" if query else spec.url,
    )


MODULE = Module(
    name="lists",
    handlers=(save_view, forget_view, ask_for_export, take_export),
    templates=Path(__file__).parent / "templates",
    action_labels={"ask_for_export": "一覧の書き出しを依頼", "export_list": "一覧を書き出し"},
)
