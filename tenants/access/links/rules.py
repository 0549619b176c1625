"""Pure rules of links: what they are for and how long they live."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LINK_LIFE = timedelta(hours=72)
"""Three days: a slip handed over on Friday works on Monday (NIST SP 800-63B 3.1.3.2 allows seven by post)."""


class Purpose(StrEnum):
    """Why a link was issued."""

    INVITATION = "invitation"
    RESET = "reset"

    @property
    def label(self) -> str:
        """The purpose in Japanese."""
        return "利用の開始" if self is Purpose.INVITATION else "パスワードの再設定"


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link that still works: whom it lets in and until when."""

    id: int
    person_id: int
    person_name: str
    email: str
    purpose: Purpose
    issuing_tenant_id: int
    issuing_tenant_name: str
    issued_by_id: int
    expires_at: datetime
