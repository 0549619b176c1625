"""Forms of consumption-tax returns: text as typed → frozen input, with a message at every field that is wrong."""

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction

from billing.grant_procedures.tax_returns.rules import ACCOUNTS, FOR_ACCOUNT, METHODS, RequestView, ReturnInput
from billing.money import exact_text, format_yen, parse_yen
from billing.programs.rules import MemberView
from billing.shares import parse_share
from tenants.calendar import parse_japanese_date
from tenants.errors import Invalid
from tenants.web.form_data import Faults, free_text, one_of, required_text

_LONGEST_NOTE = 1_000


def accounts_input(form: Mapping[str, str], members: Sequence[MemberView]) -> dict[int, str]:
    """The account of each member; raises Invalid with every field's message."""
    faults = Faults()
    found = {
        one.tenant_id: one_of(form, f"account-{one.tenant_id}", f"{one.name}の会計", ACCOUNTS, faults)
        for one in members
    }
    faults.raise_if_any()
    return found


def due_input(form: Mapping[str, str], today: date) -> date:
    """Until when members report; raises Invalid."""
    faults = Faults()
    due = faults.read("due_date", parse_japanese_date, form.get("due_date", ""), today)
    if due < today:
        faults.note("due_date", "報告期限は今日以降の日付にしてください。", "bad-period")
    faults.raise_if_any()
    return due


def return_input(form: Mapping[str, str], request: RequestView) -> ReturnInput:
    """What a member reports; raises Invalid with every field's message."""
    faults = Faults()
    allowed = {one: METHODS[one] for one in FOR_ACCOUNT[request.account]}
    method = one_of(form, "method", "控除のしかた", allowed, faults)
    tax = faults.read("tax_yen", lambda text: _within(text, None), form.get("tax_yen", ""), 0)
    ratio = Fraction(0)
    if method == "ratio":
        ratio = faults.read("ratio", _ratio, form.get("ratio", ""), Fraction(0))
    entered = 0
    if method == "entered":
        entered = faults.read("deductible_yen", lambda text: _within(text, tax), form.get("deductible_yen", ""), 0)
    if request.account == "enterprise" and method == "none":
        required_text(form, "note", "控除できない理由", faults, longest=_LONGEST_NOTE)
    note = free_text(form, "note", "メモ", faults, longest=_LONGEST_NOTE)
    reason = free_text(form, "reason", "訂正の理由", faults, longest=_LONGEST_NOTE)
    faults.raise_if_any()
    return ReturnInput(method, tax, exact_text(ratio), entered, note, reason)


def return_values(request: RequestView) -> dict[str, str]:
    """The newest report, or what the calculation knows, as the form shows it."""
    known = request.report
    if known is None:
        method = "none" if request.account == "general" else ""
        return {**_NO_REPORT, "method": method, "tax_yen": f"{request.tax_yen:,}"}
    return {
        **_NO_REPORT,
        "method": known.method,
        "tax_yen": f"{known.tax_yen:,}",
        "ratio": known.ratio if known.method == "ratio" else "",
        "deductible_yen": f"{known.deductible_yen:,}" if known.method == "entered" else "",
        "note": known.note,
    }


_NO_REPORT = dict.fromkeys(("method", "tax_yen", "ratio", "deductible_yen", "note", "reason", "decision_reason"), "")


def _ratio(text: str) -> Fraction:
    ratio = parse_share(text)
    if not 0 <= ratio <= 1:
        raise Invalid("bad-fraction", "課税売上割合は 0 から 1 までで入力してください(例: 95%、9/10)。")
    return ratio


def _within(text: str, most: int | None) -> int:
    yen = parse_yen(text)
    if most is None and yen < 0:
        raise Invalid("yen-out-of-range", "0円以上で入力してください。")
    if most is not None and not 0 <= yen <= most:
        message = f"0円から、補助対象経費の消費税({format_yen(most)})までで入力してください。"
        raise Invalid("yen-out-of-range", message)
    return yen
