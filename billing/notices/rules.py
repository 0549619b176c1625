"""納入通知書: what each instalment asks for, from a frozen statement and the one that was last notified; pure.

A notice asks for the difference to what the last run with notices asked for, so that all papers of a member together
ask for exactly what its newest statement says. Where only the day of an instalment moved, its paper asks for nothing
more and says the day that counts now; the papers before it are answered as replaced. Less is 減額 (of the 調定) as long
as the money did not come in, and 還付 as far as it did.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from billing.notices.settings.rules import NoticeSetting
from billing.runs.rules import paper_number
from tenants.errors import Conflict

TAX_RATE = 10
"""Percent. A prefecture's services are taxed at the general rate (消費税法 第29条 and 地方税法 第72条の83)."""
NOTHING_RECEIVED: Mapping[int, int] = {}
"""For members of whom nothing came in, or was recorded."""
NOTICE_BATCH_SIZE = 14
"""Members per job: a notice takes half as long as a statement, of which seven make a batch."""


@dataclass(frozen=True, slots=True)
class Instalment:
    """One instalment of a statement: its number, when it is due (None: not decided), its whole amount in yen."""

    number: int
    due_date: date | None
    yen: int


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One instalment of a notice: what is asked for now and what earlier notices asked for, in yen, and by when."""

    number: int
    due_date: date | None
    now_yen: int
    before_yen: int
    before_due_date: date | None = None
    received_yen: int = 0
    """What came in of the instalment until now, as far as the prefecture recorded it."""

    @property
    def amount_yen(self) -> int:
        """What this notice asks for; negative is asked for no more, or paid back."""
        return self.now_yen - self.before_yen

    @property
    def refund_yen(self) -> int:
        """What of it is paid back: a refund of its own whole, of an instalment what came in beyond what stands."""
        if self.amount_yen >= 0 or self.now_yen < 0:
            return max(-self.amount_yen, 0)
        return min(-self.amount_yen, max(self.received_yen - self.now_yen, 0))

    @property
    def is_refund(self) -> bool:
        """Whether it is a 還付通知書: money goes back."""
        return self.refund_yen > 0

    @property
    def moved_from(self) -> date | None:
        """The day that earlier notices named for what is still asked for, where another counts now."""
        if self.now_yen <= 0 or self.before_yen <= 0 or self.due_date is None:
            return None
        return self.before_due_date if self.before_due_date != self.due_date else None

    @property
    def shown_yen(self) -> int:
        """The amount the paper prints, without a sign; one that only moves the day repeats what is asked for."""
        return abs(self.amount_yen) or self.now_yen

    @property
    def title(self) -> str:
        """What the paper is called."""
        if self.amount_yen == 0:
            return "納期限変更通知書"
        if self.amount_yen > 0:
            return "納入通知書"
        return "還付通知書" if self.is_refund else "減額通知書"

    @property
    def amount_words(self) -> str:
        """What the printed amount is."""
        if self.amount_yen >= 0:
            return "納入すべき金額"
        return "還付する金額" if self.refund_yen == -self.amount_yen else "減額する金額"


@dataclass(frozen=True, slots=True)
class MemberNotice:
    """Everything one member's notice says. ``name`` may carry 企業団; ``lines`` hold only what changes something."""

    tenant_id: int
    statement_id: int
    code: str
    name: str
    addressed_to: str
    fiscal_year: int
    title: str
    stage_label: str
    document_number: str
    reason: str
    instalment_count: int
    lines: tuple[NoticeLine, ...]
    setting: NoticeSetting = field(repr=False)
    salt: str = field(default="", repr=False)
    """The run's, which the fingerprints are taken with."""

    def number_of(self, line: NoticeLine) -> str:
        """The document number of one instalment's paper: R8-12-1-281000-2."""
        return paper_number(self.document_number, self.code, line.number)

    @property
    def statement_number(self) -> str:
        """The number of the 負担金算定書 that says what the amounts are made of."""
        return paper_number(self.document_number, self.code)

    def said_by(self, line: NoticeLine) -> dict[str, Any]:
        """All that one instalment's paper says, as plain JSON; its fingerprint is taken of this."""
        setting = self.setting
        return {
            "kind": line.title,
            "member_code": self.code,
            "addressed_to": self.addressed_to,
            "fiscal_year": self.fiscal_year,
            "title": self.title,
            "stage": self.stage_label,
            "revenue_item": setting.revenue_item,
            "amount_yen": line.amount_yen,
            "now_yen": line.now_yen,
            "before_yen": line.before_yen,
            "refund_yen": line.refund_yen,
            "due_date": line.due_date.isoformat() if line.due_date else None,
            "moved_from": line.moved_from.isoformat() if line.moved_from else None,
            "place": setting.place,
            "cause": setting.cause,
            "issuer": setting.issuer,
            "tax": tax_words(setting, line.shown_yen),
            "reason": self.reason,
        }


