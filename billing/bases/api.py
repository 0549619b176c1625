"""The API of bases: list, one with its members' values, define, change, delete, save values."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta, Struct

from billing.bases import forms, operations, queries
from billing.bases.rules import BasisLine, BasisView, ValueView, shown_number
from billing.programs import queries as programs
from tenants.api.answers import answer, created, gone, listed
from tenants.api.bodies import as_form, read_body
from tenants.api.fields import Code, Count, Id
from tenants.api.routes import VERSION, api_act, api_read
from tenants.api.rules import say_verbs
from tenants.api.versions import answering_stale, wanted_version
from tenants.context import Role
from tenants.errors import Invalid
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE
from tenants.web.visit import visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})
say_verbs({"bases:read": "按分基準と値を見る", "bases:write": "按分基準と値を登録・変更・削除する"})
_LIST = "/programs/{program_id:str}/bases"
_ONE = "/programs/{program_id:str}/bases/{basis_id:str}"

Value = Annotated[
    str,
    Meta(
        # A fraction is taken only when it is the value already there: what was read can be sent back.
        pattern=r"^(?:[0-9]{1,15}(?:\.[0-9]{1,10})?|[0-9]{1,40}/[0-9]{1,40})$",
        description="値。整数部15桁、小数部10桁までの文字。浮動小数点数は受け付けません。",
        examples=["29680"],
    ),
]


class BasisBody(Struct, frozen=True, forbid_unknown_fields=True):
    """按分基準の定義。"""

    name: Annotated[str, Meta(min_length=1, max_length=60, examples=["人口"])]
    unit: Annotated[str, Meta(min_length=1, max_length=20, examples=["人"])]
    as_of: Annotated[date, Meta(description="いつの時点の数値か", examples=["2020-10-01"])]
    source: Annotated[str, Meta(min_length=1, max_length=200, examples=["令和2年国勢調査"])]


class BasisEntry(Struct, frozen=True):
    """一覧の中の按分基準と、どこまで値が入っているか。"""

    id: Id
    version: Count
    name: str
    unit: str
    as_of: date
    source: str
    valued: Count
    members: Count
    total: Annotated[str, Meta(description="値の合計")]


class BasisValue(Struct, frozen=True):
    """一つの構成団体の値。値がなければ null。"""

    code: Code
    name: str
    value: Annotated[str, Meta(description="値。終わらない小数だけは分数")] | None
    entered_by: str
    entered_at: datetime | None


class Basis(Struct, frozen=True):
    """一つの按分基準と、構成団体の値。"""

    id: Id
    version: Count
    name: str
    unit: str
    as_of: date
    source: str
    values: list[BasisValue]


class Values(Struct, frozen=True, forbid_unknown_fields=True):
    """団体コードごとの値。null は値を消します。書かない団体の値は変わりません。"""

    values: Annotated[dict[Code, Value | None], Meta(max_length=2_000)]


EXAMPLE = {"name": "人口", "unit": "人", "as_of": "2020-10-01", "source": "令和2年国勢調査"}


@api_read(_LIST, roles=PREFECTURE, verb="bases:read", summary="按分基準の一覧", answers=BasisEntry, listed=True)
async def basis_list(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The program's bases and how far each is filled."""
    program = await programs.program(positive_id(program_id))
    return listed(request, await queries.basis_lines(program.id), lambda one: one.basis.id, _entry)


