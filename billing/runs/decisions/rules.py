"""What stands in the way of an approval, and who may withdraw an approved run; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

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
