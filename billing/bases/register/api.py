"""The API of the register: read it, check values, give reasons, choose last year's basis, set the threshold."""

from datetime import date, datetime
from fractions import Fraction
from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta, Struct

from billing.bases import queries as bases
from billing.bases.register import forms, operations, queries
from billing.bases.register.rules import LineView, RegisterView, as_of_of, source_of
from billing.bases.rules import BasisView
from billing.money import exact_text
from billing.programs import queries as programs
from billing.programs.rules import ProgramView
from tenants.api.answers import answer
from tenants.api.bodies import as_form, read_body
from tenants.api.fields import Code, Count, Id
from tenants.api.routes import api_act, api_read
from tenants.api.versions import answering_stale, wanted_version
from tenants.context import Role
from tenants.errors import Invalid
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE
from tenants.web.visit import visit

EDITORS = frozenset({Role.PREFECTURE_FINANCE})
_REGISTER = "/programs/{program_id:str}/bases/{basis_id:str}/register"
Exact = Annotated[str, Meta(description="正確な値。整数または分数の文字", examples=["29680"])]


class RegisterLine(Struct, frozen=True):
    """一つの構成団体の値と、その出どころ・確認・前年度の値。"""

    code: Code
    name: str
    value: Exact | None
    source: str
    as_of: date
    entered_by: str
    entered_at: datetime | None
    checked_by: str | None
    checked_at: datetime | None
    last_year: Exact | None
    rate: Annotated[str, Meta(description="増減率。正確な分数")] | None
    needs_reason: bool
    reason: str | None
    reading_id: Id | None


class Evidence(Struct, frozen=True):
    """証拠書類の指紋。"""

    title: str
    sha256: str
    added_by: str
    added_at: datetime


class Register(Struct, frozen=True):
    """一つの按分基準の登録簿。"""

    basis_id: Id
    version: Count
    threshold: Annotated[str, Meta(description="理由を求める増減(正確な分数)", examples=["1/5"])]
    previous_program_id: Id | None
    previous_basis: str | None
    complete: bool
    lines: list[RegisterLine]
    evidence: list[Evidence]


class Checks(Struct, frozen=True, forbid_unknown_fields=True):
    """確認する団体。codes を書かないと、自分で入力していない未確認の値をすべて確認します。"""

    version: Annotated[Count, Meta(description="見た登録簿の version")]
    codes: Annotated[list[Code], Meta(max_length=2_000)] | None = None


class Reasons(Struct, frozen=True, forbid_unknown_fields=True):
    """団体コードごとの理由。空の文字は理由を消します。"""

    reasons: Annotated[dict[Code, str], Meta(max_length=2_000)]


class Previous(Struct, frozen=True, forbid_unknown_fields=True):
    """前年度の事業と基準。どちらも null なら、比べる前年度の値はありません。"""

    program_id: Id | None
    basis: Annotated[str, Meta(pattern=r"^b[0-9]{1,18}$", examples=["b12"])] | None


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """理由を求める増減(%)。"""

    threshold_percent: Annotated[str, Meta(min_length=1, max_length=20, examples=["20"])]
    version: Annotated[Count, Meta(description="いまの version。まだ決めていなければ 0")]


@api_read(_REGISTER, roles=PREFECTURE, verb="bases:read", summary="登録簿", answers=Register, versioned=True)
async def register(
    request: Request[Any, Any, Any],  # noqa: ARG001  (the framework's signature)
    program_id: FromPath[str],
    basis_id: FromPath[str],
) -> Response[Any]:
    """The register of one basis."""
    program, basis = await _place(program_id, basis_id)
    shown, version = await _now(program, basis.id)
    return answer(shown, version=version)


