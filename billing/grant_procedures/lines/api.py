"""The API of cost lines: every cost as a grant sees it, and what is eligible of one with its dates."""

from datetime import date
from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta, Struct

from billing.fields import Yen
from billing.grant_procedures.lines import forms, operations, queries
from billing.grant_procedures.lines.rules import LineView
from billing.grant_procedures.steps.places import HERE, place
from tenants.api.answers import answer, listed
from tenants.api.bodies import as_form, read_body
from tenants.api.fields import Count, Id
from tenants.api.routes import api_act, api_read
from tenants.api.versions import answering_stale, wanted_version
from tenants.context import Role
from tenants.database.versions import EditedMeanwhile
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE
from tenants.web.visit import visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})


class GrantLineBody(Struct, frozen=True, forbid_unknown_fields=True):
    """経費1件の対象額と日付。対象と対象外の合計は、特定財源を引いた経費の額。"""

    eligible_yen: Yen
    ineligible_yen: Yen
    reason: Annotated[str, Meta(max_length=500, description="対象外の理由")] = ""
    contract_date: date | None = None
    delivery_date: date | None = None
    payment_date: date | None = None


class GrantLine(Struct, frozen=True):
    """交付金から見た経費1件。difference は計算との違い(なければ空)。"""

    cost_id: Id
    version: Count
    name: str
    net_yen: Yen
    counted: bool
    eligible_yen: Yen
    ineligible_yen: Yen
    reason: str
    difference: str
    contract_date: date | None
    delivery_date: date | None
    payment_date: date | None
    evidence: list[str]


EXAMPLE = {
    "eligible_yen": 1_000_000,
    "ineligible_yen": 100_000,
    "reason": "保守料は対象外",
    "contract_date": "2026-06-10",
}


@api_read(
    HERE + "/lines",
    roles=PREFECTURE,
    verb="procedures:read",
    summary="交付金から見た経費の一覧",
    answers=GrantLine,
    listed=True,
)
async def grant_lines(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """Every cost as the grant sees it."""
    program, grant = await place(program_id, grant_id)
    return listed(request, await queries.lines(program.id, grant), lambda one: one.cost.id, _shown)


@api_read(
    HERE + "/lines/{cost_id:str}",
    roles=PREFECTURE,
    verb="procedures:read",
    summary="交付金から見た経費",
    answers=GrantLine,
    versioned=True,
)
async def grant_line(
    request: Request[Any, Any, Any],  # noqa: ARG001  (the framework's signature)
    program_id: FromPath[str],
    grant_id: FromPath[str],
    cost_id: FromPath[str],
) -> Response[Any]:
    """One cost as the grant sees it."""
    program, grant = await place(program_id, grant_id)
    found = await queries.line(program.id, grant, positive_id(cost_id))
    return answer(_shown(found), version=_version(found))


@api_act(
    HERE + "/lines/{cost_id:str}",
    method="PUT",
    roles=EDITORS,
    verb="procedures:write",
    summary="経費の対象額と日付を変える",
    body=GrantLineBody,
    answers=GrantLine,
    versioned=True,
    if_match=True,
    example=EXAMPLE,
)
async def save_grant_line(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str], cost_id: FromPath[str]
) -> Response[Any]:
    """Replaces what the grant takes of a cost, and the cost's dates."""
    program, grant = await place(program_id, grant_id)
    number = positive_id(cost_id)
    before = await queries.line(program.id, grant, number)
    version = wanted_version(request)
    body = await read_body(request, GrantLineBody)

    async def now() -> tuple[GrantLine, int]:
        found = await queries.line(program.id, grant, number)
        return _shown(found), _version(found)

    async with answering_stale(body, now):
        if version != _version(before):
            raise EditedMeanwhile
        values = {name: getattr(body, name) for name in GrantLineBody.__struct_fields__}
        versions = {"dates_version": before.dates_version, "eligibility_version": before.eligibility_version}
        wanted = forms.line_input(as_form({**values, **versions}), before)
        await operations.save_line(visit(request).context, program.id, grant.id, number, wanted)
    shown, version = await now()
    return answer(shown, version=version)


def _version(line: LineView) -> int:
    """One number for both records: each only ever grows by one."""
    return line.dates_version + line.eligibility_version + 1


def _shown(line: LineView) -> GrantLine:
    return GrantLine(
        cost_id=line.cost.id,
        version=_version(line),
        name=line.cost.name,
        net_yen=line.cost.net_yen,
        counted=line.counted,
        eligible_yen=line.assumed.eligible_yen,
        ineligible_yen=line.assumed.ineligible_yen,
        reason=line.assumed.reason,
        difference=line.difference,
        contract_date=line.dates.contract_date,
        delivery_date=line.dates.delivery_date,
        payment_date=line.dates.payment_date,
        evidence=[one.name for one in line.papers],
    )


HANDLERS = (grant_lines, grant_line, save_grant_line)
