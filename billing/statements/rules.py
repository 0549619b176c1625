"""負担金算定書: one member's statement, explained from the frozen case and its result; pure.

Both documents are plain JSON (a case of either version in canonical form, ``yui-apportionment-result/1``), so a
statement can be made again years later, whatever the engine has become.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from billing.notices.verification.rules import Mark
from billing.statements.lines import LineView, TotalView, line_view, total_view
from billing.statements.overview import CostColumn, SummaryRow, SummaryView, summary_view
from billing.statements.shares import ComponentView, KeyView, key_view
from billing.statements.wording import grant_words, unit_words
from billing.years.stages.rules import YearPart

__all__ = [
    "STATEMENT_BATCH_SIZE",
    "Check",
    "ComponentView",
    "CostColumn",
    "GrantView",
    "KeyView",
    "LineView",
    "StatementMeta",
    "StatementView",
    "SummaryRow",
    "SummaryView",
    "TotalView",
    "difference_word",
    "statement_view",
    "summary_view",
    "with_year",
]

STATEMENT_BATCH_SIZE = 7
"""Members per job. Measured with 41 members on two workers (about 0.4 s a member): batches of 1 to 10 take the same
time within the noise, 41 leaves a worker idle and takes twice as long. Seven makes six batches, three a worker, so
both finish together and a lost batch repeats three seconds of work."""


@dataclass(frozen=True, slots=True)
class StatementMeta:
    """What a document says about itself. ``fiscal_year`` is stored, never derived from a date.

    The two hashes are SHA-256 in hexadecimal, empty where they are not to be printed; ``approved_by`` is an office's
    label, not a person's name unless the prefecture wants it; ``sample_note`` is printed on every page of demo papers.
    """

    program_title: str
    fiscal_year: int
    stage_label: str
    run_number: int
    document_number: str
    issued_on: date
    prefecture_name: str
    input_sha256: str
    result_sha256: str
    approved_by: str = ""
    contact: str = ""
    mark: str = ""
    """The prefecture's mark for its paper, as a ``data:`` address; empty without one."""
    due_dates: tuple[date, ...] = ()
    sample_note: str = ""
    check: Mark | None = None
    """What the member's paper can be checked with; None before it is issued."""
    verify_url: str = ""
    """Where papers are checked."""


@dataclass(frozen=True, slots=True)
class Check:
    """A sum check a reader can repeat: two amounts in yen that must be equal."""

    label: str
    left_yen: int
    right_yen: int

    @property
    def holds(self) -> bool:
        """Whether both sides agree."""
        return self.left_yen == self.right_yen


@dataclass(frozen=True, slots=True)
class GrantView:
    """One grant: its rule in words and what the member receives of it."""

    id: str
    name: str
    rate: Fraction
    funder: str
    words: str
    amount_yen: int


@dataclass(frozen=True, slots=True)
class StatementView:
    """Everything one member's statement says; amounts in yen, shares exact."""

    member_code: str
    member_name: str
    title: str
    fiscal_year: int
    member_count: int
    lines: tuple[LineView, ...]
    total: TotalView | None
    keys: tuple[KeyView, ...]
    grants: tuple[GrantView, ...]
    gross_yen: int
    grant_yen: int
    burden_yen: int
    invoice_yen: int
    invoice_words: str
    invoice_unit_yen: int
    invoice_mode: str
    instalments_yen: tuple[int, ...]
    issued_yen: int
    difference_yen: int
    last_year_yen: int | None
    checks: tuple[Check, ...]
    year: YearPart | None = None
    """What the run before said, why this one differs, and the payments; None where nothing of it was kept."""

    @property
    def agrees(self) -> bool:
        """Whether every sum check holds and every share was found again."""
        return all(check.holds for check in self.checks) and all(line.agrees for line in self.lines)


def statement_view(
    case: Mapping[str, Any], result: Mapping[str, Any], member_code: str, *, last_year_yen: int | None = None
) -> StatementView:
    """Will explain the result to one member. ``last_year_yen`` is what it was invoiced a year before.

    Raises ``KeyError`` when the member is not in the result.
    """
    member = next((each for each in result["members"] if each["code"] == member_code), None)
    if member is None:
        raise KeyError(member_code)
    costs = {cost["id"]: cost for cost in case["costs"]}
    used = sorted({key for line in member["lines"] if (key := costs[line["cost"]]["charge"].get("key")) is not None})
    keys = {key_id: key_view(case, key_id, member_code) for key_id in used}
    lines = tuple(line_view(case, costs[line["cost"]], line, member_code, keys) for line in member["lines"])
    total = total_view(case, lines, member) if case["rounding"]["stage"] == "total" else None
    grants = tuple(_grant(grant, member["grants"].get(grant["id"], 0)) for grant in case["grants"])
    issued = case.get("issued_yen", {}).get(member_code, 0)
    return StatementView(
        member_code=member_code,
        member_name=member["name"],
        title=case["title"],
        fiscal_year=case["fiscal_year"],
        member_count=len(case["members"]),
        lines=lines,
        total=total,
        keys=tuple(keys.values()),
        grants=grants,
        gross_yen=member["gross_yen"],
        grant_yen=sum(grant.amount_yen for grant in grants),
        burden_yen=member["burden_yen"],
        invoice_yen=member["invoice_yen"],
        invoice_words=unit_words(case["invoice"]),
        invoice_unit_yen=case["invoice"]["unit_yen"],
        invoice_mode=case["invoice"]["mode"],
        instalments_yen=tuple(member["instalments_yen"]),
        issued_yen=issued,
        difference_yen=member["difference_yen"],
        last_year_yen=last_year_yen,
        checks=_checks(lines, total, grants, member, issued),
    )


def with_year(view: StatementView, year: YearPart) -> StatementView:
    """The view with what the year adds: the payments, the run before and its reason, the year before."""
    last_year_yen = year.last_year.yen if year.last_year else None
    return replace(view, year=year, last_year_yen=last_year_yen)


def difference_word(difference_yen: int) -> str:
    """追徴 when more is due than was issued, 還付 when less, 増減なし when nothing changed."""
    return "追徴" if difference_yen > 0 else "還付" if difference_yen < 0 else "増減なし"


def _grant(grant: Mapping[str, Any], amount: int) -> GrantView:
    return GrantView(grant["id"], grant["name"], Fraction(grant["rate"]), grant["funder"], grant_words(grant), amount)


def _checks(
    lines: tuple[LineView, ...],
    total: TotalView | None,
    grants: tuple[GrantView, ...],
    member: Mapping[str, Any],
    issued: int,
) -> tuple[Check, ...]:
    if total is None:
        borne = sum(line.share_yen or 0 for line in lines)
    else:
        borne = total.share_yen + sum(int(line.exact) for line in lines if not line.key)
    granted = sum(grant.amount_yen for grant in grants)
    return (
        Check("経費ごとの負担額の合計 = 負担総額", borne, member["gross_yen"]),
        Check("負担総額 − 交付金 = 負担金", member["gross_yen"] - granted, member["burden_yen"]),
        Check("納付額の合計 = 請求額", sum(member["instalments_yen"]), member["invoice_yen"]),
        Check("請求額 − 通知済みの額 = 差額", member["invoice_yen"] - issued, member["difference_yen"]),
    )
