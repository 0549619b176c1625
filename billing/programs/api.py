"""The API of programs: list, one, set up, change; its members."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta, Struct

from billing.fields import Exact, Share, UnitYen, Yen
from billing.programs import forms, operations, queries
from billing.programs.rules import MemberInput, MemberView, ProgramInput, ProgramLine, ProgramView
from tenants.api.answers import answer, created, listed
from tenants.api.bodies import as_form, read_body
from tenants.api.fields import Code, Count, Id
from tenants.api.routes import VERSION, api_act, api_read
from tenants.api.rules import say_verbs
from tenants.api.versions import answering_stale, wanted_version
from tenants.context import Role
from tenants.directory import queries as directory
from tenants.directory.rules import TenantKind, TenantView
from tenants.errors import Invalid
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE
from tenants.web.visit import visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})
say_verbs({"programs:read": "事業と構成団体を見る", "programs:write": "事業と構成団体を登録・変更する"})

Stage = Literal["cost", "total"]
Remainder = Literal["largest_remainder", "smallest_up", "largest_share", "named", "prefecture", "undistributed"]
Mode = Literal["floor", "half_up", "ceil"]


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """事業の設定。"""

    fiscal_year: Annotated[int, Meta(ge=1990, le=2100, description="会計年度(4月に始まる年、西暦)", examples=[2026])]
    title: Annotated[str, Meta(min_length=1, max_length=100, examples=["衛星漏水調査"])]
    description: Annotated[str, Meta(max_length=2000)] = ""
    rounding_stage: Annotated[Stage, Meta(description="端数処理の段階: 経費ごと、合計してから")] = "cost"
    rounding_unit_yen: UnitYen = 1
    rounding_remainder: Annotated[Remainder, Meta(description="端数の行き先")] = "largest_remainder"
    rounding_named_code: Code | None = None
    """端数をまとめて負担する団体(rounding_remainder が named のときだけ)。"""
    national_ceiling: Share = "1/2"
    invoice_unit_yen: UnitYen = 1
    invoice_mode: Mode = "floor"
    instalment_count: Annotated[int, Meta(ge=1, le=12, description="納付回数")] = 1
    instalment_unit_yen: UnitYen = 1
    due_date: date | None = None
    shares_published: Annotated[
        bool, Meta(description="按分表を構成団体に公開する。Excel に全団体の値と計算を入れる")
    ] = False


class Program(Struct, frozen=True):
    """一つの事業。"""

    id: Id
    version: Count
    settings: Settings


class ProgramEntry(Struct, frozen=True):
    """一覧の中の事業。"""

    id: Id
    fiscal_year: int
    title: str
    members: Count
    cost_yen: Yen
    last_run: Annotated[str, Meta(description="最後の計算の状態。計算がなければ空")]


class Member(Struct, frozen=True, forbid_unknown_fields=True):
    """構成団体として参加する一つの団体。"""

    code: Code
    months: Annotated[int, Meta(ge=0, le=12, description="参加する月数")] = 12
    factor: Share = "1"


class MemberEntry(Struct, frozen=True):
    """構成団体。"""

    code: Code
    name: str
    months: Annotated[int, Meta(ge=0, le=12)]
    factor: Exact


class Members(Struct, frozen=True, forbid_unknown_fields=True):
    """構成団体の全部。送った団体だけが構成団体になります。"""

    members: Annotated[list[Member], Meta(max_length=2_000)]


class MembersNow(Struct, frozen=True):
    """いまの構成団体と、事業の版。"""

    version: Count
    members: list[MemberEntry]


EXAMPLE = {"fiscal_year": 2026, "title": "衛星漏水調査", "national_ceiling": "1/2", "due_date": "2026-11-29"}


@api_read("/programs", roles=PREFECTURE, verb="programs:read", summary="事業の一覧", answers=ProgramEntry, listed=True)
async def program_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """Every program, newest first."""
    return listed(request, await queries.programs(), lambda one: one.id, _entry, newest_first=True)


@api_act(
    "/programs",
    roles=EDITORS,
    verb="programs:write",
    summary="事業を登録する",
    body=Settings,
    answers=Program,
    versioned=True,
    example=EXAMPLE,
)
async def create_program(request: Request[Any, Any, Any]) -> Response[Any]:
    """Sets up a program."""
    settings = await _input(await read_body(request, Settings))
    program_id = await operations.create_program(visit(request).context, settings)
    found = await queries.program(program_id)
    return created(await _shown(found), f"{VERSION}/programs/{program_id}", version=found.version)


@api_read(
    "/programs/{program_id:str}",
    roles=PREFECTURE,
    verb="programs:read",
    summary="事業の設定",
    answers=Program,
    versioned=True,
)
async def program(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """One program's settings."""
    found = await queries.program(positive_id(program_id))
    return answer(await _shown(found), version=found.version)


