"""Pure rules of support access: how long, as which role, for which reason; who counts as an outsider."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tenants.context import Role
from tenants.errors import Invalid
from tenants.web.form_data import Faults

DURATION = timedelta(minutes=30)
"""Long enough to follow a town through one task on the telephone; whoever needs more says so again."""
SHORTEST_REASON, LONGEST_REASON = 10, 500
"""「確認のため」 explains nothing to the town; ten characters ask for a subject and a verb."""
SUPPORT_ROLES = (Role.TOWN_ADMIN, Role.TOWN_FINANCE, Role.TOWN_STAFF)
"""As whom the prefecture may look; outsiders' own screens are not among them."""
OUTSIDERS = (Role.CONSULTANT, Role.FIELD_CREW)


@dataclass(frozen=True, slots=True)
class SupportInput:
    """What an operator asks for."""

    tenant_id: int
    role: Role
    reason: str


@dataclass(frozen=True, slots=True)
class SupportView:
    """One support access, past or present."""

    id: int
    tenant_id: int
    tenant_name: str
    person_name: str
    role_label: str
    reason: str
    opened_at: datetime
    ends_at: datetime
    closed_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether it still lets somebody look."""
        return self.closed_at is None and now < self.ends_at


def check_reason(reason: str, faults: Faults) -> str:
    """The trimmed reason; notes the fault when it is too short or too long to explain anything."""
    text = " ".join(reason.split())
    if not SHORTEST_REASON <= len(text) <= LONGEST_REASON:
        message = f"理由を{SHORTEST_REASON}文字から{LONGEST_REASON}文字で入力してください。市町の管理者にも見えます。"
        faults.note("reason", message, "reason-length")
    return text


class OnlyLooking(Invalid):
    """During support access nothing may be changed in the town's name."""

    def __init__(self) -> None:
        super().__init__(
            "support-only-reads",
            "支援の閲覧中は、内容を変えられません。見るだけにして、変更は市町の担当者に行ってもらってください。",
        )
