"""The API of keys: list, one with every member's share, set up, change, delete."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import UNSET, Meta, Struct, UnsetType

from billing.apportionment.case import CaseRefused
from billing.bases import queries as bases
from billing.fields import Exact
from billing.keys import forms, operations, queries
from billing.keys.bodies import Definition, Limits
from billing.keys.limits import NO_LIMIT
from billing.keys.member_lines import EXCLUDED, Organisation
from billing.keys.preview import missing_values, shares_preview
from billing.keys.rules import KeyInput, KeyView
from billing.money import exact_text
from billing.programs import queries as programs
from tenants.api.answers import answer, created, gone, listed
from tenants.api.bodies import as_form, read_body
from tenants.api.fields import Code, Count, Id
from tenants.api.routes import VERSION, api_act, api_read
from tenants.api.rules import say_verbs
from tenants.api.versions import answering_stale, wanted_version
from tenants.context import Role
from tenants.directory import queries as directory
from tenants.directory.rules import TenantKind
from tenants.errors import Conflict, Invalid
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE
from tenants.web.visit import visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})
say_verbs({"keys:read": "按分方法と団体ごとの割合を見る", "keys:write": "按分方法を登録・変更・削除する"})
_LIST = "/programs/{program_id:str}/keys"
_ONE = "/programs/{program_id:str}/keys/{key_id:str}"


class KeyBody(Struct, frozen=True, forbid_unknown_fields=True):
    """按分方法。"""

    name: Annotated[str, Meta(min_length=1, max_length=60, examples=["均等割3割・人口割7割"])]
    definition: Definition


class Key(Struct, frozen=True):
    """一つの按分方法。"""

    id: Id
    version: Count
    name: str
    definition: Annotated[dict[str, Any], Meta(description="登録した分け方(KeyBody.definition と同じ形)")]


class MemberShare(Struct, frozen=True):
    """一つの構成団体の割合。"""

    code: Code
    name: str
    share: Exact


class Missing(Struct, frozen=True):
    """値が足りない按分基準と団体。"""

    basis_id: Id
    names: list[str]


class Shares(Struct, frozen=True):
    """団体ごとの割合。合計はちょうど 1。値が足りないときは missing に理由を示し、割合は空。"""

    members: list[MemberShare]
    missing: list[Missing]


EXAMPLE = {
    "name": "均等割3割・人口割7割",
    "definition": {"components": [{"weight": "3/10", "basis": "equal"}, {"weight": "7/10", "basis": 12}]},
}


@api_read(_LIST, roles=PREFECTURE, verb="keys:read", summary="按分方法の一覧", answers=Key, listed=True)
async def key_list(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The program's keys."""
    program = await programs.program(positive_id(program_id))
    return listed(request, await queries.keys(program.id), lambda one: one.id, _shown)