@api_act(
    "/programs/{program_id:str}",
    method="PUT",
    roles=EDITORS,
    verb="programs:write",
    summary="事業の設定を変更する",
    body=Settings,
    answers=Program,
    versioned=True,
    if_match=True,
    example=EXAMPLE,
)
async def change_program(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Replaces a program's settings."""
    number = (await queries.program(positive_id(program_id))).id
    version = wanted_version(request)
    body = await read_body(request, Settings)

    async def now() -> tuple[Program, int]:
        found = await queries.program(number)
        return await _shown(found), found.version

    async with answering_stale(body, now):
        await operations.change_program(visit(request).context, number, await _input(body), version)
    shown, version = await now()
    return answer(shown, version=version)


@api_read(
    "/programs/{program_id:str}/members",
    roles=PREFECTURE,
    verb="programs:read",
    summary="構成団体",
    answers=MembersNow,
    versioned=True,
)
async def members(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """Who takes part."""
    shown, version = await _members_now(positive_id(program_id))
    return answer(shown, version=version)


@api_act(
    "/programs/{program_id:str}/members",
    method="PUT",
    roles=EDITORS,
    verb="programs:write",
    summary="構成団体を決める",
    body=Members,
    answers=MembersNow,
    versioned=True,
    if_match=True,
    example={"members": [{"code": "283011", "months": 12, "factor": "1"}]},
)
async def choose_members(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Makes exactly the given organisations the members."""
    number = (await queries.program(positive_id(program_id))).id
    version = wanted_version(request)
    body = await read_body(request, Members)

    async def now() -> tuple[MembersNow, int]:
        return await _members_now(number)

    async with answering_stale(body, now):
        chosen = _member_inputs(body, await _possible_members())
        await operations.choose_members(visit(request).context, number, chosen, version)
    shown, version = await now()
    return answer(shown, version=version)


async def _members_now(program_id: int) -> tuple[MembersNow, int]:
    found = await queries.program(program_id)
    members = [_member(one) for one in await queries.members(found.id)]
    return MembersNow(found.version, members), found.version


async def _possible_members() -> list[TenantView]:
    return [one for one in await directory.tenants() if one.kind is not TenantKind.PREFECTURE]


async def _input(body: Settings) -> ProgramInput:
    tenants = await _possible_members()
    values = {one: getattr(body, one) for one in Settings.__struct_fields__ if one != "rounding_named_code"}
    named = next((one.id for one in tenants if one.code == body.rounding_named_code), None)
    values["shares_published"] = "yes" if body.shares_published else "no"
    with _named_by_code():
        return forms.program_input(as_form({**values, "rounding_named_id": named}), tenants)


@contextmanager
def _named_by_code() -> Iterator[None]:
    """The body names the organisation by its code, the form by its number."""
    try:
        yield
    except Invalid as error:
        if "rounding_named_id" in error.fields:
            error.fields["rounding_named_code"] = error.fields.pop("rounding_named_id")
        raise


def _member_inputs(body: Members, tenants: Sequence[TenantView]) -> list[MemberInput]:
    ids = {one.code: one.id for one in tenants}
    faults: dict[str, str] = {}
    places: dict[str, int] = {}
    for place, one in enumerate(body.members):
        if one.code not in ids:
            faults[f"/members/{place}/code"] = "この団体は登録されていません。"
        elif one.code in places:
            faults[f"/members/{place}/code"] = "この団体は2回以上書かれています。"
        places.setdefault(one.code, place)
    if faults:
        raise Invalid("unknown-member", "構成団体を確かめてください。", faults)
    values: dict[str, Any] = {"members": [ids[one.code] for one in body.members]}
    for one in body.members:
        values |= {f"months-{ids[one.code]}": one.months, f"factor-{ids[one.code]}": one.factor}
    names = {
        f"{field}-{ids[one.code]}": f"/members/{place}/{field}"
        for place, one in enumerate(body.members)
        for field in ("months", "factor")
    }
    try:
        return forms.member_inputs(as_form(values), tenants)
    except Invalid as error:
        error.fields = {names.get(name, name): message for name, message in error.fields.items()}
        raise


def _entry(one: ProgramLine) -> ProgramEntry:
    return ProgramEntry(one.id, one.fiscal_year, one.title, one.members, int(one.cost_yen), one.last_run)


async def _shown(found: ProgramView) -> Program:
    values = asdict(found.settings)
    named = values.pop("rounding_named_id")
    codes = {one.id: one.code for one in await directory.tenants()} if named is not None else {}
    return Program(found.id, found.version, Settings(**values, rounding_named_code=codes.get(named)))


def _member(one: MemberView) -> MemberEntry:
    return MemberEntry(one.code, one.name, one.months, one.factor)


HANDLERS = (program_list, create_program, program, change_program, members, choose_members)
