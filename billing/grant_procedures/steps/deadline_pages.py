"""Pages of a grant's deadlines: the form for the project's period and when papers are due."""

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response
from litestar.params import FromPath

from billing.grant_procedures.steps import forms, operations, queries
from billing.grant_procedures.steps.places import HERE, grant_trail, place, url_of
from billing.grants.rules import GrantView
from billing.programs.rules import ProgramView
from tenants.context import Role
from tenants.database.transaction import savepoint
from tenants.errors import Conflict, Invalid
from tenants.web.answers import render, see_other
from tenants.web.form_data import positive_id, read_form, status_of
from tenants.web.routes import act, page
from tenants.web.stale import messages_with_both, version_to_send
from tenants.web.visit import visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})


@page(HERE + "/deadlines", roles=EDITORS)
async def deadlines_form(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """The form for the project's period and the deadlines."""
    program, grant = await place(program_id, grant_id)
    return await _deadlines(request, program, grant, None, None)


@act(HERE + "/deadlines", roles=EDITORS)
async def save_deadlines(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """Keeps the project's period and the deadlines."""
    form = await read_form(request)
    program, grant = await place(program_id, grant_id)
    try:
        async with savepoint():
            wanted = forms.procedure_input(form)
            version = form.get("version", "")
            seen = 0 if version == "0" else positive_id(version)
            await operations.save_procedure(visit(request).context, program.id, grant.id, wanted, seen)
    except (Invalid, Conflict) as refused:
        return await _deadlines(request, program, grant, form, refused)
    return see_other(url_of(program, grant), done="grant-deadlines-saved")


async def _deadlines(
    request: Request[Any, Any, Any],
    program: ProgramView,
    grant: GrantView,
    typed: Mapping[str, str] | None,
    refused: Invalid | Conflict | None,
) -> Response[Any]:
    now = await queries.procedure(grant.id)
    saved = forms.procedure_values(now)
    values = {**saved, **(typed or {})}
    title = "事業期間と期限"
    return render(
        request,
        "grant_steps/deadlines.html",
        title=title,
        breadcrumb=grant_trail(program, grant, title),
        help_page="grant-procedures",
        status=status_of(refused),
        errors=messages_with_both(refused, values, saved),
        action=f"{url_of(program, grant)}/deadlines",
        back=url_of(program, grant),
        values=values,
        version=version_to_send(refused, values, now.version),
    )


HANDLERS = (deadlines_form, save_deadlines)
