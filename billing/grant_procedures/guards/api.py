"""The API of the guards: the checklist of a grant, a reason for a finding, the part that is national money."""

from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta, Struct

from billing.fields import Share
from billing.grant_procedures.guards import operations, queries
from billing.grant_procedures.guards.forms import read_part
from billing.grant_procedures.guards.rules import FITS, LOOK, REASONED, Finding, GuardView
from billing.grant_procedures.steps.places import HERE, place
from billing.grants.rules import GrantView
from billing.programs.rules import ProgramView
from tenants.api.answers import answer
from tenants.api.bodies import read_body
from tenants.api.routes import api_act, api_read
from tenants.api.versions import answering_stale, wanted_version
from tenants.context import Role
from tenants.web.routes import PREFECTURE
from tenants.web.visit import visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})


class GuardFinding(Struct, frozen=True):
    """見つかった点。reason は、このままでよい理由(なければ空)。"""

    message: str
    reason: str


class Guard(Struct, frozen=True):
    """一つの点検。state は fits(適合)、look(要確認)、reasoned(理由あり)、waits(まだ点検しない)。"""

    code: str
    title: str
    state: str
    waits_for: str
    findings: list[GuardFinding]


class Checks(Struct, frozen=True):
    """交付金の点検の結果。national_part は、国以外の交付金に含まれる国費の割合。"""

    national_part: Share
    guards: list[Guard]


class OverrideBody(Struct, frozen=True, forbid_unknown_fields=True):
    """見つかった点をこのままでよいとする理由。code と message は点検の結果のとおり。"""

    code: Annotated[str, Meta(min_length=1, max_length=40)]
    message: Annotated[str, Meta(min_length=1, max_length=1_000)]
    reason: Annotated[str, Meta(min_length=1, max_length=1_000)]


class NationalPartBody(Struct, frozen=True, forbid_unknown_fields=True):
    """国以外の交付金に含まれる国費の割合。"""

    national_part: Share


_EXAMPLE = {"code": "contract-before-decision", "message": "経費「画像解析」の…", "reason": "事前着手の承認を受けた"}


@api_read(
    HERE + "/checks",
    roles=PREFECTURE,
    verb="procedures:read",
    summary="交付金の点検",
    answers=Checks,
    versioned=True,
)
async def grant_checks(
    request: Request[Any, Any, Any],  # noqa: ARG001  (the framework's signature)
    program_id: FromPath[str],
    grant_id: FromPath[str],
) -> Response[Any]:
    """The checklist of a grant."""
    shown, version = await _now(*await place(program_id, grant_id))
    return answer(shown, version=version)


@api_act(
    HERE + "/checks",
    roles=EDITORS,
    verb="procedures:write",
    summary="点検で見つかった点に理由を記録する",
    body=OverrideBody,
    answers=Checks,
    status=200,
    example=_EXAMPLE,
)
async def override_grant_guard(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """Keeps why a finding stands all the same."""
    program, grant = await place(program_id, grant_id)
    body, here = await read_body(request, OverrideBody), visit(request)
    finding = Finding(body.code, body.message)
    await operations.override(here.context, program, grant, finding, body.reason, here.now)
    shown, _ = await _now(program, grant)
    return answer(shown)


@api_act(
    HERE + "/national-part",
    method="PUT",
    roles=EDITORS,
    verb="procedures:write",
    summary="交付金に含まれる国費の割合を変える",
    body=NationalPartBody,
    answers=Checks,
    versioned=True,
    if_match=True,
    example={"national_part": "1/2"},
)
async def set_national_part(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """Replaces what of a grant from the prefecture or others is national money."""
    program, grant = await place(program_id, grant_id)
    version = wanted_version(request)
    body = await read_body(request, NationalPartBody)
    async with answering_stale(body, lambda: _now(program, grant)):
        part = read_part(body.national_part)
        await operations.set_national_part(visit(request).context, grant, part, version - 1)
    shown, version = await _now(program, grant)
    return answer(shown, version=version)


async def _now(program: ProgramView, grant: GrantView) -> tuple[Checks, int]:
    part, version = await queries.national_part(grant.id)
    # An ETag counts from 1, also before anything was entered.
    return Checks(part, [_guard(one) for one in await queries.checks(program, grant)]), version + 1


def _guard(view: GuardView) -> Guard:
    state = {FITS: "fits", LOOK: "look", REASONED: "reasoned"}.get(view.status, "waits")
    found = [GuardFinding(one.finding.message, one.override.reason if one.override else "") for one in view.judged]
    return Guard(view.code, view.title, state, view.waits_for, found)


HANDLERS = (grant_checks, override_grant_guard, set_national_part)
