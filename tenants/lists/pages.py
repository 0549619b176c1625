"""Pages of lists: keep and forget a view, ask for a large export."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from litestar import Request, Response
from litestar.params import FromPath

from tenants.context import Scope
from tenants.errors import Invalid
from tenants.lists import operations
from tenants.lists.rules import kept_query, read_wanted
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import Faults, field_messages, positive_id, read_form, required_text, status_of
from tenants.web.modules import Module
from tenants.web.routes import EVERYBODY, act
from tenants.web.visit import visit

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
    handlers=(save_view, forget_view, ask_for_export),
    templates=Path(__file__).parent / "templates",
    action_labels={"ask_for_export": "一覧の書き出しを依頼", "export_list": "一覧を書き出し"},
)
