"""Pages of a program's period: how many days after issue its members may ask and object."""

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.disputes import operations, queries
from billing.disputes.forms import days_input
from billing.programs import queries as programs
from billing.programs.rules import ProgramView
from billing.programs.tabs import program_tabs, program_trail
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.web.answers import render, say_when_done, see_other
from tenants.web.form_data import field_messages, positive_id, read_form, sent_version, status_of
from tenants.web.routes import PREFECTURE, act, page
from tenants.web.visit import visit

OFFICERS = frozenset({Role.PREFECTURE_FINANCE})
_PATH = "/programs/{program_id:str}/dispute-period"
say_when_done({"dispute-period-set": "受付日数を保存しました。これから発行する算定書に使います。"})


@page(_PATH, roles=PREFECTURE)
async def period_page(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The days as they are, and the form that changes them."""
    return await _show(request, await programs.program(positive_id(program_id)), {})


@act(_PATH, roles=OFFICERS)
async def change_period(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Sets the days for statements issued from now on."""
    form, here = await read_form(request), visit(request)
    program = await programs.program(positive_id(program_id))
    try:
        async with savepoint():
            known = sent_version(form)
            await operations.set_rule(here.context, program.id, days_input(form), known)
    except (Invalid, Conflict) as refused:
        return await _show(request, program, form, refused)
    return see_other(f"/programs/{program.id}/dispute-period", done="dispute-period-set")


async def _show(
    request: Request[Any, Any, Any],
    program: ProgramView,
    typed: Mapping[str, str],
    refused: Invalid | Conflict | None = None,
) -> Response[Any]:
    days, version = await queries.rule(program.id)
    return render(
        request,
        "disputes/period.html",
        title=f"{program.title} 照会・異議の受付日数",
        lead="負担金算定書を発行した日から何日間、団体が質問や異議を出せるかを決めます。",
        breadcrumb=program_trail(
            program, ("計算と承認", f"/programs/{program.id}/runs"), ("照会・異議の受付日数", None)
        ),
        help_page="disputes",
        status=status_of(refused),
        errors=field_messages(refused),
        tabs=program_tabs(program, "/runs"),
        program=program,
        days=days,
        version=version,
        typed=typed,
        may_edit=visit(request).context.role in OFFICERS,
    )
