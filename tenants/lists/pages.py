"""Pages of lists: keep, change and forget a view, ask for a large export."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from litestar import Request, Response
from litestar.params import FromPath

from tenants.database.transaction import savepoint
from tenants.errors import Invalid
from tenants.lists import operations, queries
from tenants.lists.rules import kept_query, read_wanted, says_something
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import Faults, field_messages, positive_id, read_form, required_text, status_of
from tenants.web.modules import Module
from tenants.web.routes import EVERYBODY, act, page
from tenants.web.visit import visit

say_when_done(
    {
        "view-saved": "条件を保存しました。",
        "view-changed": "保存した条件を変更しました。",
        "view-forgotten": "保存した条件を削除しました。",
    }
)


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
        async with savepoint():
            await operations.save_view(here.context, spec, name, query, here.now, shared=form.get("shared", "") == "1")
    except Invalid as refused:
        return _view_form(request, spec.name, query, form.get("view_name", ""), refused)
    return see_other(f"{spec.url}?{query}" if query else spec.url, done="view-saved")


@page("/views/{view_id:str}", roles=operations.CHANGERS)
async def view_form(request: Request[Any, Any, Any], view_id: FromPath[str]) -> Response[Any]:
    """The form to rename one of the person's own views, to share it, and to open the list with it."""
    name, one = await queries.own_view(visit(request).context, positive_id(view_id))
    typed = {"view_name": one.name, "shared": "1" if one.shared else "", "first": "1" if one.opens_first else ""}
    return _change_form(request, name, one, typed)


@act("/views/{view_id:str}", roles=operations.CHANGERS)
async def change_view(request: Request[Any, Any, Any], view_id: FromPath[str]) -> Response[Any]:
    """Renames one of the person's own views, shares it, and lets the list open with it."""
    form = await read_form(request)
    context = visit(request).context
    list_name, one = await queries.own_view(context, positive_id(view_id))
    spec = operations.list_for(context, list_name)
    faults = Faults()
    name = required_text(form, "view_name", "条件の名前", faults, longest=60, one_line=True)
    shared, first = (form.get(field, "") == "1" for field in ("shared", "first"))
    try:
        faults.raise_if_any()
        async with savepoint():
            await operations.change_view(context, spec, one, name, shared=shared, opens_first=first)
    except Invalid as refused:
        return _change_form(request, list_name, one, form, refused)
    return see_other(f"{spec.url}?{one.query}" if one.query else spec.url, done="view-changed")


@act("/views/{view_id:str}/deletion", roles=EVERYBODY)
async def forget_view(request: Request[Any, Any, Any], view_id: FromPath[str]) -> Response[Any]:
    """Forgets one of the person's own views."""
    context = visit(request).context
    name = await operations.forget_view(context, positive_id(view_id))
    return see_other(operations.list_for(context, name).url, done="view-forgotten")


@act("/exports", roles=operations.CHANGERS)
async def ask_for_export(request: Request[Any, Any, Any]) -> Response[Any]:
    """Asks for a large export as a job."""
    form = await read_form(request)
    context = visit(request).context
    spec = operations.list_for(context, form.get("list", ""))
    query = kept_query(spec, read_wanted(spec, parse_qs(form.get("query", "")), Faults()))
    job_id = await operations.ask_for_export(context, spec, query, form.get("export", ""))
    return see_other(f"/jobs/{job_id}")


def _change_form(
    request: Request[Any, Any, Any],
    list_name: str,
    one: queries.SavedView,
    typed: Mapping[str, str],
    refused: Invalid | None = None,
) -> Response[Any]:
    spec = operations.list_for(visit(request).context, list_name)
    return render(
        request,
        "lists/change_view.html",
        title="保存した条件の変更",
        breadcrumb=[("今週やること", "/"), (spec.caption, spec.url), ("保存した条件の変更", None)],
        status=status_of(refused) if refused else 200,
        errors=field_messages(refused) if refused else {},
        action=f"/views/{one.id}",
        typed={field: typed.get(field, "") for field in ("view_name", "shared", "first")},
        may_open_first=says_something(spec, one.query),
        back_url=f"{spec.url}?{one.query}" if one.query else spec.url,
    )


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
    handlers=(save_view, view_form, change_view, forget_view, ask_for_export),
    templates=Path(__file__).parent / "templates",
    action_labels={"ask_for_export": "一覧の書き出しを依頼", "export_list": "一覧を書き出し"},
)
