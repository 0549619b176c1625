"""Runs a claimed job: the envelope names tenant and job, the row says who asked; the work goes through the door."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from tenants.calendar import JST
from tenants.context import Scope, TenantContext
from tenants.database.transaction import Pool, open_door
from tenants.errors import YuiError
from tenants.jobs import cancelling, operations, outbox
from tenants.jobs.rules import LEASE, Cancelled, JobView, Queue, State
from tenants.storage import Storage

logger = logging.getLogger(__name__)

FAULT = "処理の途中で問題が起きました。県の運用管理者に、処理の番号を伝えてください。"


@dataclass(frozen=True, slots=True)
class JobDefinition:
    """One kind of job: explicit name, queue and time limit in seconds."""

    name: str
    queue: Queue
    time_limit_seconds: int
    work: "Callable[[JobHandle], Awaitable[None]]"


_DEFINITIONS: dict[str, JobDefinition] = {}


def job(name: str, *, queue: Queue, time_limit_seconds: int) -> "Callable[[Work], Work]":
    """Declares a job; the name is ``package.slice.verb`` and stays the same for ever."""

    def declare(work: Work) -> Work:
        if name in _DEFINITIONS:
            raise ValueError(f"the job {name} is declared twice")
        _DEFINITIONS[name] = JobDefinition(name, queue, time_limit_seconds, work)
        return work

    return declare


def definitions() -> dict[str, JobDefinition]:
    """Every declared job by name."""
    return dict(_DEFINITIONS)


@dataclass(frozen=True, slots=True)
class Tools:
    """What a worker process lends its jobs."""

    pool: Pool
    send: outbox.Send
    storage: Storage
    prefecture_name: str
    sample_data: bool
    public_url: str = ""
    """Where people reach the product, without a slash at the end; empty when the deployment does not say."""


@dataclass(frozen=True, slots=True)
class JobHandle:
    """What a job's work may use: who asked, the arguments, and transactions in that person's scope."""

    view: JobView
    tools: Tools

    @property
    def context(self) -> TenantContext:
        """The context of the person who asked."""
        return self.view.context

    @asynccontextmanager
    async def transaction(self, *, read_only: bool = False) -> AsyncIterator[None]:
        """One transaction in the scope and tenant of the person who asked; jobs it asks for are sent afterwards.

        Raises Cancelled when somebody wants the job stopped; let it pass through.
        """
        async with open_door(self.tools.pool, self.context.scope, self.context.tenant_id, read_only=read_only) as door:
            if await cancelling.is_cancelled(self.view):
                raise Cancelled
            yield
        await outbox.send_now(self.tools.pool, self.tools.send, door.sent_jobs, datetime.now(JST))

    @asynccontextmanager
    async def once(self, key: str) -> AsyncIterator[bool]:
        """A transaction that knows whether this piece of work is done for the first time."""
        async with self.transaction():
            yield await operations.first_time(self.view, key)

    async def report(self, done: int, total: int, message: str) -> None:
        """Will show progress, in a transaction of its own."""
        async with self.transaction():
            await operations.report(self.view, datetime.now(JST), done=done, total=total, message=message)

    async def count_part(self, done: int) -> None:
        """Inside ``once``: will add to the progress of the job this is a part of; who completes it sends that job."""
        parent_id = self.view.parent_id
        if parent_id is None:
            return
        so_far, total = await operations.count_part_done(self.context, parent_id, done)
        if so_far == total - 1:
            await operations.send_waiting(self.context, parent_id, Queue.SLOW)

    async def finish(
        self,
        message: str,
        *,
        result_url: str = "",
        result_label: str = "",
        result_expires_at: datetime | None = None,
    ) -> None:
        """Inside ``transaction`` or ``once``: will mark the job as done together with the work.

        ``result_expires_at`` says until when the result can be fetched. Raises Cancelled.
        """
        await operations.finish(
            self.view,
            datetime.now(JST),
            message=message,
            result_url=result_url,
            result_label=result_label,
            result_expires_at=result_expires_at,
        )


Work = Callable[[JobHandle], Awaitable[None]]


async def run(tools: Tools, tenant_id: int, job_id: int) -> State:
    """Will claim and run one job; answers its state afterwards. A message sent twice finds nothing to do."""
    async with open_door(tools.pool, Scope.JOBS):
        claimed = await operations.claim(tenant_id, job_id, datetime.now(JST))
    if claimed is None:
        return State.DONE
    try:
        definition = _DEFINITIONS[claimed.name]
        async with asyncio.timeout(definition.time_limit_seconds), _lease_kept(tools.pool, claimed):
            await definition.work(JobHandle(claimed, tools))
    except Cancelled:
        return await _cancelled(tools.pool, claimed)
    except YuiError as refusal:
        return await _failed(tools.pool, claimed, refusal.message, refusal)
    except Exception as fault:  # noqa: BLE001  (the edge: the person must see a state, whatever happened)
        return await _failed(tools.pool, claimed, FAULT, fault)
    return State.DONE


@asynccontextmanager
async def _lease_kept(pool: Pool, claimed: JobView) -> AsyncIterator[None]:
    """Renews the lease while the work goes on, so that a long job is not taken for a dead worker's."""
    renewing = asyncio.create_task(_renew(pool, claimed))
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)


async def _renew(pool: Pool, claimed: JobView) -> None:
    while True:
        await asyncio.sleep(LEASE.total_seconds() / 3)  # two renewals may fail before the lease is lost
        try:
            async with open_door(pool, Scope.JOBS):
                await operations.renew_lease(claimed, datetime.now(JST))
        except Exception:  # the edge: a database that is away for a moment must not end the work
            logger.exception("the lease of job %s was not renewed", claimed.id)


async def _cancelled(pool: Pool, claimed: JobView) -> State:
    async with open_door(pool, Scope.JOBS):
        await cancelling.end_cancelled(claimed, datetime.now(JST))
    return State.CANCELLED


async def _failed(pool: Pool, claimed: JobView, message: str, error: Exception) -> State:
    logger.error("job %s %s failed (attempt %s)", claimed.name, claimed.id, claimed.attempts, exc_info=error)
    async with open_door(pool, Scope.JOBS):
        return await operations.give_up(claimed, datetime.now(JST), message)
