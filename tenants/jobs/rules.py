"""Pure rules of jobs: states, when to try again, what a person reads."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from tenants.context import Role, TenantContext
from tenants.web.rendering import Status, StatusKind

ATTEMPTS = 3
"""A job that failed three times is parked: a poison message must not come round for ever."""
RETRY_AFTER = (timedelta(seconds=5), timedelta(seconds=30))
"""Waiting time before the second and the third attempt: long enough for a broker or database to restart."""
LEASE = timedelta(minutes=5)
"""A running job whose worker has not renewed its lease for this long is taken for dead and sent again."""
RESEND_AFTER = timedelta(seconds=60)
"""A message the broker accepted but no worker claimed is sent again after this."""
KEPT_FOR = timedelta(days=400)
"""Answers and done-keys are kept for a whole fiscal year and a month more: who looks into a yearly deed at the same
season of the next year still finds last year's answer instead of doing it twice."""
JOBS_KEPT_FOR = KEPT_FOR
"""A finished job is what a person finds of last year's same deed; it goes with the keys that say it was done."""
ADMINISTRATORS = frozenset({Role.TOWN_ADMIN, Role.PREFECTURE_ADMIN})
"""Who may stop and retry what a colleague of the same tenant asked for."""
EXPIRY_BATCH = 5_000
"""Rows the nightly sweep deletes in one transaction: well under a second of locks; the next batch follows at once."""


class Queue(StrEnum):
    """Queues by urgency: a person waits; a person comes back later; nobody waits."""

    QUICK = "quick"
    SLOW = "slow"
    NIGHTLY = "nightly"


class State(StrEnum):
    """Where a job stands."""

    WAITING = "waiting"
    """Waits for the jobs it consists of."""
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    """Tried and failed; will be tried again."""
    PARKED = "parked"
    """Failed for the last time; a person must look."""
    CANCELLED = "cancelled"
    """Somebody did not want it any more; what was committed before stays."""

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self in {State.DONE, State.PARKED, State.CANCELLED}

    @property
    def status(self) -> Status:
        """Word and shape for people."""
        label, kind = _WORDS[self]
        return Status(label, kind)


_WORDS: dict[State, tuple[str, StatusKind]] = {
    State.WAITING: ("処理しています", "progress"),
    State.QUEUED: ("順番を待っています", "neutral"),
    State.RUNNING: ("処理しています", "progress"),
    State.DONE: ("終わりました", "success"),
    State.FAILED: ("もう一度試します", "warning"),
    State.PARKED: ("終えられませんでした", "danger"),
    State.CANCELLED: ("取り消しました", "neutral"),
}
_CANCELLING = Status("取り消し中", "warning")


class Cancelled(Exception):  # noqa: N818  (not a fault: somebody asked for it)
    """Ends a job's work at its next step, because its cancelling was asked for."""


def may_steer(context: TenantContext, person_id: int) -> bool:
    """Whether somebody may see, stop and retry a job of ``person_id`` in their own tenant."""
    return context.person_id == person_id or context.role in ADMINISTRATORS


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as people and the worker see it."""

    id: int
    tenant_id: int
    parent_id: int | None
    name: str
    title: str
    arguments: dict[str, Any]
    state: State
    done: int
    total: int
    message: str
    error_text: str
    result_url: str
    result_label: str
    person_id: int
    person_name: str
    role: Role
    request_id: str
    attempts: int
    created_at: datetime
    cancelling: bool = False
    """Whether its cancelling was asked for; it may still run to its next step."""
    result_expires_at: datetime | None = None
    """When the result can no longer be fetched; None when it stays."""

    @property
    def may_be_cancelled(self) -> bool:
        """Whether there is something left to stop."""
        return not self.finished and not self.cancelling

    @property
    def may_be_retried(self) -> bool:
        """Whether it can be sent once more; pieces that are done are not done again."""
        return self.state in {State.PARKED, State.CANCELLED}

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state.finished

    @property
    def status(self) -> Status:
        """Word and shape for people."""
        return self.state.status if self.finished or not self.cancelling else _CANCELLING

    @property
    def context(self) -> TenantContext:
        """The context of the person who asked for the job; the worker acts in it."""
        return TenantContext(
            tenant_id=self.tenant_id,
            tenant_code="",
            tenant_name="",
            role=self.role,
            person_id=self.person_id,
            person_name=self.person_name,
            request_id=self.request_id,
            address="",
        )
