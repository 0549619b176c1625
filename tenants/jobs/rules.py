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

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self in {State.DONE, State.PARKED}

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
}


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

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state.finished

    @property
    def status(self) -> Status:
        """Word and shape for people."""
        return self.state.status

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