@api_act(
    _LIST,
    roles=EDITORS,
    verb="bases:write",
    summary="按分基準を登録する",
    body=BasisBody,
    answers=Basis,
    versioned=True,
    example=EXAMPLE,
)
async def create_basis(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Defines a basis."""
    program = await programs.program(positive_id(program_id))
    basis = forms.basis_input(as_form(_plain(await read_body(request, BasisBody))))
    basis_id = await operations.create_basis(visit(request).context, program.id, basis)
    shown, version = await _now(program.id, basis_id)
    return created(shown, f"{VERSION}/programs/{program.id}/bases/{basis_id}", version=version)


@api_read(_ONE, roles=PREFECTURE, verb="bases:read", summary="按分基準と値", answers=Basis, versioned=True)
async def basis(
    request: Request[Any, Any, Any],  # noqa: ARG001  (the framework's signature)
    program_id: FromPath[str],
    basis_id: FromPath[str],
) -> Response[Any]:
    """One basis with every member's value."""
    program, found = await _place(program_id, basis_id)
    shown, version = await _now(program, found.id)
    return answer(shown, version=version)


@api_act(
    _ONE,
    method="PUT",
    roles=EDITORS,
    verb="bases:write",
    summary="按分基準の定義を変更する",
    body=BasisBody,
    answers=Basis,
    versioned=True,
    if_match=True,
    example=EXAMPLE,
)
async def change_basis(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """Changes what a basis is; values stay."""
    program, found = await _place(program_id, basis_id)
    version = wanted_version(request)
    body = await read_body(request, BasisBody)
    async with answering_stale(body, lambda: _now(program, found.id)):
        wanted = forms.basis_input(as_form(_plain(body)))
        await operations.change_basis(visit(request).context, program, found.id, wanted, version)
    shown, version = await _now(program, found.id)
    return answer(shown, version=version)


@api_act(
    _ONE + "/values",
    method="PUT",
    roles=EDITORS,
    verb="bases:write",
    summary="団体ごとの値を保存する",
    body=Values,
    answers=Basis,
    versioned=True,
    if_match=True,
    example={"values": {"283011": "29680"}},
)
async def save_values(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """Saves the values of the members named; all or none."""
    program, found = await _place(program_id, basis_id)
    version = wanted_version(request)
    body = await read_body(request, Values)
    here = visit(request)
    async with answering_stale(body, lambda: _now(program, found.id)):
        wanted = _typed(body, await queries.member_values(program, found.id), found.unit)
        await operations.save_values(here.context, program, found.id, wanted, version, here.now)
    shown, version = await _now(program, found.id)
    return answer(shown, version=version)


@api_act(_ONE, method="DELETE", roles=EDITORS, verb="bases:write", summary="按分基準を削除する", if_match=True)
async def delete_basis(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """Deletes a basis no key uses."""
    program, found = await _place(program_id, basis_id)
    version = wanted_version(request)
    async with answering_stale(None, lambda: _now(program, found.id)):
        await operations.delete_basis(visit(request).context, program, found.id, version)
    return gone()


async def _place(program_id: str, basis_id: str) -> tuple[int, BasisView]:
    program = await programs.program(positive_id(program_id))
    return program.id, await queries.basis(program.id, positive_id(basis_id))


async def _now(program_id: int, basis_id: int) -> tuple[Basis, int]:
    found = await queries.basis(program_id, basis_id)
    values = [_value(one) for one in await queries.member_values(program_id, basis_id)]
    return Basis(found.id, found.version, found.name, found.unit, found.as_of, found.source, values), found.version


def _plain(body: BasisBody) -> dict[str, Any]:
    return {name: getattr(body, name) for name in BasisBody.__struct_fields__}


def _typed(body: Values, members: Sequence[ValueView], unit: str) -> dict[int, str | None]:
    """The values by organisation, checked where the page's fields are checked."""
    fields = {one.code: forms.value_field(one) for one in members}
    if strangers := sorted(body.values.keys() - fields.keys()):
        message = "この事業の構成団体ではありません。"
        raise Invalid("unknown-member", "値を確かめてください。", {f"/values/{one}": message for one in strangers})
    places = {field: f"/values/{code}" for code, field in fields.items()}
    try:
        return forms.typed_values(as_form({fields[code]: value for code, value in body.values.items()}), members, unit)
    except Invalid as error:
        error.fields = {places.get(name, name): message for name, message in error.fields.items()}
        raise


def _entry(one: BasisLine) -> BasisEntry:
    known = one.basis
    return BasisEntry(
        known.id,
        known.version,
        known.name,
        known.unit,
        known.as_of,
        known.source,
        one.valued,
        one.members,
        _number(shown_number(one.total)),
    )


def _value(one: ValueView) -> BasisValue:
    return BasisValue(one.code, one.name, _number(one.shown) or None, one.entered_by, one.entered_at)


def _number(shown: str) -> str:
    """As people read it, without the commas: 12.345, or 1/3 where decimals never end."""
    return shown.replace(",", "")


HANDLERS = (basis_list, create_basis, basis, change_basis, save_values, delete_basis)