@api_act(
    _REGISTER + "/checks",
    roles=EDITORS,
    verb="bases:write",
    summary="値を確認済みにする",
    body=Checks,
    answers=Register,
    versioned=True,
    status=200,
    example={"version": 3, "codes": ["283011"]},
)
async def check_values(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """Notes that the token's person compared the values with their source."""
    program, basis = await _place(program_id, basis_id)
    body, here = await read_body(request, Checks), visit(request)
    members = None if body.codes is None else list((await _members(program.id, body.codes, "codes")).values())
    await operations.check_values(here.context, program.id, basis.id, members, body.version, here.now)
    shown, version = await _now(program, basis.id)
    return answer(shown, version=version)


@api_act(
    _REGISTER + "/reasons",
    method="PUT",
    roles=EDITORS,
    verb="bases:write",
    summary="増減の理由を保存する",
    body=Reasons,
    answers=Register,
    versioned=True,
    if_match=True,
    example={"reasons": {"283011": "大規模な団地が完成したため"}},
)
async def save_reasons(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """Keeps reasons."""
    program, basis = await _place(program_id, basis_id)
    version, body, here = wanted_version(request), await read_body(request, Reasons), visit(request)
    members = await _members(program.id, list(body.reasons), "reasons")
    async with answering_stale(body, lambda: _now(program, basis.id)):
        reasons = {members[code]: text for code, text in body.reasons.items()}
        await operations.save_reasons(here.context, program.id, basis.id, reasons, version, here.now)
    shown, version = await _now(program, basis.id)
    return answer(shown, version=version)


@api_act(
    _REGISTER + "/previous",
    roles=EDITORS,
    verb="bases:write",
    summary="前年度の事業・基準を選ぶ",
    body=Previous,
    answers=Register,
    versioned=True,
    status=200,
    example={"program_id": 3, "basis": "b12"},
)
async def choose_previous(
    request: Request[Any, Any, Any], program_id: FromPath[str], basis_id: FromPath[str]
) -> Response[Any]:
    """Compares the basis with another one of the year before, or with none."""
    program, basis = await _place(program_id, basis_id)
    body, here = await read_body(request, Previous), visit(request)
    chosen = None if body.program_id is None or body.basis is None else (body.program_id, body.basis)
    if chosen is None and (body.program_id is not None or body.basis is not None):
        message = "program_id と basis は、どちらも書くか、どちらも null にしてください。"
        raise Invalid("half-previous", message, {"basis": message})
    await operations.choose_previous(here.context, program.id, basis.id, chosen, here.now)
    shown, version = await _now(program, basis.id)
    return answer(shown, version=version)


@api_act(
    "/programs/{program_id:str}/register-rule",
    roles=EDITORS,
    verb="bases:write",
    summary="理由を求める増減を決める",
    body=Rule,
    answers=Rule,
    status=200,
    example={"threshold_percent": "20", "version": 0},
)
async def set_rule(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Sets the change from which on a reason is wanted."""
    program = await programs.program(positive_id(program_id))
    body = await read_body(request, Rule)
    threshold = forms.threshold_input(as_form({"threshold": body.threshold_percent}))
    await operations.set_threshold(visit(request).context, program.id, threshold, body.version)
    return answer(Rule(body.threshold_percent, body.version + 1))


async def _place(program_id: str, basis_id: str) -> tuple[ProgramView, BasisView]:
    program = await programs.program(positive_id(program_id))
    return program, await bases.basis(program.id, positive_id(basis_id))


async def _members(program_id: int, codes: list[str], field: str) -> dict[str, int]:
    """The members named, by code; raises Invalid for an organisation that takes no part."""
    known = {one.code: one.tenant_id for one in await programs.members(program_id)}
    if strangers := sorted(set(codes) - known.keys()):
        message = "この事業の構成団体ではありません。"
        raise Invalid("unknown-member", "団体を確かめてください。", {f"/{field}/{one}": message for one in strangers})
    return {code: known[code] for code in codes}


async def _now(program: ProgramView, basis_id: int) -> tuple[Register, int]:
    shown = await queries.register(program, await bases.basis(program.id, basis_id))
    return _shown(shown), shown.basis.version


def _shown(one: RegisterView) -> Register:
    return Register(
        one.basis.id,
        one.basis.version,
        exact_text(one.threshold),
        one.previous.program_id if one.previous else None,
        one.previous.basis if one.previous else None,
        one.is_complete,
        [_line(one.basis, one.threshold, line) for line in one.lines],
        [Evidence(each.title, each.sha256, each.added_by, each.added_at) for each in one.evidence],
    )


def _line(basis: BasisView, threshold: Fraction, line: LineView) -> RegisterLine:
    value, rate = line.value, line.rate
    return RegisterLine(
        value.code,
        value.name,
        value.value,
        source_of(basis, value),
        as_of_of(basis, value),
        value.entered_by,
        value.entered_at,
        line.check.by if line.check else None,
        line.check.at if line.check else None,
        line.last_year,
        None if rate is None else exact_text(rate),
        line.is_beyond(threshold),
        line.reason.text if line.reason else None,
        value.origin.reading_id,
    )


HANDLERS = (register, check_values, save_reasons, choose_previous, set_rule)
