"""今週やること: the home of every role, over all modules, through one registry."""

from datetime import timedelta
from typing import Any

from litestar import Request, Response

from tenants.web.answers import render
from tenants.web.modules import WEEK_DAYS, Module, Summary, Task, in_rows
from tenants.web.routes import EVERYBODY, page
from tenants.web.visit import visit


@page("/", roles=EVERYBODY)
async def home(request: Request[Any, Any, Any]) -> Response[Any]:
    """What is due, nearest first; without anything due, what comes next."""
    here = visit(request)
    context, today = here.context, here.now.date()
    tasks: list[Task] = []
    summaries: list[Summary] = []
    for module in _modules(request):
        if module.entitlement is not None and here.signed_in and module.entitlement not in here.signed_in.modules:
            continue
        for source in module.tasks:
            tasks.extend(await source(context, today))
        for summary in module.summaries:
            summaries.extend(await summary(context, today))
    until = today + timedelta(days=WEEK_DAYS)
    due = [task for task in tasks if task.waits or task.due_date is None or task.due_date <= until]
    later = in_rows([task for task in tasks if task not in due], today)
    return render(
        request,
        "home.html",
        title="今週やること",
        tasks=in_rows(due, today),
        next_up=later[0] if later else None,
        summaries=[(summary.label, summary.text, summary.url) for summary in summaries],
    )


def _modules(request: Request[Any, Any, Any]) -> tuple[Module, ...]:
    modules: tuple[Module, ...] = request.app.state.modules
    return modules


HANDLERS = (home,)