@api_act(
    _LIST,
    roles=EDITORS,
    verb="keys:write",
    summary="按分方法を登録する",
    body=KeyBody,
    answers=Key,
    versioned=True,
    example=EXAMPLE,
)
async def create_key(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Sets up a key."""
    program = await programs.program(positive_id(program_id))
    key = await _input(program.id, await read_body(request, KeyBody))
    key_id = await operations.create_key(visit(request).context, program.id, key)
    shown, version = await _now(program.id, key_id)
    return created(shown, f"{VERSION}/programs/{program.id}/keys/{key_id}", version=version)


@api_read(_ONE, roles=PREFECTURE, verb="keys:read", summary="按分方法", answers=Key, versioned=True)
async def key(
    request: Request[Any, Any, Any],  # noqa: ARG001  (the framework's signature)
    program_id: FromPath[str],
    key_id: FromPath[str],
) -> Response[Any]:
    """One key."""
    _, found = await _place(program_id, key_id)
    return answer(_shown(found), version=found.version)


@api_read(_ONE + "/shares", roles=PREFECTURE, verb="keys:read", summary="団体ごとの割合", answers=Shares)
async def key_shares(
    request: Request[Any, Any, Any],  # noqa: ARG001  (the framework's signature)
    program_id: FromPath[str],
    key_id: FromPath[str],
) -> Response[Any]:
    """What the key gives every member, before any cost."""
    program, found = await _place(program_id, key_id)
    members, values = await programs.members(program), await bases.basis_values(program)
    lacking = missing_values(found.definition, members, values)
    if lacking or not members:
        return answer(Shares([], [Missing(one.basis_id, list(one.names)) for one in lacking]))
    try:
        preview = shares_preview(found.definition, members, values)
    except CaseRefused as refused:
        raise Conflict("cannot-split", "".join(one.message for one in refused.problems)) from refused
    return answer(Shares([MemberShare(one.code, one.name, exact_text(one.share)) for one in preview.rows], []))


@api_act(
    _ONE,
    method="PUT",
    roles=EDITORS,
    verb="keys:write",
    summary="按分方法を変更する",
    body=KeyBody,
    answers=Key,
    versioned=True,
    if_match=True,
    example=EXAMPLE,
)
async def change_key(
    request: Request[Any, Any, Any], program_id: FromPath[str], key_id: FromPath[str]
) -> Response[Any]:
    """Replaces a key."""
    program, found = await _place(program_id, key_id)
    version = wanted_version(request)
    body = await read_body(request, KeyBody)
    async with answering_stale(body, lambda: _now(program, found.id)):
        wanted = await _input(program, body)
        await operations.change_key(visit(request).context, program, found.id, wanted, version)
    shown, version = await _now(program, found.id)
    return answer(shown, version=version)


@api_act(_ONE, method="DELETE", roles=EDITORS, verb="keys:write", summary="按分方法を削除する", if_match=True)
async def delete_key(
    request: Request[Any, Any, Any], program_id: FromPath[str], key_id: FromPath[str]
) -> Response[Any]:
    """Deletes a key no cost uses."""
    program, found = await _place(program_id, key_id)
    version = wanted_version(request)
    async with answering_stale(None, lambda: _now(program, found.id)):
        await operations.delete_key(visit(request).context, program, found.id, version)
    return gone()


async def _place(program_id: str, key_id: str) -> tuple[int, KeyView]:
    program = await programs.program(positive_id(program_id))
    return program.id, await queries.key(program.id, positive_id(key_id))


async def _now(program_id: int, key_id: int) -> tuple[Key, int]:
    found = await queries.key(program_id, key_id)
    return _shown(found), found.version


def _shown(one: KeyView) -> Key:
    return Key(one.id, one.version, one.name, dict(one.definition))


async def _input(program_id: int, body: KeyBody) -> KeyInput:
    """The definition as the page's form would have sent it, so that one function checks both."""
    organisations = [
        Organisation(one.code, one.name) for one in await directory.tenants() if one.kind is not TenantKind.PREFECTURE
    ]
    basis_ids = [one.id for one in await bases.bases(program_id)]
    choices = forms.Choices(await programs.members(program_id), basis_ids, organisations)
    with _at_pointers():
        fields = {**_fields(body.definition), **_limit_fields(body.definition.limits)}
        return forms.key_input(as_form({"name": body.name, **fields}), choices)


def _fields(definition: Definition) -> dict[str, Any]:
    if (definition.components is UNSET) == (definition.fixed is UNSET):
        message = "components か fixed のどちらか一方を指定してください。"
        raise Invalid("key-form", message, {"/definition": message})
    if definition.fixed is not UNSET:
        if definition.host is not UNSET or definition.unit_price_decimals is not UNSET:
            message = "host と unit_price_decimals は components と一緒に指定します。"
            raise Invalid("key-form", message, {"/definition": message})
        fixed = _lines(definition.fixed, [])
        return {"method": "fixed", "fixed": fixed, "renormalise": definition.renormalise}
    fields: dict[str, Any] = {"method": "components"}
    for row, one in zip(forms.ROWS, definition.components or [], strict=False):
        fields |= {f"weight-{row}": one.weight, f"basis-{row}": one.basis}
        fields[f"members-{row}"] = _lines(one.factors, one.exclude)
    if definition.host is not UNSET:
        fields |= {"host_code": definition.host.code, "host_share": definition.host.share}
    if definition.unit_price_decimals is not UNSET:
        fields["unit_price_decimals"] = definition.unit_price_decimals
    return fields


def _limit_fields(limits: Limits | UnsetType) -> dict[str, Any]:
    if limits is UNSET:
        return {}
    lines = [
        "\t".join([code, *(NO_LIMIT if yen is None else str(yen) for yen in (one.minimum_yen, one.maximum_yen))])
        for code, one in limits.members.items()
    ]
    return {
        "limit_minimum": limits.minimum_yen,
        "limit_maximum": limits.maximum_yen,
        "limit_members": "\n".join(lines),
    }


def _lines(factors: dict[str, str], exclude: list[str]) -> str:
    return "\n".join(
        [*(f"{code}\t{factor}" for code, factor in factors.items()), *(f"{code}\t{EXCLUDED}" for code in exclude)]
    )


@contextmanager
def _at_pointers() -> Iterator[None]:
    """Faults of the form's rows stand at the body's components."""
    try:
        yield
    except Invalid as error:
        error.fields = {_pointer(name): message for name, message in error.fields.items()}
        raise


def _pointer(name: str) -> str:
    if name.startswith("/"):
        return name
    field, _, row = name.partition("-")
    if row.isdigit():
        at = {"members": "factors"}.get(field, field)
        return f"/definition/components/{int(row) - 1}/{at}"
    places = {
        "host_code": "/host/code",
        "host_share": "/host/share",
        "method": "",
        "limit_minimum": "/limits/minimum_yen",
        "limit_maximum": "/limits/maximum_yen",
        "limit_members": "/limits/members",
    }
    below = {*places, "unit_price_decimals", "fixed", "renormalise"}
    return "/definition" + places.get(name, f"/{name}") if name in below else f"/{name}"


HANDLERS = (key_list, create_key, key, key_shares, change_key, delete_key)
