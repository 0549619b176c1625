"""Pure rules of reviews: what can be decided about a role, how far a review is, what its fingerprint covers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from tenants.context import Role
from tenants.fingerprint import sha256_of
from tenants.web.rendering import Status, StatusKind

LONG_UNUSED = timedelta(days=180)
"""Half a year without a sign-in: a person with work here would have come in at least for the yearly statements."""
USUAL_DAYS = 30
"""A month to decide; section heads must be asked."""
LONGEST_NOTE = 200


class Decision(StrEnum):
    """What became of one line."""

    OPEN = "open"
    KEEP = "keep"
    CHANGE = "change"
    REMOVE = "remove"
    SUSPENDED = "suspended"
    """Nobody decided in time."""

    @property
    def label(self) -> str:
        """The decision in Japanese."""
        return _LABELS[self]

    @property
    def status(self) -> Status:
        """Word and shape for people."""
        return Status(_LABELS[self], _SHAPES[self])


_LABELS = {
    Decision.OPEN: "未判断",
    Decision.KEEP: "継続",
    Decision.CHANGE: "役割を変更",
    Decision.REMOVE: "削除",
    Decision.SUSPENDED: "期限切れで停止",
}
_SHAPES: dict[Decision, StatusKind] = {
    Decision.OPEN: "warning",
    Decision.KEEP: "success",
    Decision.CHANGE: "progress",
    Decision.REMOVE: "neutral",
    Decision.SUSPENDED: "danger",
}
CHOICES = (Decision.KEEP, Decision.CHANGE, Decision.REMOVE)
"""What a person can decide."""


def status_of_review(state: str, *, late: bool) -> Status:
    """A review's state as word and shape; ``late`` says that its deadline has passed."""
    if state == "closed":
        return Status("完了", "success")
    if state == "closing":
        return Status("報告書を作成中", "progress")
    return Status("期限切れ", "danger") if late else Status("実施中", "progress")


@dataclass(frozen=True, slots=True)
class ReviewView:
    """One review."""

    id: int
    title: str
    as_of: date
    deadline: date
    state: str
    opened_by_id: int
    opened_by_name: str
    opened_by_role: str
    opened_at: datetime
    swept_at: datetime | None
    closed_by_name: str
    closed_at: datetime | None
    content_sha256: str
    paper_key: str
    paper_sha256: str
    job_id: int | None
    version: int

    def status(self, today: date) -> Status:
        """Word and shape for people."""
        return status_of_review(self.state, late=self.deadline < today)


@dataclass(frozen=True, slots=True)
class ReviewLineView:
    """One role of one person as it was when the review was opened, and what was decided."""

    id: int
    membership_id: int
    person_id: int
    person_name: str
    email: str
    role: Role
    valid_from: date
    valid_to: date | None
    last_sign_in_at: datetime | None
    second_factor: bool
    decision: Decision
    new_role: str
    note: str
    decided_by_name: str
    decided_at: datetime | None

    def long_unused(self, now: datetime) -> bool:
        """Whether the person has not signed in for half a year, or never since the role began so long ago."""
        if self.last_sign_in_at is None:
            return self.valid_from <= now.date() - LONG_UNUSED
        return now - self.last_sign_in_at >= LONG_UNUSED

    @property
    def decision_text(self) -> str:
        """The decision with the role it was changed to."""
        return self.decision.label + (f"({Role(self.new_role).label})" if self.new_role else "")


def progress(lines: Sequence[ReviewLineView]) -> tuple[int, int]:
    """(decided, all)."""
    return sum(1 for one in lines if one.decision is not Decision.OPEN), len(lines)


def content_sha256(review: ReviewView, lines: Sequence[ReviewLineView]) -> str:
    """The fingerprint of what was reviewed and decided; printed on the report, so that it can be compared."""
    said = [
        [review.title, review.as_of.isoformat(), review.deadline.isoformat(), review.opened_by_name],
        [
            [
                one.person_name,
                one.email,
                one.role.value,
                one.valid_from.isoformat(),
                one.valid_to.isoformat() if one.valid_to else None,
                one.last_sign_in_at.isoformat() if one.last_sign_in_at else None,
                one.second_factor,
                one.decision.value,
                one.new_role,
                one.note,
                one.decided_by_name,
                one.decided_at.isoformat() if one.decided_at else None,
            ]
            for one in lines
        ],
    ]
    return sha256_of(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode())
