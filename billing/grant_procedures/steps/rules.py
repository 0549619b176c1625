"""The life of a grant as pure rules: which step may follow which, how much it may be, what is still to be done.

The order of steps is the order of their dates; a correction is a new step that stands in the place of the old one.
Source of the order: 補助金等に係る予算の執行の適正化に関する法律 第5条 to 第18条.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from billing.grant_procedures.evidence.rules import EvidenceView
from billing.money import format_yen
from tenants.calendar import japanese_date
from tenants.errors import Conflict, Invalid
from tenants.web.rendering import Status

KINDS: Mapping[str, str] = {
    "apply": "交付申請",
    "decide": "交付決定",
    "apply_change": "変更申請",
    "decide_change": "変更決定",
    "advance": "概算払の受領",
    "report": "実績報告",
    "settle": "額の確定",
    "final_payment": "精算払の受領",
    "repay": "返還",
    "repay_tax": "消費税分の返還",
}
AMOUNTS: Mapping[str, str] = {
    "apply": "申請額",
    "decide": "決定額",
    "apply_change": "変更後の申請額",
    "decide_change": "変更後の決定額",
    "advance": "受領額",
    "report": "実績による交付金の額",
    "settle": "確定額",
    "final_payment": "受領額",
    "repay": "返還額",
    "repay_tax": "返還額",
}
"""What the amount of each step means."""
CONFIRMED = frozenset({"apply", "apply_change", "report", "repay", "repay_tax"})
"""What the prefecture sends to the funder: another officer confirms it. The others record what the funder did."""
FOLLOWING: Mapping[str, tuple[str, ...]] = {
    "new": ("apply",),
    "applied": ("decide",),
    "decided": ("advance", "apply_change", "report"),
    "change_applied": ("decide_change", "advance"),
    "reported": ("settle", "advance"),
    "settled": ("final_payment", "repay", "repay_tax"),
}
"""State → steps that may follow."""
_LEADS_TO: Mapping[str, str] = {
    "apply": "applied",
    "decide": "decided",
    "apply_change": "change_applied",
    "decide_change": "decided",
    "report": "reported",
    "settle": "settled",
}
STATES: Mapping[str, Status] = {
    "new": Status("申請前", "neutral"),
    "applied": Status("申請中", "progress"),
    "decided": Status("交付決定済み", "progress"),
    "change_applied": Status("変更申請中", "progress"),
    "reported": Status("実績報告済み", "progress"),
    "settled": Status("額の確定済み", "warning"),
    "closed": Status("完了", "success"),
}
"""The states with 完了 (settled, and nothing left to receive or repay), which is derived."""


@dataclass(frozen=True, slots=True)
class StepInput:
    """What a person records of one step."""

    kind: str
    step_date: date
    document_number: str
    amount_yen: int
    note: str


@dataclass(frozen=True, slots=True)
class StepView(StepInput):
    """One recorded step; ``replaces_id`` and ``reason`` are those of a correction, ``withdrawn`` takes a step away.

    ``undoes_confirmed``: what it stands in the place of was confirmed once, by two people.
    """

    id: int
    replaces_id: int | None
    withdrawn: bool
    reason: str
    prepared_by_id: int
    prepared_by: str
    prepared_at: datetime
    confirmed_by: str
    confirmed_at: datetime | None
    files: tuple[EvidenceView, ...] = ()
    undoes_confirmed: bool = False

    @property
    def label(self) -> str:
        """What it is called."""
        return f"{KINDS[self.kind]}の取消し" if self.withdrawn else KINDS[self.kind]

    @property
    def was_confirmed(self) -> bool:
        """Whether two people stood behind what is recorded in this place, now or before it was corrected."""
        return self.undoes_confirmed or self.confirmed_at is not None

    @property
    def waits(self) -> bool:
        """Whether another officer must still confirm it; what two confirmed is not taken away by one."""
        asks = self.undoes_confirmed if self.withdrawn else True
        return asks and self.kind in CONFIRMED and self.confirmed_at is None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a grant stands; yen. ``settled_yen`` is None before 額の確定."""

    state: str = "new"
    applied_yen: int = 0
    decided_yen: int = 0
    received_yen: int = 0
    reported_yen: int = 0
    settled_yen: int | None = None
    repaid_yen: int = 0
    repaid_tax_yen: int = 0
    first_decided_on: date | None = None
    reported_on: date | None = None

    @property
    def granted_yen(self) -> int:
        """What the grant comes to as far as is known: settled, else decided."""
        return self.decided_yen if self.settled_yen is None else self.settled_yen

    @property
    def to_receive_yen(self) -> int:
        """What the funder still owes."""
        return max(self.granted_yen - self.received_yen + self.repaid_yen, 0)

    @property
    def to_repay_yen(self) -> int:
        """What was received beyond the settled amount and not repaid; nothing before 額の確定."""
        return 0 if self.settled_yen is None else max(self.received_yen - self.repaid_yen - self.settled_yen, 0)

    @property
    def status(self) -> Status:
        """The state for people; settled with nothing open is 完了."""
        return STATES["closed" if self.is_closed else self.state]

    @property
    def is_closed(self) -> bool:
        """Whether nothing is left to receive or repay."""
        return self.settled_yen is not None and self.to_receive_yen == 0 and self.to_repay_yen == 0

    @property
    def next_kinds(self) -> tuple[str, ...]:
        """The steps that make sense now, the usual one first."""
        open_yen = {"final_payment": self.to_receive_yen, "advance": self.to_receive_yen, "repay": self.to_repay_yen}
        return tuple(one for one in FOLLOWING[self.state] if open_yen.get(one, 1) > 0)


