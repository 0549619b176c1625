"""The API of changes: what a new run would change, and what a run continues."""

from datetime import date
from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta, Struct

from billing.fields import SignedYen
from billing.programs import queries as programs
from billing.runs import queries as runs
from billing.years.changes import queries
from billing.years.stages import queries as stages
from billing.years.stages.rules import YearOfRun
from tenants.api.answers import answer
from tenants.api.fields import Code, Count, Id
from tenants.api.routes import api_read
from tenants.errors import NotFound
from tenants.web.form_data import positive_id
from tenants.web.routes import PREFECTURE
from tenants.web.visit import visit


class Changes(Struct, frozen=True):
    """最後に承認した計算からの変更。proposes が true なら、新しい計算が必要です。"""

    last_run_id: Id | None
    proposes: bool
    changes: list[str]
    problem: Annotated[str, Meta(description="いまの内容では計算できないときの理由")]


class Payment(Struct, frozen=True):
    """一回の納付。yen が負のときは還付。"""

    number: Count
    due_date: date | None
    yen: SignedYen
    notified_yen: SignedYen
    difference_yen: SignedYen


class MemberPayments(Struct, frozen=True):
    """一つの構成団体の納付の予定。合計は負担金と同じ。"""

    code: Code
    payments: list[Payment]


class RunYear(Struct, frozen=True):
    """計算が引き継ぐもの: 前回の計算、変更の理由、納付の予定。"""

    previous_run_id: Id | None
    previous_document_number: str
    reason: str
    members: list[MemberPayments]


@api_read(
    "/programs/{program_id:str}/changes",
    roles=PREFECTURE,
    verb="years:read",
    summary="前回の計算からの変更",
    answers=Changes,
)
async def changes(request: Request[Any, Any, Any], program_id: FromPath[str]) -> Response[Any]:  # noqa: ARG001
    """What has changed since the last approved run."""
    found = await queries.program_changes(await programs.program(positive_id(program_id)))
    words = [one.words for one in found.changes]
    return answer(Changes(found.standing.id if found.standing else None, found.proposes, words, found.problem))


@api_read("/runs/{run_id:str}/year", roles=PREFECTURE, verb="years:read", summary="前回と納付の予定", answers=RunYear)
async def run_year(request: Request[Any, Any, Any], run_id: FromPath[str]) -> Response[Any]:
    """What a computed run continues; not found before it is computed."""
    run = await runs.run(positive_id(run_id))
    if run.result_json is None:
        raise NotFound
    year = await stages.year_of_run(run, visit(request).now)
    members = [MemberPayments(one["code"], _payments(year, one)) for one in stages.documents(run)[1]["members"]]
    return answer(RunYear(year.kept.previous_run_id, year.kept.previous_number, year.kept.reason, members))


def _payments(year: YearOfRun, member: dict[str, Any]) -> list[Payment]:
    return [
        Payment(one.number, one.due_date, one.yen, one.notified_yen, one.difference_yen) for one in year.lines(member)
    ]


HANDLERS = (changes, run_year)
