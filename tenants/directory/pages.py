"""Pages of the directory: the organisations of the cell, for the prefecture."""

from pathlib import Path
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from tenants.calendar import japanese_date
from tenants.context import Role
from tenants.directory import queries
from tenants.directory.imports import TENANTS
from tenants.directory.listed import organisations
from tenants.lists.listing import list_page
from tenants.web.answers import render
from tenants.web.form_data import positive_id
from tenants.web.modules import Module, NavigationEntry
from tenants.web.rendering import Status
from tenants.web.routes import PREFECTURE, page
from tenants.web.visit import visit


@page("/tenants", roles=PREFECTURE)
async def tenant_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """Every organisation with its code, kind, region and modules."""
    labels = _module_labels(request)
    return await list_page(
        request,
        await organisations(labels),
        title="団体",
        template="directory/list.html",
        lead="この県で共同サービスを使う団体です。市町のほか、企業団・一部事務組合も登録できます。",
        breadcrumb=[("今週やること", "/"), ("団体", None)],
        help_page="lists",
        labels=labels,
        new_url="/imports/new?kind=tenants" if visit(request).context.role in TENANTS.roles else None,
    )


@page("/tenants/{tenant_id:str}", roles=PREFECTURE)
async def tenant_page(request: Request[Any, Any, Any], tenant_id: FromPath[str]) -> Response[Any]:
    """One organisation: what it is and what it uses."""
    one = await queries.tenant(positive_id(tenant_id))
    labels = _module_labels(request)
    period = f"{japanese_date(one.active_from)} から" + (
        f" {japanese_date(one.active_to)} まで" if one.active_to else ""
    )
    facts: list[tuple[str, str | None]] = [
        ("団体コード", one.code),
        ("よみ", one.kana or None),
        ("種別", one.kind.label),
        ("圏域", one.region or None),
        ("利用期間", period),
    ]
    if one.members:
        facts.append(("構成団体", "、".join(one.members)))
    return render(
        request,
        "tenant.html",
        title=one.name,
        breadcrumb=[("今週やること", "/"), ("団体", "/tenants"), (one.name, None)],
        facts=facts,
        modules=[
            {"label": labels.get(code, code), "status": Status("利用中", "success"), "period_text": period, "url": None}
            for code in one.modules
        ],
        links=[("ファイルの容量", f"/tenants/{one.id}/quota")]
        if visit(request).context.role is Role.PREFECTURE_ADMIN
        else [],
    )


def _module_labels(request: Request[Any, Any, Any]) -> dict[str, str]:
    labels: dict[str, str] = request.app.state.module_labels
    return labels


MODULE = Module(
    name="directory",
    handlers=(tenant_list, tenant_page),
    templates=Path(__file__).parent / "templates",
    imports=(TENANTS,),
    navigation=(NavigationEntry("団体", "/tenants", PREFECTURE),),
    action_labels={
        "register_tenant": "団体を登録",
        "change_tenant": "団体を変更",
        "remove_tenant": "団体を削除",
        "add_union_member": "構成団体を追加",
        "entitle": "利用業務を追加",
    },
)
