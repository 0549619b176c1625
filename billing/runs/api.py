"""The API of runs: list, start, one with its figures, verify, the frozen case and its result."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta, Struct

from billing.apportionment.case import CaseRefused
from billing.fields import SignedYen, Yen
from billing.programs import queries as programs
from billing.runs import operations, queries
from billing.runs.rules import RunHead, RunView, figures
from tenants.api.answers import answer, created, file, listed
from tenants.api.bodies import read_body
from tenants.api.fields import Code, Count, Id
from tenants.api.routes import VERSION, api_act, api_read
from tenants.api.rules import say_verbs
from tenants.context import Role
from tenants.errors import Conflict, NotFound
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE
from tenants.web.visit import visit

OFFICERS = frozenset({Role.PREFECTURE_FINANCE})
say_verbs(
    {
        "runs:read": "計算と結果を見る",
        "runs:prepare": "計算を始め、承認へ送る",
        "runs:decide": "計算を承認する・差し戻す",
    }
)
_JSON = "application/json"
_ONE = "/runs/{run_id:str}"


class Start(Struct, frozen=True, forbid_unknown_fields=True):
    """計算の段階。"""

    stage: Annotated[Literal["estimate", "notice", "final", "true_up"], Meta(description="概算、通知、確定、精算")]
    reason: Annotated[str, Meta(max_length=500, description="変更の理由。承認済みの計算があるとき")] = ""


class CaseProblem(Struct, frozen=True):
    """計算できない点: 固定した内容(case)の中の場所と、理由。"""

    pointer: str
    message: str
    code: str


class Run(Struct, frozen=True):
    """一つの計算。state は computing、refused、computed、submitted、approved、withdrawn。"""

    id: Id
    program_id: Id
    number: Count
    stage: str
    state: str
    fiscal_year: int
    title: str
    document_number: str
    case_sha256: str
    result_sha256: str | None
    problems: list[CaseProblem]
    return_reason: str
    prepared_by: str
    prepared_at: datetime
    submitted_by: str
    submitted_at: datetime | None
    approved_by: str
    approved_at: datetime | None
    compute_job_id: Id | None
    issue_job_id: Id | None


class MemberFigures(Struct, frozen=True):
    """一つの構成団体の金額。keyed は按分、direct は個別負担と料金表、difference は通知済みの額との差。"""

    code: Code | Literal[""]
    name: str
    keyed_yen: Yen
    direct_yen: Yen
    gross_yen: Yen
    grant_yen: Yen
    burden_yen: SignedYen
    invoice_yen: SignedYen
    issued_yen: SignedYen
    difference_yen: SignedYen


class Result(Struct, frozen=True):
    """計算結果の表と検算。net = 構成団体の gross の計 + 県の gross + 未配分 なら adds_up が true。"""

    members: list[MemberFigures]
    sums: MemberFigures
    net_yen: Yen
    revenue_yen: Yen
    prefecture_gross_yen: SignedYen
    prefecture_grant_yen: Yen
    prefecture_burden_yen: SignedYen
    undistributed_yen: Yen
    adds_up: bool


class Verification(Struct, frozen=True):
    """保存された入力から計算し直し、保存された結果と1バイトも違わないか。"""

    same: bool


@api_read(
    "/programs/{program_id:str}/runs",
    roles=PREFECTURE,
    verb="runs:read",
    summary="計算の一覧",
    answers=Run,
    listed=True,
)
async def run_list(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """The program's runs, newest first."""
    program = await programs.program(positive_id(program_id))
    return listed(request, await queries.runs(program.id), lambda one: one.id, shown_run, newest_first=True)


@api_act(
    "/programs/{program_id:str}/runs",
    roles=OFFICERS,
    verb="runs:prepare",
    summary="計算を始める",
    body=Start,
    answers=Run,
    example={"stage": "notice"},
)
async def start_run(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:
    """Freezes the program and asks for its calculation; the job tells when it is there."""
    program = await programs.program(positive_id(program_id))
    here, body = visit(request), await read_body(request, Start)
    try:
        run_id = await operations.start_run(here.context, program.id, body.stage, here.now, body.reason)
    except CaseRefused as refused:
        places = {f"/case{one.pointer}": one.message for one in refused.problems}
        raise Conflict("case-refused", refused.message, places) from refused
    return created(shown_run(await queries.run(run_id)), f"{VERSION}/runs/{run_id}")


@api_read(_ONE, roles=PREFECTURE, verb="runs:read", summary="計算", answers=Run)
async def run(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """One run: where it stands and who did what."""
    return answer(shown_run(await queries.run(positive_id(run_id))))


@api_read(_ONE + "/result", roles=PREFECTURE, verb="runs:read", summary="計算結果の表", answers=Result)
async def run_result(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """The table of the run with its sums; not found before it is computed."""
    found = await queries.run(positive_id(run_id))
    table = figures(json.loads(found.case_json), json.loads(_result_of(found)))
    values = {name: getattr(table, name) for name in Result.__struct_fields__ if name not in {"members", "sums"}}
    members = [MemberFigures(**asdict(one)) for one in table.members]
    return answer(Result(members=members, sums=MemberFigures(**asdict(table.sums)), **values))


@api_read(_ONE + "/result-document", roles=PREFECTURE, verb="runs:read", summary="結果の文書", answers=_JSON)
async def result_document(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """The result as it was computed, byte for byte (format yui-apportionment-result/1)."""
    found = await queries.run(positive_id(run_id))
    return file(_result_of(found).encode(), file_name=f"run-{found.id}-result.json", content_type=_JSON)


@api_read(_ONE + "/case", roles=PREFECTURE, verb="runs:read", summary="固定した内容の文書", answers=_JSON)
async def case_document(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """The frozen case, byte for byte (format yui-apportionment/1); the command ``yui apportion`` computes it anew."""
    found = await queries.run(positive_id(run_id))
    return file(found.case_json.encode(), file_name=f"run-{found.id}-case.json", content_type=_JSON)


@api_read(_ONE + "/verification", roles=PREFECTURE, verb="runs:read", summary="再計算", answers=Verification)
async def verify_run(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """Recomputes the stored case."""
    return answer(Verification(await operations.recomputes_to_the_same(await queries.run(positive_id(run_id)))))


def _result_of(found: RunView) -> str:
    if found.result_json is None:
        raise NotFound
    return found.result_json


def shown_run(one: RunHead) -> Run:
    """The run as the API tells of it."""
    values: dict[str, Any] = {name: getattr(one, name) for name in Run.__struct_fields__}
    return Run(**{**values, "problems": [_problem(problem) for problem in one.problems]})


def _problem(one: Mapping[str, str]) -> CaseProblem:
    return CaseProblem(one["pointer"], one["message"], one["code"])


HANDLERS = (
    run_list,
    start_run,
    run,
    run_result,
    result_document,
    case_document,
    verify_run,
)
