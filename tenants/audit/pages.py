"""The trail's page: what happened to this tenant's records, who did it and when."""

from pathlib import Path
from typing import Any

from litestar import Request, Response

from tenants.audit.labels import action_label
from tenants.audit.listed import READERS, TRAIL, changes, trail_for
from tenants.context import role_label
from tenants.lists.listing import Entry, list_page
from tenants.web.modules import Module, NavigationEntry
from tenants.web.routes import page
from tenants.web.visit import visit

EVENT = Entry(
    "audit/_event.html",
    lambda row: {
        "action": action_label(row["action"]),
        "role": role_label(row["role"]),
        "changed": changes(row),
    },
)


@page("/audit", roles=READERS)
async def trail(request: Request[Any, Any, Any]) -> Response[Any]:
    """One page of the trail, newest first; what is asked stands in the URL."""
    context = visit(request).context
    lead = "この団体の記録に対して、いつ・誰が・何をしたかを確かめられます。記録は書き換えられません。"
    if context.is_prefecture:
        lead = "県が行った操作の記録です。市町に対して行ったことも含みます。記録は書き換えられません。"
    return await list_page(
        request,
        await trail_for(context),
        title="操作記録",
        template="audit/trail.html",
        lead=lead,
        breadcrumb=[("今週やること", "/"), ("操作記録", None)],
        help_page="lists",
        entry=EVENT,
    )


MODULE = Module(
    name="audit",
    handlers=(trail,),
    templates=Path(__file__).parent / "templates",
    navigation=(NavigationEntry("操作記録", TRAIL.url, READERS),),
)
