"""Audit guards as pure rules: stable codes, a Japanese sentence for every finding, and how the checklist stands.

What is checked is what 会計検査院 reports find year after year: work begun before the decision, reports sent before
everything was paid, costs outside the period, national money beyond its share, papers that are not there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from billing.grant_procedures.lines.rules import DATES, PAPERS, LineView, is_counted
from billing.grant_procedures.steps.deadlines import ProcedureView
from billing.grant_procedures.steps.rules import Standing, StepView, effective, standing
from billing.grants.rules import FUNDERS, NATIONAL, GrantView
from billing.money import exact_text, format_yen
from tenants.calendar import japanese_date
from tenants.web.rendering import Status

FITS = Status("適合", "success")
LOOK = Status("要確認", "warning")
REASONED = Status("理由あり", "neutral")
NOT_YET = Status("まだ点検しません", "neutral")
"""How one guard stands."""

_PROVED = frozenset({"decide", "decide_change", "report", "settle", "advance", "final_payment", "repay", "repay_tax"})
"""Steps that an auditor asks a paper for."""


@dataclass(frozen=True, slots=True)
class GuardCase:
    """Everything the guards look at. ``national_parts`` is what of a grant is national money, by grant id.

    ``given_yen`` is what the last approved run gave from this grant, None before one.
    """

    grant: GrantView
    grants: tuple[GrantView, ...]
    national_parts: Mapping[int, Fraction]
    ceiling: Fraction
    lines: tuple[LineView, ...]
    steps: tuple[StepView, ...]
    procedure: ProcedureView
    given_yen: int | None

    @property
    def standing(self) -> Standing:
        """Where the grant stands."""
        return standing(self.steps)

    @property
    def counted(self) -> list[LineView]:
        """The costs that the grant pays for: counted by the calculation or entered as eligible."""
        return [one for one in self.lines if one.counted or one.assumed.eligible_yen > 0]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at; an override holds for exactly this sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Override:
    """Somebody's reason why a finding stands all the same."""

    code: str
    message: str
    reason: str
    overridden_by: str
    overridden_on: date


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding and the reason given for it, if any."""

    finding: Finding
    override: Override | None


@dataclass(frozen=True, slots=True)
class GuardView:
    """One guard on the checklist."""

    code: str
    title: str
    status: Status
    judged: tuple[Judged, ...]
    waits_for: str
    """Why it is not looked at yet; empty when it is."""


def national_share(grant: GrantView, parts: Mapping[int, Fraction]) -> Fraction:
    """What of a cost the grant pays in national money: directly, or through the prefecture or another body."""
    part = Fraction(1) if grant.funder == NATIONAL else parts.get(grant.id, Fraction(0))
    return Fraction(grant.rate) * part


def _national_ceiling(case: GuardCase) -> Iterator[str]:
    for one in case.lines:
        if not is_counted(case.grant, one.cost):
            continue
        paying = [
            grant
            for grant in case.grants
            if is_counted(grant, one.cost) and national_share(grant, case.national_parts) > 0
        ]
        total = sum((national_share(grant, case.national_parts) for grant in paying), Fraction(0))
        if total > case.ceiling and case.grant in paying:
            names = "".join(f"「{_route(grant)}」" for grant in paying)
            yield (
                f"経費「{one.cost.name}」に対する国費の割合が、{names}を合わせて {exact_text(total)} になり、"
                f"上限 {exact_text(case.ceiling)} を超えています。"
            )


def _route(grant: GrantView) -> str:
    return grant.name if grant.funder == NATIONAL else f"{grant.name}({FUNDERS[grant.funder]}を通じた国費)"


def _contract_before_decision(case: GuardCase) -> Iterator[str]:
    decided = case.standing.first_decided_on
    for one in case.counted:
        day = one.dates.contract_date
        if day is None:
            continue
        if decided is None:
            yield f"経費「{one.cost.name}」は {japanese_date(day)} に契約していますが、交付決定がまだです(事前着手)。"
        elif day < decided:
            yield (
                f"経費「{one.cost.name}」の契約日 {japanese_date(day)} が、交付決定日 "
                f"{japanese_date(decided)} より前です(事前着手)。"
            )


def _report_before_payment(case: GuardCase) -> Iterator[str]:
    reported = case.standing.reported_on
    if reported is None:
        return
    for one in case.counted:
        paid = one.dates.payment_date
        if paid is None:
            yield (
                f"経費「{one.cost.name}」の支払完了日がありません。"
                "支払が終わる前の実績報告になっていないか確かめてください。"
            )
        elif paid > reported:
            yield (
                f"経費「{one.cost.name}」の支払完了日 {japanese_date(paid)} が、実績報告日 "
                f"{japanese_date(reported)} より後です。"
            )


def _outside_period(case: GuardCase) -> Iterator[str]:
    first, last = case.procedure.period_from, case.procedure.period_to
    for one in case.counted:
        for word, label in DATES.items():
            day = one.date_of(word)
            if day is None:
                continue
            said = f"経費「{one.cost.name}」の{label} {japanese_date(day)} が、事業期間の"
            if first is not None and day < first:
                yield f"{said}始まり {japanese_date(first)} より前です。"
            if last is not None and day > last:
                yield f"{said}終わり {japanese_date(last)} より後です。"


def _evidence_missing(case: GuardCase) -> Iterator[str]:
    done = case.standing.reported_on is not None
    for one in case.counted:
        for word, label in DATES.items():
            if (done or one.date_of(word)) and not one.has_paper(word):
                yield f"経費「{one.cost.name}」の{label}を示す書類({PAPERS[word]})がありません。"
    for step in effective(case.steps):
        if step.kind in _PROVED and not step.files:
            yield f"{japanese_date(step.step_date)}の「{step.label}」に証拠書類がありません。"


def _eligibility(case: GuardCase) -> Iterator[str]:
    for one in case.lines:
        if not one.adds_up:
            total = one.assumed.eligible_yen + one.assumed.ineligible_yen
            yield (
                f"経費「{one.cost.name}」の対象と対象外の合計 {format_yen(total)} が、"
                f"差引の額 {format_yen(one.cost.net_yen)} と合いません。"
            )
        elif one.difference:
            yield f"経費「{one.cost.name}」: {one.difference}"


def _amount_differs(case: GuardCase) -> Iterator[str]:
    now = case.standing
    if case.given_yen is None:
        return
    known = {"決定額": now.decided_yen if now.first_decided_on else None, "確定額": now.settled_yen}
    for words, yen in known.items():
        if yen is not None and yen != case.given_yen and (words == "確定額" or now.settled_yen is None):
            yield (
                f"{words} {format_yen(yen)} が、最後に承認した計算の交付額 {format_yen(case.given_yen)} と違います。"
                "負担金を計算し直すか、違う理由を残してください。"
            )


@dataclass(frozen=True, slots=True)
class _Guard:
    title: str
    find: Callable[[GuardCase], Iterator[str]]
    waits_for: Callable[[GuardCase], str]


def _nothing_to_prove(case: GuardCase) -> str:
    dated = any(one.date_of(word) for one in case.counted for word in DATES)
    return "" if dated or case.steps else "手続きの記録も、契約・検収・支払の日付もまだありません。"


def _never(case: GuardCase) -> str:  # noqa: ARG001  (guards that are always looked at)
    return ""


_GUARDS: Mapping[str, _Guard] = {
    "grant-national-ceiling": _Guard("国費の合計(直接と間接)が上限の範囲にある", _national_ceiling, _never),
    "contract-before-decision": _Guard(
        "契約は交付決定の後である",
        _contract_before_decision,
        lambda case: "" if any(one.dates.contract_date for one in case.counted) else "契約日がまだ入力されていません。",
    ),
    "cost-outside-period": _Guard(
        "契約・検収・支払が事業期間の中にある",
        _outside_period,
        lambda case: (
            "" if case.procedure.period_from or case.procedure.period_to else "事業期間がまだ入力されていません。"
        ),
    ),
    "report-before-payment": _Guard(
        "実績報告は支払がすべて終わった後である",
        _report_before_payment,
        lambda case: "" if case.standing.reported_on else "実績報告がまだです。",
    ),
    "evidence-missing": _Guard("証拠書類がそろっている", _evidence_missing, _nothing_to_prove),
    "eligibility-differs": _Guard("対象額が経費・計算と一致している", _eligibility, _never),
    "grant-amount-differs": _Guard(
        "決定額・確定額が計算の交付額と一致している",
        _amount_differs,
        lambda case: (
            "承認した計算がまだありません。"
            if case.given_yen is None
            else ""
            if case.standing.first_decided_on
            else "交付決定がまだです。"
        ),
    ),
}
"""Code → guard, in the order of the checklist."""


def findings(case: GuardCase) -> list[Finding]:
    """Everything there is to look at, in the order of the checklist."""
    return [Finding(code, message) for code, guard in _GUARDS.items() for message in guard.find(case)]


def checklist(case: GuardCase, overrides: Sequence[Override]) -> list[GuardView]:
    """Every guard with its findings; the newest reason for a sentence counts."""
    given = {(one.code, one.message): one for one in overrides}
    found = findings(case)
    views = []
    for code, guard in _GUARDS.items():
        judged = tuple(Judged(one, given.get((one.code, one.message))) for one in found if one.code == code)
        waits_for = "" if judged else guard.waits_for(case)
        views.append(GuardView(code, guard.title, _status(judged, waits_for), judged, waits_for))
    return views


def _status(judged: Sequence[Judged], waits_for: str) -> Status:
    if any(one.override is None for one in judged):
        return LOOK
    if judged:
        return REASONED
    return NOT_YET if waits_for else FITS
