"""The API of readings: post one, list them, adopt them as the values of a basis."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta, Struct

from billing.bases import queries as bases
from billing.bases.readings import operations, queries
from billing.bases.readings.rules import ReadingView
from billing.programs import queries as programs
from tenants.api.answers import answer, listed
from tenants.api.bodies import read_body
from tenants.api.fields import Code, Count, Id
from tenants.api.routes import api_act, api_read
from tenants.api.rules import say_verbs
from tenants.context import Role
from tenants.directory import queries as directory
from tenants.errors import Invalid
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE
from tenants.web.visit import visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})
say_verbs({"readings:read": "計測値を見る", "readings:write": "計測値を送る"})


class ReadingBody(Struct, frozen=True, forbid_unknown_fields=True):
    """業務のシステムが計測した、一つの団体の数量。"""

    source: Annotated[str, Meta(min_length=1, max_length=60, description="どのシステムか", examples=["consultations"])]
    reference: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=140,
            description="そのシステムでの番号。同じ番号で同じ内容を送り直しても、一度しか記録されません。",
            examples=["2026-03-31/283011"],
        ),
    ]
    code: Code
    quantity: Annotated[str, Meta(min_length=1, max_length=60, examples=["相談件数"])]
    unit: Annotated[str, Meta(min_length=1, max_length=20, examples=["件"])]
    value: Annotated[
        str,
        Meta(
            pattern=r"^[0-9]{1,15}(?:\.[0-9]{1,10})?$",
            description="値。浮動小数点数は受け付けません。",
            examples=["128"],
        ),
    ]
    as_of: Annotated[date, Meta(description="いつの時点の数量か", examples=["2026-03-31"])]


class Reading(Struct, frozen=True):
    """届いた計測値。"""

    id: Id
    source: str
    reference: str
    code: Code
    quantity: str
    unit: str
    value: Annotated[str, Meta(description="正確な値。整数または分数の文字")]
    as_of: date
    posted_by: str
    posted_at: datetime


class Adoption(Struct, frozen=True, forbid_unknown_fields=True):
    """値にする計測値。"""

    reading_ids: Annotated[list[Id], Meta(min_length=1, max_length=2_000)]
    version: Annotated[Count, Meta(description="見た按分基準の version")]


class Adopted(Struct, frozen=True):
    """いくつの値が変わったか。"""

    changed: Count


@api_read("/readings", roles=PREFECTURE, verb="readings:read", summary="計測値の一覧", answers=Reading, listed=True)
async def reading_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """Every reading in the order of posting."""
    codes = await _codes()
    return listed(request, await queries.readings(), lambda one: one.id, lambda one: _shown(one, codes))


@api_act(
    "/readings",
    roles=EDITORS,
    verb="readings:write",
    summary="計測値を送る",
    body=ReadingBody,
    answers=Reading,
    status=200,
    example={
        "source": "consultations",
        "reference": "2026-03-31/283011",
        "code": "283011",
        "quantity": "相談件数",
        "unit": "件",
        "value": "128",
        "as_of": "2026-03-31",
    },
)
async def post_reading(request: Request[Any, Any, Any]) -> Response[Any]:
    """Keeps what a service measured, once for each source and reference."""
    body, here = await read_body(request, ReadingBody), visit(request)
    numbers = await directory.tenant_ids_by_code()
    if body.code not in numbers:
        message = "この団体コードの団体はありません。"
        raise Invalid("unknown-member", message, {"/code": message})
    reading_id = await operations.post_reading(
        here.context,
        source=body.source,
        reference=body.reference,
        member_id=numbers[body.code],
        quantity=body.quantity,
        unit=body.unit,
        value=body.value,
        as_of=body.as_of,
        now=here.now,
    )
    kept = await queries.readings_by_id([reading_id])
    return answer(_shown(kept[reading_id], await _codes()))


@api_act(
    "/programs/{program_id:str}/bases/{basis_id:str}/adoptions",
    roles=EDITORS,
    verb="bases:write",
    summary="計測値を按分基準の値にする",
    body=Adoption,
    answers=Adopted,
    status=200,
    example={"reading_ids": [12], "version": 3},
)
async def adopt_readings(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """Makes readings the values of their members."""
    program = await programs.program(positive_id(program_id))
    basis = await bases.basis(program.id, positive_id(basis_id))
    body, here = await read_body(request, Adoption), visit(request)
    changed = await operations.adopt_readings(
        here.context, program.id, basis.id, body.reading_ids, body.version, here.now
    )
    return answer(Adopted(changed))


async def _codes() -> dict[int, str]:
    return {number: code for code, number in (await directory.tenant_ids_by_code()).items()}


def _shown(one: ReadingView, codes: Mapping[int, str]) -> Reading:
    return Reading(
        one.id,
        one.source,
        one.reference,
        codes[one.member_id],
        one.quantity,
        one.unit,
        one.value,
        one.as_of,
        one.posted_by,
        one.posted_at,
    )


HANDLERS = (reading_list, post_reading, adopt_readings)
