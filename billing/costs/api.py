"""The API of costs: list, one, enter, change, delete."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal
from uuid import uuid4

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta, Struct

from billing.bases import queries as bases
from billing.bases.rules import BasisView
from billing.costs import forms, operations, queries
from billing.costs.rules import PAGE_SOURCE, CostInput, CostView
from billing.costs.tariffs.bodies import PriceBody, TariffBody, as_tariff_form, price_bodies, tariff_pointer
from billing.costs.tariffs.pages import prices_of
from billing.fields import Yen
from billing.keys import queries as keys
from billing.keys.rules import KeyView
from billing.programs import queries as programs
from billing.programs.rules import MemberView
from tenants.api.answers import answer, created, gone, listed
from tenants.api.bodies import as_form, read_body
from tenants.api.fields import Code, Count, Id
from tenants.api.routes import VERSION, api_act, api_read
from tenants.api.rules import say_verbs
from tenants.api.versions import answering_stale, wanted_version
from tenants.context import Role
from tenants.directory import queries as directory
from tenants.errors import Invalid
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE
from tenants.web.visit import visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})
say_verbs({"costs:read": "経費を見る", "costs:write": "経費を登録・変更・削除する"})
_LIST = "/programs/{program_id:str}/costs"
_ONE = "/programs/{program_id:str}/costs/{cost_id:str}"


class CostBody(Struct, frozen=True, forbid_unknown_fields=True):
    """経費。key_id は charge_kind が key、member_code は member、tariff は tariff のときだけ使います。"""

    name: Annotated[str, Meta(min_length=1, max_length=100, examples=["衛星画像解析業務"])]
    amount_yen: Yen
    tax_rate: Annotated[Literal["10/100", "8/100", "0"], Meta(description="含まれている消費税の率")]
    eligible: Annotated[bool, Meta(description="補助対象かどうか")]
    charge_kind: Annotated[
        Literal["key", "member", "prefecture", "tariff"],
        Meta(description="負担のしかた: 按分、1団体の個別負担、県負担、料金表"),
    ]
    revenue_yen: Yen = 0
    """特定財源。"""
    key_id: Id | None = None
    member_code: Code | None = None
    tariff: TariffBody | None = None


class Cost(Struct, frozen=True):
    """一つの経費。"""

    id: Id
    version: Count
    name: str
    amount_yen: Yen
    revenue_yen: Yen
    net_yen: Yen
    tax_rate: str
    eligible: bool
    charge_kind: str
    key_id: Id | None
    member_code: Code | None
    tariff: Annotated[dict[str, Any] | None, Meta(description="登録した料金表(CostBody.tariff と同じ形)")]
    source: Annotated[str, Meta(description="どこから計上されたか。page は画面とAPI")]
    reference: str


EXAMPLE = {
    "name": "衛星画像解析業務",
    "amount_yen": 52_000_000,
    "tax_rate": "10/100",
    "eligible": True,
    "charge_kind": "key",
    "key_id": 3,
}


@api_read(_LIST, roles=PREFECTURE, verb="costs:read", summary="経費の一覧", answers=Cost, listed=True)
async def cost_list(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The program's costs in the order they were entered."""
    program = await programs.program(positive_id(program_id))
    codes = await _codes()
    return listed(request, await queries.costs(program.id), lambda one: one.id, lambda one: _shown(one, codes))


