"""What of a burden is charged (調定), received (収納) and open (未納), per member and instalment; pure.

The order is the one of 地方自治法 第231条 (調定, 納入の通知), 第231条の3 (督促) and its 施行令 第154条: nothing is
received that was not charged, and nobody is reminded before the day has passed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tenants.errors import Conflict, Invalid
from tenants.web.rendering import Status

REMINDED_DAYS = 10
"""Days a reminder gives at least: 地方税 reminders customarily leave ten days, and ordinances on 分担金 follow them."""
STATUSES: Mapping[str, Status] = {
    "overdue": Status("期限超過", "danger"),
    "unpaid": Status("未納(期限前)", "warning"),
    "partly": Status("一部収納", "warning"),
    "refund": Status("還付待ち", "warning"),
    "over": Status("過納", "danger"),
    "paid": Status("完了", "success"),
}


@dataclass(frozen=True, slots=True)
class PaymentView:
    """One instalment of one member of one program; amounts in yen, below zero is owed to the member."""

    id: int
    tenant_id: int
    tenant_code: str
    tenant_name: str
    program_id: int
    program_title: str
    fiscal_year: int
    number: int
    due_date: date | None
    levied_yen: int
    received_yen: int
    reminded_on: date | None
    pay_by: date | None

    @property
    def open_yen(self) -> int:
        """What is still to be paid; below zero what must be paid back."""
        return self.levied_yen - self.received_yen

    @property
    def label(self) -> str:
        """神戸市 第2期."""
        return f"{self.tenant_name} 第{self.number}期"


@dataclass(frozen=True, slots=True)
class LevyView:
    """One act of charging (調定): 増額 above zero, 減額 below."""

    levied_on: date
    levy_number: str
    amount_yen: int
    due_date: date | None
    document_number: str
    entered_by: str


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """One sum that came in, or went back (below zero); a reversed one counts no more, nor does its reversal."""

    id: int
    received_on: date
    amount_yen: int
    reference: str
    note: str
    entered_by: str
    entered_at: datetime
    reverses_id: int | None
    reversed: bool


@dataclass(frozen=True, slots=True)
class ReminderView:
    """One reminder (督促): when, of how much, until when."""

    reminded_on: date
    amount_yen: int
    pay_by: date
    entered_by: str


@dataclass(frozen=True, slots=True)
class Planned:
    """What a member's valid statement says of one instalment."""

    statement_id: int | None
    due_date: date | None
    yen: int


@dataclass(frozen=True, slots=True)
class LevyInput:
    """A charge to write down: the difference between what a statement says and what was charged before."""

    tenant_id: int
    number: int
    statement_id: int | None
    due_date: date | None
    amount_yen: int


@dataclass(frozen=True, slots=True)
class ReceiptInput:
    """A sum to write down; ``reference`` (整理番号) names it once per program, empty for one typed by hand."""

    received_on: date
    amount_yen: int
    reference: str = ""
    note: str = ""


class NothingToLevy(Conflict):
    """Everything the valid statements say is charged already."""

    def __init__(self) -> None:
        super().__init__(
            "nothing-to-levy", "承認済みの計算の額は、すべて調定済みです。新しい計算を承認してから調定してください。"
        )


class PapersUnfinished(Conflict):
    """Statements are still being made; charging now would leave members out."""

    def __init__(self) -> None:
        super().__init__(
            "papers-unfinished", "負担金算定書がまだそろっていません。全団体分の発行が終わってから調定してください。"
        )


class NothingOverdue(Conflict):
    """Nobody is late, or all were reminded already."""

    def __init__(self) -> None:
        super().__init__("nothing-overdue", "督促の対象はありません(期限を過ぎて未納のものは、すべて督促済みです)。")


class NotOverdue(Conflict):
    """A reminder needs a day that has passed and something open."""

    def __init__(self) -> None:
        super().__init__("not-overdue", "納期限を過ぎた未納がないため、督促できません。")


class LevyFirst(Conflict):
    """What is charged is not what the newest statement says."""

    def __init__(self) -> None:
        super().__init__(
            "levy-first",
            "調定した額が、いまの負担金算定書の額と違います(計算の承認または取消しのあと)。先に調定してから督促してください。",
        )


class ReversedAlready(Conflict):
    """The receipt was reversed, or is itself a reversal."""

    def __init__(self) -> None:
        super().__init__("reversed-already", "この収納は、すでに取り消されているか、取り消しの記録です。")


def status_code(levied_yen: int, received_yen: int, due_date: date | None, today: date) -> str:
    """Where one instalment stands, as a code of ``STATUSES``; the list's SQL says the same."""
    left = levied_yen - received_yen
    if left == 0:
        return "paid"
    if left < 0:
        return "refund" if received_yen <= 0 else "over"
    if due_date is not None and due_date < today:
        return "overdue"
    return "partly" if received_yen > 0 else "unpaid"


def levies(
    planned: Mapping[tuple[int, int], Planned],
    levied: Mapping[tuple[int, int], int],
    due_dates: Mapping[tuple[int, int], date | None] | None = None,
) -> tuple[LevyInput, ...]:
    """What must be charged so that the charges are what the statements say; keys are (tenant id, instalment).

    An instalment no statement names any more is taken back whole; those of a member without a statement, which add
    up to nothing, were settled by a refund and stay. Where only the day moved (``due_dates`` are those charged last),
    the charge is of 0 yen and carries the new day. Ordered by tenant, then instalment.
    """
    nothing = Planned(None, None, 0)
    told, left = {tenant_id for tenant_id, _ in planned}, Counter[int]()
    for (tenant_id, _), yen in levied.items():
        left[tenant_id] += yen
    wanted = []
    for key in sorted(planned.keys() | {key for key in levied if key[0] in told or left[key[0]]}):
        plan = planned.get(key, nothing)
        difference = plan.yen - levied.get(key, 0)
        moved = plan.yen and plan.due_date and plan.due_date != (due_dates or {}).get(key, plan.due_date)
        if difference or moved:
            wanted.append(LevyInput(*key, plan.statement_id, plan.due_date, difference))
    return tuple(wanted)


def is_overdue(one: PaymentView, today: date) -> bool:
    """Whether its day has passed and something is open."""
    return status_code(one.levied_yen, one.received_yen, one.due_date, today) == "overdue"


def to_remind(payments: Sequence[PaymentView], today: date) -> list[PaymentView]:
    """Whoever is late and was not reminded since, in the order given; a reminder's own day passing counts again."""
    return [one for one in payments if is_overdue(one, today) and (one.pay_by is None or one.pay_by < today)]


def check_pay_by(pay_by: date, today: date) -> None:
    """Raises Invalid for a day that leaves less than ``REMINDED_DAYS``."""
    if pay_by < today + timedelta(days=REMINDED_DAYS):
        message = f"督促の納付期限は、今日から{REMINDED_DAYS}日以上先の日にしてください。"
        raise Invalid("pay-by-too-soon", message, {"pay_by": message})
