"""The page that compares a month of the trail with its seals and their copies."""

from pathlib import Path
from typing import Any

from litestar import Request, Response

from tenants.audit.listed import READERS
from tenants.audit.seals import queries
from tenants.audit.seals.rules import month_of, next_month, previous_month
from tenants.web.answers import render
from tenants.web.modules import Module
from tenants.web.routes import page
from tenants.web.visit import site, visit


@page("/audit/seals", roles=READERS)
async def seals(request: Request[Any, Any, Any]) -> Response[Any]:
    """Compares the month in the address, now, with what was sealed."""
    here = visit(request)
    today = here.today
    days = month_of(request.query_params.get("month", ""), today)
    found = await queries.check_days(here.context.tenant_id, site(request).storage, days)
    known = await queries.seals(here.context.tenant_id)
    later = next_month(days[0])
    oldest = await queries.first_event_day(here.context.tenant_id)
    # Seals count too: when somebody took away the beginning of a trail, its months are still to be looked at.
    first = min(one for one in (oldest, known[0].day if known else None, today) if one)
    return render(
        request,
        "seals/month.html",
        title="操作記録の封印",
        lead="操作記録が後から書き換えられていないかを、毎日の封印と照らし合わせて確かめます。",
        breadcrumb=[("今週やること", "/"), ("操作記録", "/audit"), ("操作記録の封印", None)],
        help_page="lists",
        month=days[0],
        checks=[
            {"day": one.day, "events": one.event_count, "verdict": one.verdict.status, "sha256": one.sha256[:16]}
            for one in reversed(found)
        ],
        trouble_count=sum(one.verdict.is_trouble for one in found),
        newest=known[-1] if known else None,
        previous_url=f"/audit/seals?month={previous_month(days[0]):%Y-%m}" if first < days[0] else None,
        next_url=f"/audit/seals?month={later:%Y-%m}" if later <= today else None,
    )


MODULE = Module(
    name="audit_seals",
    handlers=(seals,),
    templates=Path(__file__).parent / "templates",
    action_labels={"find_trail_changed": "操作記録の照合で相違を発見"},
)
