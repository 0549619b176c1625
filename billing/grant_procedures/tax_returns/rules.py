"""Consumption-tax returns as pure rules: what tax lies in a member's part, what must be given back, who has reported.

A member that deducts the consumption tax paid with a grant keeps money twice; the part is given back:
floor(deductible tax × grant rate). A general account deducts nothing and still reports zero (交付要綱の標準条項).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from tenants.errors import Conflict
from tenants.web.rendering import Status

ACCOUNTS: Mapping[str, str] = {"general": "一般会計", "enterprise": "公営企業会計"}
METHODS: Mapping[str, str] = {
    "none": "控除できる税額はない(0円)",
    "all": "全額を控除できる",
    "ratio": "課税売上割合で控除する",
    "entered": "控除できる税額を入力する",
}
FOR_ACCOUNT: Mapping[str, tuple[str, ...]] = {
    "general": ("none",),
    "enterprise": ("none", "all", "ratio", "entered"),
}
"""A general account's consumption tax is set off by law (消費税法第60条第6項): nothing is deducted beyond that."""


@dataclass(frozen=True, slots=True)
class ReturnInput:
    """What a member reports; yen. ``deductible_yen`` is for ``entered`` only, ``ratio`` (exact text) for ``ratio``."""

    method: str
    tax_yen: int
    ratio: str
    deductible_yen: int
    note: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReturnView:
    """One report as it was entered, and what was decided on it (None: nothing yet)."""

    id: int
    method: str
    tax_yen: int
    ratio: str
    deductible_yen: int
    return_yen: int
    note: str
    reason: str
    entered_by_id: int
    entered_by: str
    entered_at: datetime
    accepted: bool | None
    decided_by: str
    decision_reason: str

    @property
    def is_zero(self) -> bool:
        """Whether it is a zero report (0円の報告)."""
        return self.return_yen == 0


@dataclass(frozen=True, slots=True)
class RequestView:
    """What one member is asked for: its account, the grant it received, the tax in its part, until when.

    ``report`` is the newest report, None before one.
    """

    id: int
    tenant_id: int
    code: str
    name: str
    grant_id: int
    grant_name: str
    program_title: str
    fiscal_year: int
    account: str
    rate: str
    grant_yen: int
    tax_yen: int
    due_date: date
    requested_at: datetime
    report: ReturnView | None

    @property
    def state(self) -> str:
        """missing, waiting, returned, accepted."""
        if self.report is None:
            return "missing"
        return {None: "waiting", False: "returned", True: "accepted"}[self.report.accepted]

    @property
    def status(self) -> Status:
        """The state for people."""
        return STATES[self.state]

    @property
    def is_open(self) -> bool:
        """Whether the member must still do something."""
        return self.state in {"missing", "returned"}


STATES: Mapping[str, Status] = {
    "unasked": Status("未依頼", "neutral"),
    "missing": Status("未報告", "warning"),
    "waiting": Status("確認待ち", "progress"),
    "returned": Status("差戻し", "danger"),
    "accepted": Status("確認済み", "success"),
}


class NotToReport(Conflict):
    """The report was accepted, or a newer request stands in the place of this one."""

    def __init__(self) -> None:
        super().__init__(
            "tax-return-closed", "この報告は確認済みか、新しい依頼に替わっています。画面を開き直してください。"
        )


class NotToDecide(Conflict):
    """There is nothing to decide, or it was decided meanwhile."""

    def __init__(self) -> None:
        super().__init__("wrong-state", "確認を待っている報告がありません。画面を開き直してください。")


class NoCalculation(Conflict):
    """What each member received is not known before a run is approved."""

    def __init__(self) -> None:
        super().__init__(
            "no-approved-run", "承認した計算がまだありません。団体ごとの交付金の額は、計算を承認すると決まります。"
        )


def deductible(report: ReturnInput) -> int:
    """What the member deducts, in yen: a tax return knows whole yen only, so it is cut before the rate is applied."""
    match report.method:
        case "all":
            return report.tax_yen
        case "ratio":
            return (report.tax_yen * Fraction(report.ratio)).__floor__()
        case "entered":
            return report.deductible_yen
        case _:
            return 0


def to_return(report: ReturnInput, rate: Fraction, grant_yen: int) -> int:
    """What is given back: floor(deductible tax × rate), and never more than was received."""
    return min((deductible(report) * rate).__floor__(), grant_yen)


@dataclass(frozen=True, slots=True)
class MemberPart:
    """What one member received from a grant, and the consumption tax in what it bore of the grant's costs; yen."""

    grant_yen: int
    tax_yen: int


def member_parts(case: Mapping[str, Any], result: Mapping[str, Any], grant_word: str) -> dict[str, MemberPart]:
    """Every member's part by code; empty when the run knows no such grant.

    The tax in a share is floor(share × rate ÷ (1 + rate)), cost by cost. A grant computed without tax holds none.
    """
    grant = next((one for one in case["grants"] if one["id"] == grant_word), None)
    if grant is None:
        return {}
    rates = {one["id"]: Fraction(one.get("tax_rate", "10/100")) for one in case["costs"] if _counts(grant, one)}
    if grant.get("tax", "included") == "excluded":
        rates = dict.fromkeys(rates, Fraction(0))
    return {
        member["code"]: MemberPart(
            int(member["grants"].get(grant_word, 0)),
            sum(_tax(line, rates[line["cost"]]) for line in member["lines"] if line["cost"] in rates),
        )
        for member in result["members"]
    }


def _counts(grant: Mapping[str, Any], cost: Mapping[str, Any]) -> bool:
    listed = grant.get("costs", "eligible")
    return bool(cost.get("eligible", False)) if listed == "eligible" else cost["id"] in listed


def _tax(line: Mapping[str, Any], rate: Fraction) -> int:
    share = Fraction(line["exact"]).__floor__() if line["share_yen"] is None else line["share_yen"]
    return (share * rate / (1 + rate)).__floor__()


def sum_to_return(requests: Sequence[RequestView]) -> tuple[int, int]:
    """What goes back to the funder: (of accepted reports, of those still waiting), in yen."""
    accepted = sum(one.report.return_yen for one in requests if one.report and one.state == "accepted")
    waiting = sum(one.report.return_yen for one in requests if one.report and one.state == "waiting")
    return accepted, waiting
