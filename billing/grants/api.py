"""The API of grants: list in the order of calculation, one, add, change, move, delete."""

from typing import Annotated, Any, Literal

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta, Struct

from billing.costs import queries as costs
from billing.fields import Share, UnitYen, Yen
from billing.grants import forms, operations, queries
from billing.grants.rules import GrantInput, GrantView
from billing.programs import queries as programs
from tenants.api.answers import answer, created, gone, listed
from tenants.api.bodies import as_form, read_body
from tenants.api.fields import Count, Id
from tenants.api.routes import VERSION, api_act, api_read
from tenants.api.rules import say_verbs
from tenants.api.versions import answering_stale, wanted_version
from tenants.context import Role
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE
from tenants.web.visit import visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})
say_verbs({"grants:read": "交付金を見る", "grants:write": "交付金を登録・変更・削除し、順番を変える"})
_LIST = "/programs/{program_id:str}/grants"
_ONE = "/programs/{program_id:str}/grants/{grant_id:str}"


class GrantBody(Struct, frozen=True, forbid_unknown_fields=True):
    """交付金。cost_ids が null なら、補助対象の経費すべてが対象です。"""

    name: Annotated[str, Meta(min_length=1, max_length=100, examples=["デジタル田園都市国家構想交付金"])]
    rate: Share
    funder: Annotated[Literal["national", "prefecture", "other"], Meta(description="財源: 国、県、その他")]
    cost_ids: Annotated[list[Id], Meta(max_length=2_000)] | None = None
    tax: Annotated[Literal["included", "excluded"], Meta(description="消費税を含むか除くか")] = "included"
    level: Annotated[
        Literal["program", "cost", "member"], Meta(description="計算の段階: 事業全体、経費ごと、団体ごと")
    ] = "program"
    cap_yen: Yen | None = None
    member_cap_yen: Yen | None = None
    rounding_unit_yen: UnitYen = 1
    rounding_mode: Literal["floor", "half_up", "ceil"] = "floor"


class Grant(Struct, frozen=True):
    """一つの交付金。position は計算の順番(1から)。"""

    id: Id
    version: Count
    position: Count
    name: str
    funder: str
    rate: Share
    cost_ids: list[Id] | None
    tax: str
    level: str
    cap_yen: Yen | None
    member_cap_yen: Yen | None
    rounding_unit_yen: UnitYen
    rounding_mode: str


class Move(Struct, frozen=True, forbid_unknown_fields=True):
    """計算の順番を一つ変える。"""

    direction: Literal["up", "down"]
    position: Annotated[int, Meta(ge=1, le=999_999_999, description="取得したときの順番")]


EXAMPLE = {"name": "デジタル田園都市国家構想交付金", "funder": "national", "rate": "1/2", "rounding_unit_yen": 1_000}


@api_read(_LIST, roles=PREFECTURE, verb="grants:read", summary="交付金の一覧", answers=Grant, listed=True)
async def grant_list(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The program's grants in the order of calculation."""
    program = await programs.program(positive_id(program_id))
    return listed(request, await queries.grants(program.id), lambda one: one.position, _shown)


@api_act(
    _LIST,
    roles=EDITORS,
    verb="grants:write",
    summary="交付金を登録する",
    body=GrantBody,
    answers=Grant,
    versioned=True,
    example=EXAMPLE,
)
async def create_grant(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Adds a grant after all others."""
    program = await programs.program(positive_id(program_id))
    grant = await _input(program.id, await read_body(request, GrantBody))
    grant_id = await operations.create_grant(visit(request).context, program.id, grant)
    shown, version = await _now(program.id, grant_id)
    return created(shown, f"{VERSION}/programs/{program.id}/grants/{grant_id}", version=version)


@api_read(_ONE, roles=PREFECTURE, verb="grants:read", summary="交付金", answers=Grant, versioned=True)
async def grant(
    request: Request[Any, Any, Any],  # noqa: ARG001  (the framework's signature)
    program_id: FromPath[str],
    grant_id: FromPath[str],
) -> Response[Any]:
    """One grant."""
    _, found = await _place(program_id, grant_id)
    return answer(_shown(found), version=found.version)


@api_act(
    _ONE,
    method="PUT",
    roles=EDITORS,
    verb="grants:write",
    summary="交付金を変更する",
    body=GrantBody,
    answers=Grant,
    versioned=True,
    if_match=True,
    example=EXAMPLE,
)
async def change_grant(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """Replaces a grant; its place in the order stays."""
    program, found = await _place(program_id, grant_id)
    version = wanted_version(request)
    body = await read_body(request, GrantBody)
    async with answering_stale(body, lambda: _now(program, found.id)):
        wanted = await _input(program, body)
        await operations.change_grant(visit(request).context, program, found.id, wanted, version)
    shown, version = await _now(program, found.id)
    return answer(shown, version=version)


@api_act(
    _ONE + "/moves",
    roles=EDITORS,
    verb="grants:write",
    summary="交付金の順番を変える",
    body=Move,
    answers=Grant,
    status=200,
    versioned=True,
    example={"direction": "up", "position": 2},
)
async def move_grant(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """Changes places with the grant before or after; a place that is another by now is a conflict."""
    program, found = await _place(program_id, grant_id)
    body = await read_body(request, Move)
    await operations.move_grant(visit(request).context, program, found.id, body.direction, body.position)
    shown, version = await _now(program, found.id)
    return answer(shown, version=version)


@api_act(_ONE, method="DELETE", roles=EDITORS, verb="grants:write", summary="交付金を削除する", if_match=True)
async def delete_grant(
    request: Request[Any, Any, Any], program_id: FromPath[str], grant_id: FromPath[str]
) -> Response[Any]:
    """Deletes a grant."""
    program, found = await _place(program_id, grant_id)
    version = wanted_version(request)
    async with answering_stale(None, lambda: _now(program, found.id)):
        await operations.delete_grant(visit(request).context, program, found.id, version)
    return gone()


async def _place(program_id: str, grant_id: str) -> tuple[int, GrantView]:
    program = await programs.program(positive_id(program_id))
    return program.id, await queries.grant(program.id, positive_id(grant_id))


async def _now(program_id: int, grant_id: int) -> tuple[Grant, int]:
    found = await queries.grant(program_id, grant_id)
    return _shown(found), found.version


async def _input(program_id: int, body: GrantBody) -> GrantInput:
    """Checked where the page's form is checked."""
    values = {name: getattr(body, name) for name in GrantBody.__struct_fields__}
    values["counted"] = "eligible" if body.cost_ids is None else "listed"
    return forms.grant_input(as_form({**values, "cost_ids": body.cost_ids or []}), await costs.costs(program_id))


def _shown(one: GrantView) -> Grant:
    values = {name: getattr(one, name) for name in Grant.__struct_fields__}
    for name in ("cap_yen", "member_cap_yen", "rounding_unit_yen"):
        values[name] = None if values[name] is None else int(values[name])
    return Grant(**{**values, "cost_ids": None if one.cost_ids is None else list(one.cost_ids)})


HANDLERS = (grant_list, create_grant, grant, change_grant, move_grant, delete_grant)
