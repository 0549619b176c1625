"""Pure rules of resets: who may ask, who may confirm, how long a request waits."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tenants.context import PREFECTURE_TENANT_ID, Role, TenantContext
from tenants.errors import Conflict, NotAllowed

GUARDIANS = frozenset({Role.TOWN_ADMIN, Role.PREFECTURE_ADMIN})
REQUEST_LIFE = timedelta(hours=72)
"""As long as the link that follows; a request nobody confirmed by then is asked again, so that the reason is fresh."""
LONGEST_REASON = 400


class What(StrEnum):
    """What is reset."""

    PASSWORD = "password"  # noqa: S105  (a word, not a secret)
    SECOND_FACTOR = "second_factor"

    @property
    def label(self) -> str:
        """The Japanese name."""
        return "パスワード" if self is What.PASSWORD else "2段階認証"


@dataclass(frozen=True, slots=True)
class Guarded:
    """A person an administrator looks after: where they stand, and what keeps them out."""

    person_id: int
    name: str
    email: str
    tenant_id: int
    tenant_name: str
    role_labels: tuple[str, ...]
    disabled: bool
    blocked_until: datetime | None
    enrolled: bool
    other_tenant_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ResetView:
    """One request to reset."""

    id: int
    tenant_id: int
    person_id: int
    person_name: str
    what: What
    reason: str
    needs_prefecture: bool
    asked_by_id: int
    asked_by_name: str
    asked_at: datetime

    def is_over(self, now: datetime) -> bool:
        """Whether nobody confirmed in time."""
        return now - self.asked_at >= REQUEST_LIFE


def needs_prefecture(context: TenantContext, person: Guarded, administrators: Collection[int]) -> bool:
    """Whether only the prefecture may confirm.

    So it is for the prefecture's own requests, for a town without a second administrator, and for a person who also
    works elsewhere: two administrators of one town must not open another town's door.
    """
    if context.is_prefecture or person.other_tenant_ids:
        return True
    return not set(administrators) - {context.person_id, person.person_id}


def check_may_ask(context: TenantContext, person: Guarded) -> None:
    """Raises unless the administrator may ask for this person."""
    if person.person_id == context.person_id:
        raise Conflict("same-person", "自分の再設定は申請できません。別の管理者に頼んでください。")
    if not context.is_prefecture and PREFECTURE_TENANT_ID in person.other_tenant_ids:
        raise NotAllowed("prefectures-person", "県の役割を持つ人の再設定は、県の運用管理者が行います。")


def may_decide(reset: ResetView, context: TenantContext) -> bool:
    """Whether this administrator is one who may confirm or decline."""
    if context.person_id in {reset.asked_by_id, reset.person_id}:
        return False
    return reset.needs_prefecture == context.is_prefecture


def check_may_decide(reset: ResetView, context: TenantContext, now: datetime) -> None:
    """Raises with the reason when this administrator may not, or nobody may any more."""
    if context.person_id in {reset.asked_by_id, reset.person_id}:
        raise Conflict("same-person", "申請した人と本人は確認できません。別の管理者が確認してください。")
    if not may_decide(reset, context):
        who = "県の運用管理者" if reset.needs_prefecture else "市町の管理者"
        raise NotAllowed("not-the-second-person", f"この申請は{who}が確認します。")
    if reset.is_over(now):
        raise Conflict("reset-over", "申請から72時間が過ぎています。もう一度申請してください。")
