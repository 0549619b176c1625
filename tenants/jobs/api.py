"""The API of jobs: the person's jobs, one with its progress, trying a parked one again."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import FromPath
from msgspec import Meta, Struct

from tenants.api.answers import answer, listed
from tenants.api.fields import Count, Id
from tenants.api.routes import api_act, api_read
from tenants.api.rules import say_verbs
from tenants.context import Scope
from tenants.jobs import cancelling, operations, queries
from tenants.jobs.rules import JobView
from tenants.web.form_data import positive_id
from tenants.web.routes import EVERYBODY
from tenants.web.visit import visit

WORKERS = frozenset(role for role in EVERYBODY if role.scope in {Scope.PREFECTURE, Scope.TOWN})
say_verbs({"jobs:read": "自分の処理の進み具合を見る", "jobs:write": "処理を取り消す、止まった処理をもう一度頼む"})


class Job(Struct, frozen=True):
    """一つの処理。state は waiting、queued、running、done、failed、parked、cancelled。"""

    id: Id
    title: str
    state: str
    done: Count
    total: Count
    message: str
    error_text: str
    finished: bool
    cancelling: Annotated[bool, Meta(description="取り消しを頼まれ、次の区切りで止まる")]
    result_url: Annotated[str, Meta(description="結果の画面。なければ空")]
    created_at: datetime
    result_expires_at: datetime | None


@api_read("/jobs", roles=WORKERS, verb="jobs:read", summary="処理の一覧", answers=Job, listed=True)
async def job_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """The person's newest jobs, newest first."""
    context = visit(request).context
    found = await queries.jobs_of(context.tenant_id, context.person_id)
    return listed(request, found, lambda one: one.id, _shown, newest_first=True)


@api_read("/jobs/{job_id:str}", roles=WORKERS, verb="jobs:read", summary="処理", answers=Job)
async def job(request: Request[Any, Any, Any], job_id: FromPath[str]) -> Response[Any]:
    """One job with its progress."""
    return answer(_shown(await queries.job(visit(request).context, positive_id(job_id))))


@api_act(
    "/jobs/{job_id:str}/attempts",
    roles=WORKERS,
    verb="jobs:write",
    summary="止まった処理をもう一度頼む",
    answers=Job,
    status=200,
)
async def try_again(request: Request[Any, Any, Any], job_id: FromPath[str]) -> Response[Any]:
    """Sends a parked job once more."""
    context, number = visit(request).context, positive_id(job_id)
    await operations.try_again(context, number)
    return answer(_shown(await queries.job(context, number)))


@api_act(
    "/jobs/{job_id:str}/cancellation",
    roles=WORKERS,
    verb="jobs:write",
    summary="処理を取り消す",
    answers=Job,
    status=200,
)
async def cancel(request: Request[Any, Any, Any], job_id: FromPath[str]) -> Response[Any]:
    """Cancels a job that waits, or asks the one that runs to stop; what is done already stays."""
    here, number = visit(request), positive_id(job_id)
    await cancelling.cancel(here.context, number, here.now)
    return answer(_shown(await queries.job(here.context, number)))


def _shown(one: JobView) -> Job:
    values = {name: getattr(one, name) for name in Job.__struct_fields__}
    return Job(**{**values, "state": one.state.value})


HANDLERS = (job_list, job, try_again, cancel)