class StepNotPossible(Invalid):
    """A step does not fit where its date puts it, or its amount is beyond what it can be."""

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(code, "入力内容を確かめてください。", {field: message})


class WaitsForConfirmation(Conflict):
    """The step before must be confirmed first."""

    def __init__(self, step: StepView) -> None:
        super().__init__(
            "grant-step-unconfirmed",
            f"「{step.label}」({japanese_date(step.step_date)})の確認が終わっていません。"
            "別の担当者が確認してから、次の記録をしてください。",
        )


def effective(steps: Iterable[StepView]) -> list[StepView]:
    """The steps that count, by date and then by when their place was first taken.

    A step that is being taken away counts until another officer has confirmed that.
    """
    known = {one.id: one for one in steps}
    unsettled = {one.id for one in waiting(known.values()) if one.withdrawn}
    replaced = {one.replaces_id for one in known.values() if one.id not in unsettled}
    counting = [one for one in known.values() if one.id not in replaced and not one.withdrawn]
    return sorted(counting, key=lambda one: (one.step_date, _root(one, known)))


def waiting(steps: Iterable[StepView]) -> list[StepView]:
    """The newest records of their place that another officer must still confirm, also that a step is taken away."""
    return [one for one in correctable(steps) if one.waits]


def correctable(steps: Iterable[StepView]) -> list[StepView]:
    """The newest records of their place, as recorded; one that was taken away for good is no more."""
    known = list(steps)
    replaced = {one.replaces_id for one in known}
    return [one for one in known if one.id not in replaced and (one.waits or not one.withdrawn)]


def _root(step: StepView, known: Mapping[int, StepView]) -> int:
    while step.replaces_id is not None:
        step = known[step.replaces_id]
    return step.id


def standing(steps: Iterable[StepView]) -> Standing:
    """Where the recorded steps lead. Raises StepNotPossible when they do not fit together."""
    now = Standing()
    for one in effective(steps):
        now = after(now, one)
    return now


def after(now: Standing, step: StepInput) -> Standing:
    """Where one more step leads. Raises StepNotPossible at the field ``step_date`` or ``amount_yen``."""
    if step.kind not in FOLLOWING[now.state]:
        raise StepNotPossible(
            "grant-step-order",
            "step_date",
            f"{japanese_date(step.step_date)}の時点では「{STATES[now.state].label}」のため、"
            f"「{KINDS[step.kind]}」は記録できません。日付と、ほかの記録の日付を確かめてください。",
        )
    _check_amount(now, step)
    moved = replace(now, state=_LEADS_TO.get(step.kind, now.state))
    match step.kind:
        case "apply" | "apply_change":
            return replace(moved, applied_yen=step.amount_yen)
        case "decide" | "decide_change":
            return replace(moved, decided_yen=step.amount_yen, first_decided_on=now.first_decided_on or step.step_date)
        case "advance" | "final_payment":
            return replace(moved, received_yen=now.received_yen + step.amount_yen)
        case "report":
            return replace(moved, reported_yen=step.amount_yen, reported_on=step.step_date)
        case "settle":
            return replace(moved, settled_yen=step.amount_yen)
        case "repay":
            return replace(moved, repaid_yen=now.repaid_yen + step.amount_yen)
        case _:
            return replace(moved, repaid_tax_yen=now.repaid_tax_yen + step.amount_yen)


def _check_amount(now: Standing, step: StepInput) -> None:
    """What an amount may be at most, and what it is compared with."""
    settled = now.settled_yen or 0
    most: Mapping[str, tuple[int, str]] = {
        "decide": (now.applied_yen, "申請額"),
        "decide_change": (now.applied_yen, "変更後の申請額"),
        "advance": (now.decided_yen - now.received_yen, "決定額から受領済みの額を引いた額"),
        "report": (now.decided_yen, "決定額"),
        "settle": (now.reported_yen, "実績報告の額"),
        "final_payment": (now.to_receive_yen, "確定額から受領済みの額を引いた額"),
        "repay": (now.to_repay_yen, "受領額のうち確定額を超える額"),
        "repay_tax": (settled - now.repaid_tax_yen, "確定額から返還済みの消費税分を引いた額"),
    }
    if step.kind in most and step.amount_yen > most[step.kind][0]:
        limit, words = most[step.kind]
        raise StepNotPossible(
            "grant-amount-beyond",
            "amount_yen",
            f"{japanese_date(step.step_date)}の「{KINDS[step.kind]}」の額が、"
            f"{words}({format_yen(limit)})を超えています。",
        )


def check_fits(steps: Sequence[StepView], added: StepView) -> None:
    """Raises StepNotPossible when the steps with ``added`` do not fit together; at no field when another breaks."""
    now = Standing()
    for one in effective([*steps, replace(added, confirmed_at=added.prepared_at)]):
        try:
            now = after(now, one)
        except StepNotPossible as refused:
            if one.id == added.id:
                raise
            message = next(iter(refused.fields.values()))
            raise StepNotPossible(
                "grant-step-breaks", "", f"この内容にすると、ほかの記録と合わなくなります。{message}"
            ) from refused


def check_none_waits(steps: Sequence[StepView], *, but: int | None = None) -> None:
    """Raises WaitsForConfirmation while a step waits that is not the one being corrected."""
    for one in waiting(steps):
        if one.id != but:
            raise WaitsForConfirmation(one)


def can_confirm(step: StepView, person_id: int) -> bool:
    """Whether this person may confirm the step now."""
    return step.waits and step.prepared_by_id != person_id
