"""What stands in the way of an approval, and who may withdraw an approved run; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from billing.runs.rules import NotInThisState, RunHead
from tenants.errors import Conflict, Invalid

REASON_LONGEST = 500
"""Characters of a reason: half a page, as for a return; a longer story belongs into an attached document."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing in the way of an approval: a stable code, a Japanese sentence, the page where it is dealt with.

    An overridable one gives way to an approver's reason, the others to nothing but being dealt with.
    """

    code: str
    message: str
    url: str
    overridable: bool


@dataclass(frozen=True, slots=True)
class OverrideView:
    """An obstacle somebody overrode when approving, and why."""

    message: str
    reason: str
    decided_by: str
    decided_at: datetime


class ApprovalBlocked(Conflict):
    """Something must be dealt with first; no reason helps."""

    def __init__(self, standing: Sequence[Obstacle]) -> None:
        told = " ".join(one.message for one in standing)
        super().__init__("approval-blocked", f"先に片付けることがあるため、進められません。{told}")


class OverrideReasonMissing(Invalid):
    """What stands in the way gives way only to a reason."""

    def __init__(self) -> None:
        message = "片付いていない点があります。それでも承認する理由を入力してください。"
        super().__init__("override-reason-missing", message, {"override_reason": message})


def check_no_hard_obstacle(standing: Sequence[Obstacle]) -> None:
    """Raises ApprovalBlocked while something stands that no reason overrides."""
    hard = [one for one in standing if not one.overridable]
    if hard:
        raise ApprovalBlocked(hard)


def overridden(standing: Sequence[Obstacle], reason: str) -> list[Obstacle]:
    """What the reason overrides. Raises ApprovalBlocked, OverrideReasonMissing."""
    check_no_hard_obstacle(standing)
    if standing and not reason.strip():
        raise OverrideReasonMissing
    return list(standing)


@dataclass(frozen=True, slots=True)
class WithdrawalView:
    """Who withdrew an approved run, when and why."""

    reason: str
    withdrawn_by: str
    withdrawn_at: datetime


class ApproverWithdraws(Conflict):
    """Whoever approved does not also withdraw: a third act, by another person."""

    def __init__(self) -> None:
        super().__init__("approver-withdraws", "承認した人は取り消せません。別の担当者が取り消してください。")


class NotNewest(Conflict):
    """A later run rests on this one's amounts."""

    def __init__(self) -> None:
        super().__init__(
            "not-newest",
            "取り消せるのは、その事業でいちばん新しい承認済みの計算だけです。先に新しい計算を取り消してください。",
        )


def approved_by_same(run: RunHead, person_id: int) -> bool:
    """Whether this person approved the run."""
    return run.approved_by_id == person_id


def can_withdraw(run: RunHead, person_id: int, *, is_newest: bool) -> bool:
    """Whether this person may withdraw the run now."""
    return run.state == "approved" and is_newest and not approved_by_same(run, person_id)


def check_can_withdraw(run: RunHead, person_id: int, *, is_newest: bool) -> None:
    """Raises NotInThisState, ApproverWithdraws or NotNewest unless this person may withdraw the run now."""
    if run.state != "approved":
        raise NotInThisState(run)
    if approved_by_same(run, person_id):
        raise ApproverWithdraws
    if not is_newest:
        raise NotNewest
