"""The trail's page: what happened to this tenant's records, who did it and when."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response

from tenants.audit.queries import PAGE_SIZE, Trace, Wanted, traces
from tenants.calendar import JST, parse_japanese_date
from tenants.context import Role
from tenants.errors import Invalid
from tenants.web.answers import render
from tenants.web.form_data import Faults
from tenants.web.modules import Module, NavigationEntry
from tenants.web.routes import page
from tenants.web.visit import visit

READERS = frozenset({Role.PREFECTURE_ADMIN, Role.TOWN_ADMIN})


@page("/audit", roles=READERS)
async def trail(request: Request[Any, Any, Any]) -> Response[Any]:
    """One page of the trail, newest first; filters stand in the URL."""
    names = ("from", "to", "person", "action", "before")
    # A NUL fits no column and no page.
    query = {name: request.query_params.get(name, "").replace("\x00", "") for name in names}
    faults = Faults()
    wanted = _wanted(query, faults)
    found = await traces(visit(request).context.tenant_id, wanted)
    labels = _labels(request)
    shown = found[:PAGE_SIZE]
    return render(
        request,
        "audit.html",
        title="操作記録",
        lead="この団体の記録に対して、いつ・誰が・何をしたかを確かめられます。記録は書き換えられません。",
        breadcrumb=[("今週やること", "/"), ("操作記録", None)],
        status=422 if faults.fields else 200,
        errors=faults.fields,
        rows=[_row(one, labels) for one in shown],
        filters={
            "action": "/audit",
            "period_from": query["from"],
            "period_to": query["to"],
            "person": query["person"],
            "action_code": query["action"],
            "actions": sorted(labels.items(), key=lambda item: item[1]),
            "is_filtered": any(query[name] for name in ("from", "to", "person", "action")),
        },
        previous_url=None,
        next_url=_next(query, shown[-1]) if len(found) > PAGE_SIZE else None,
        exports=[],
    )


def _wanted(query: dict[str, str], faults: Faults) -> Wanted:
    since = _day(query["from"], "from", faults)
    until = _day(query["to"], "to", faults)
    before = query["before"]
    return Wanted(
        since=since,
        until=until + timedelta(days=1) if until else None,
        person=query["person"].strip(),
        action=query["action"],
        before_id=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,  # noqa: PLR2004
    )


def _day(text: str, field: str, faults: Faults) -> datetime | None:
    if not text.strip():
        return None
    try:
        day = parse_japanese_date(text)
    except Invalid as error:
        faults.note(field, error.message, error.code)
        return None
    return datetime(day.year, day.month, day.day, tzinfo=JST)


def _next(query: dict[str, str], last: Trace) -> str:
    kept = {name: value for name, value in query.items() if value and name != "before"}
    return "/audit?" + urlencode({**kept, "before": last.id})


def _labels(request: Request[Any, Any, Any]) -> dict[str, str]:
    labels: dict[str, str] = request.app.state.action_labels
    return labels


def _row(one: Trace, labels: dict[str, str]) -> dict[str, Any]:
    return {
        "occurred_at": one.occurred_at,
        "person_name": one.person_name,
        "role_label": Role(one.role).label if one.role in set(Role) else one.role,
        "organisation": one.acting_tenant_name,
        "action_label": labels.get(one.action, one.action),
        "target": one.subject_label,
        "changes": one.changes,
        "address": one.address,
        "request_id": one.request_id,
        "via": one.via,
    }


MODULE = Module(
    name="audit",
    handlers=(trail,),
    navigation=(NavigationEntry("操作記録", "/audit", READERS),),
)