class NoticesNotReady(Conflict):
    """Something is missing before the run's notices may be issued; says everything at once."""

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__("notices-not-ready", "納入通知書を発行できません。" + "".join(missing))


def instalments_of(content: Mapping[str, Any], due_date: date | None) -> tuple[Instalment, ...]:
    """The instalments of a statement's frozen content; one without a schedule knows only the first due date."""
    schedule = content.get("schedule")
    if schedule:
        return tuple(
            Instalment(one["number"], date.fromisoformat(one["due_date"]) if one.get("due_date") else None, one["yen"])
            for one in schedule
        )
    amounts = content["instalments_yen"]
    return tuple(
        Instalment(number, due_date if number == 1 else None, yen) for number, yen in enumerate(amounts, start=1)
    )


def notice_lines(
    now: Sequence[Instalment], before: Sequence[Instalment], received_yen: Mapping[int, int] = NOTHING_RECEIVED
) -> tuple[NoticeLine, ...]:
    """What changes between two statements of a member, by instalment; what stays the same is left out."""
    told = {one.number: one for one in before}
    present = {one.number: one for one in now}
    nothing = Instalment(0, None, 0)
    lines = []
    for number in sorted(present.keys() | told.keys()):
        stands, was = present.get(number, nothing), told.get(number, nothing)
        came_in = received_yen.get(number, 0)
        lines.append(NoticeLine(number, stands.due_date, stands.yen, was.yen, was.due_date, came_in))
    return tuple(line for line in lines if line.amount_yen or line.moved_from)


def replaced_pages(contents: Sequence[Mapping[str, Any]], lines: Sequence[NoticeLine]) -> list[list[Mapping[str, Any]]]:
    """Of every earlier notice's frozen content, the pages that name a day which ``lines`` move."""
    moved: Collection[int] = {line.number for line in lines if line.moved_from}
    return [[page for page in one["pages"] if page["number"] in moved and page["amount_yen"] >= 0] for one in contents]


def refund_yen(page: Mapping[str, Any]) -> int:
    """What of a page is paid back, in yen; a notice from before this was told apart calls all of it a refund."""
    return int(page.get("refund_yen", max(-page["amount_yen"], 0)))


def printed_yen(page: Mapping[str, Any]) -> int:
    """The amount that a page of a frozen notice prints, as ``NoticeLine.shown_yen``."""
    return abs(page["amount_yen"]) or int(page["now_yen"])


def tax_words(setting: NoticeSetting, amount_yen: int) -> str:
    """What the paper says about consumption tax; a taxed charge names the issuer's number and the tax within."""
    if setting.tax_category == "exempt":
        return "非課税"
    if setting.tax_category == "outside":
        return "不課税(消費税の対象外)"
    tax = abs(amount_yen) * TAX_RATE // (100 + TAX_RATE)
    return (
        f"課税 税率{TAX_RATE}% うち消費税額等 {tax:,}円"
        f"　登録番号 {setting.registration_number}({setting.registration_account})"
    )


def missing_words(setting: NoticeSetting) -> list[str]:
    """The sentence about what the program has not decided yet, if anything."""
    return [f"「納入・収納」で{'、'.join(setting.missing)}を決めてください。"] if setting.missing else []


def undated_words(notices: Sequence[tuple[str, Sequence[NoticeLine]]]) -> list[str]:
    """The sentence about instalments that ask for money without a due date; pairs of a member's name and lines."""
    undated = {line.number for _, lines in notices for line in lines if line.amount_yen > 0 and line.due_date is None}
    if not undated:
        return []
    words = "、".join(f"第{number}期" for number in sorted(undated))
    return [f"{words}の納期限が決まっていません。納期限を決めて計算し直してください。"]
