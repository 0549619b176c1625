"""Cost lines of a grant: eligible and ineligible yen with a reason, dates, papers, and whether they agree; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from billing.costs.rules import CostView
from billing.grant_procedures.evidence.rules import EvidenceView
from billing.grants.rules import GrantInput, counts
from billing.money import format_yen

PAPERS: Mapping[str, str] = {
    "contract": "契約書・請書",
    "delivery": "検収調書・納品書",
    "payment": "請求書・支出命令書・領収書",
    "other": "そのほか",
}
DATES: Mapping[str, str] = {"contract": "契約日", "delivery": "検収日", "payment": "支払完了日"}
"""The dates of a cost; each is proved by the paper of the same word."""


@dataclass(frozen=True, slots=True)
class DatesInput:
    """When a cost was contracted, accepted, and completely paid."""

    contract_date: date | None
    delivery_date: date | None
    payment_date: date | None


@dataclass(frozen=True, slots=True)
class EligibilityInput:
    """What of a cost's net (経費 − 特定財源) the grant takes and what not, and why not; yen, tax included."""

    eligible_yen: int
    ineligible_yen: int
    reason: str


@dataclass(frozen=True, slots=True)
class CostEvidence(EvidenceView):
    """A paper of a cost and what it proves."""

    kind: str


@dataclass(frozen=True, slots=True)
class LineView:
    """One cost as a grant sees it; versions are 0 where nothing was entered."""

    cost: CostView
    counted: bool
    """Whether the grant is computed on this cost."""
    dates: DatesInput
    dates_version: int
    eligibility: EligibilityInput | None
    eligibility_version: int
    papers: tuple[CostEvidence, ...]

    @property
    def assumed(self) -> EligibilityInput:
        """What was entered; without an entry the cost counts as the calculation takes it, whole or not at all."""
        if self.eligibility is not None:
            return self.eligibility
        net = self.cost.net_yen
        return EligibilityInput(net, 0, "") if self.counted else EligibilityInput(0, net, "計算の対象外")

    @property
    def adds_up(self) -> bool:
        """Whether eligible and ineligible together are the cost's net."""
        return self.assumed.eligible_yen + self.assumed.ineligible_yen == self.cost.net_yen

    @property
    def case_yen(self) -> int:
        """What the calculation counts of the cost for this grant, tax included."""
        return self.cost.net_yen if self.counted else 0

    @property
    def difference(self) -> str:
        """How the entry differs from the calculation, in words; empty when they agree."""
        if self.assumed.eligible_yen == self.case_yen:
            return ""
        if not self.counted:
            return (
                f"対象額 {format_yen(self.assumed.eligible_yen)} が入力されていますが、"
                "計算ではこの経費を交付金の対象にしていません。"
            )
        return (
            f"対象額は {format_yen(self.assumed.eligible_yen)} ですが、計算では "
            f"{format_yen(self.case_yen)} を対象にしています。対象外の分は、経費を分けて登録してください。"
        )

    def date_of(self, word: str) -> date | None:
        """The date proved by the paper of this word."""
        return {
            "contract": self.dates.contract_date,
            "delivery": self.dates.delivery_date,
            "payment": self.dates.payment_date,
        }[word]

    def has_paper(self, word: str) -> bool:
        """Whether a paper of this kind is kept."""
        return any(one.kind == word for one in self.papers)


@dataclass(frozen=True, slots=True)
class LineSums:
    """Sums over the lines, in yen."""

    net_yen: int
    eligible_yen: int
    ineligible_yen: int
    case_yen: int

    @property
    def adds_up(self) -> bool:
        """Whether the parts are the whole."""
        return self.eligible_yen + self.ineligible_yen == self.net_yen


def sums(lines: Sequence[LineView]) -> LineSums:
    """The sum row."""
    return LineSums(
        sum(one.cost.net_yen for one in lines),
        sum(one.assumed.eligible_yen for one in lines),
        sum(one.assumed.ineligible_yen for one in lines),
        sum(one.case_yen for one in lines),
    )


def is_counted(grant: GrantInput, cost: CostView) -> bool:
    """Whether the calculation counts the cost for the grant: it must be marked eligible, too."""
    return cost.eligible and counts(grant, cost)