@api_act(
    _LIST,
    roles=EDITORS,
    verb="costs:write",
    summary="経費を登録する",
    body=CostBody,
    answers=Cost,
    versioned=True,
    example=EXAMPLE,
)
async def create_cost(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Enters a cost; repeating is the Idempotency-Key's affair, so each has a reference of its own."""
    program = await programs.program(positive_id(program_id))
    cost = await _input(program.id, await read_body(request, CostBody))
    cost_id = await operations.post_cost(
        visit(request).context,
        program.id,
        source=PAGE_SOURCE,
        reference=str(uuid4()),
        **asdict(cost),
    )
    shown, version = await _now(program.id, cost_id)
    return created(shown, f"{VERSION}/programs/{program.id}/costs/{cost_id}", version=version)


@api_read(_ONE, roles=PREFECTURE, verb="costs:read", summary="経費", answers=Cost, versioned=True)
async def cost(
    request: Request[Any, Any, Any],  # noqa: ARG001  (the framework's signature)
    program_id: FromPath[str],
    cost_id: FromPath[str],
) -> Response[Any]:
    """One cost."""
    program, found = await _place(program_id, cost_id)
    shown, version = await _now(program, found.id)
    return answer(shown, version=version)


@api_read(
    _ONE + "/prices", roles=PREFECTURE, verb="costs:read", summary="団体ごとの料金", answers=PriceBody, listed=True
)
async def cost_prices(
    request: Request[Any, Any, Any], program_id: FromPath[str], cost_id: FromPath[str]
) -> Response[Any]:
    """What the cost's tariff charges every member, with the values as they are now; empty without a tariff."""
    program, found = await _place(program_id, cost_id)
    prices = price_bodies(await prices_of(program, found))
    return listed(request, prices, lambda one: one.place, lambda one: one)


@api_act(
    _ONE,
    method="PUT",
    roles=EDITORS,
    verb="costs:write",
    summary="経費を変更する",
    body=CostBody,
    answers=Cost,
    versioned=True,
    if_match=True,
    example=EXAMPLE,
)
async def change_cost(
    request: Request[Any, Any, Any], program_id: FromPath[str], cost_id: FromPath[str]
) -> Response[Any]:
    """Replaces a cost."""
    program, found = await _place(program_id, cost_id)
    version = wanted_version(request)
    body = await read_body(request, CostBody)
    async with answering_stale(body, lambda: _now(program, found.id)):
        wanted = await _input(program, body)
        await operations.change_cost(visit(request).context, program, found.id, wanted, version)
    shown, version = await _now(program, found.id)
    return answer(shown, version=version)


@api_act(_ONE, method="DELETE", roles=EDITORS, verb="costs:write", summary="経費を削除する", if_match=True)
async def delete_cost(
    request: Request[Any, Any, Any], program_id: FromPath[str], cost_id: FromPath[str]
) -> Response[Any]:
    """Deletes a cost no grant lists."""
    program, found = await _place(program_id, cost_id)
    version = wanted_version(request)
    async with answering_stale(None, lambda: _now(program, found.id)):
        await operations.delete_cost(visit(request).context, program, found.id, version)
    return gone()


async def _place(program_id: str, cost_id: str) -> tuple[int, CostView]:
    program = await programs.program(positive_id(program_id))
    return program.id, await queries.cost(program.id, positive_id(cost_id))


async def _now(program_id: int, cost_id: int) -> tuple[Cost, int]:
    found = await queries.cost(program_id, cost_id)
    return _shown(found, await _codes()), found.version


async def _codes() -> dict[int, str]:
    return {number: code for code, number in (await directory.tenant_ids_by_code()).items()}


async def _input(program_id: int, body: CostBody) -> CostInput:
    """Checked where the page's form is checked; what belongs to another way of bearing is refused, not left aside."""
    members = await programs.members(program_id)
    values = {name: getattr(body, name) for name in CostBody.__struct_fields__ if name not in {"member_code", "tariff"}}
    values |= as_tariff_form(body.tariff)
    values |= {"eligible": "yes" if body.eligible else "no", "member_id": _member_id(body, members)}
    for kind, field in (("key", "key_id"), ("member", "member_code"), ("tariff", "tariff")):
        if body.charge_kind != kind and getattr(body, field) is not None:
            message = f"{field} は、charge_kind が {kind} のときだけ指定します。"
            raise Invalid("unused-field", message, {field: message})
    key_ids, basis_ids = ([one.id for one in found] for found in await _known(program_id))
    try:
        return forms.cost_input(as_form(values), key_ids, members, basis_ids)
    except Invalid as error:
        error.fields = {tariff_pointer(name): message for name, message in error.fields.items()}
        if "member_id" in error.fields:
            error.fields["member_code"] = error.fields.pop("member_id")
        raise


async def _known(program_id: int) -> tuple[list[KeyView], list[BasisView]]:
    return await keys.keys(program_id), await bases.bases(program_id)


def _member_id(body: CostBody, members: Sequence[MemberView]) -> int | None:
    return next((one.tenant_id for one in members if one.code == body.member_code), None)


def _shown(one: CostView, codes: dict[int, str]) -> Cost:
    return Cost(
        one.id,
        one.version,
        one.name,
        one.amount_yen,
        one.revenue_yen,
        one.net_yen,
        one.tax_rate,
        one.eligible,
        one.charge_kind,
        one.key_id,
        None if one.member_id is None else codes[one.member_id],
        None if one.tariff is None else dict(one.tariff),
        one.source,
        one.reference,
    )


HANDLERS = (cost_list, create_cost, cost, cost_prices, change_cost, delete_cost)
