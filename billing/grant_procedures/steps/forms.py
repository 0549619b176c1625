"""Forms of a grant's procedure: text as typed → frozen input, with a message at every field that is wrong."""

from collections.abc import Mapping
from datetime import date

from billing.grant_procedures.steps.deadlines import ProcedureInput, ProcedureView
from billing.grant_procedures.steps.operations import Correction
from billing.grant_procedures.steps.rules import AMOUNTS, KINDS, StepInput, StepView
from billing.money import parse_yen
from tenants.calendar import japanese_date, parse_japanese_date
from tenants.errors import Invalid, NotFound
from tenants.web.form_data import Faults, free_text, required_text

_LONGEST_NOTE = 1_000
_LONGEST_NUMBER = 60
_MOST_DAYS = 365
"""A report later than a year after the end belongs to no fiscal year's settlement."""
EMPTY_STEP: Mapping[str, str] = {"step_date": "", "document_number": "", "amount_yen": "", "note": "", "reason": ""}


def step_kind(text: str) -> str:
    """The kind named in an address; raises NotFound for none."""
    if text not in KINDS:
        raise NotFound
    return text


def step_input(form: Mapping[str, str], kind: str, today: date, faults: Faults) -> StepInput:
    """The step a person described; notes what is wrong at its field."""
    step_date = faults.read("step_date", parse_japanese_date, form.get("step_date", ""), today)
    if step_date > today:
        faults.note("step_date", "まだ来ていない日付です。済んだことだけを記録します。", "date-in-future")
    number = form.get("document_number", "").strip()
    if number:
        number = required_text(form, "document_number", "文書番号", faults, longest=_LONGEST_NUMBER, one_line=True)
    return StepInput(
        kind=kind,
        step_date=step_date,
        document_number=number,
        amount_yen=faults.read("amount_yen", lambda text: amount(text, kind), form.get("amount_yen", ""), 0),
        note=free_text(form, "note", "メモ", faults, longest=_LONGEST_NOTE),
    )


def amount(text: str, kind: str) -> int:
    """Yen, not negative; a payment, an application and a repayment are of something."""
    yen = parse_yen(text)
    least = 0 if kind in {"report", "settle", "decide", "decide_change", "apply_change"} else 1
    if yen < least:
        raise Invalid("yen-out-of-range", f"{AMOUNTS[kind]}は{least}円以上で入力してください。")
    return yen


def correction_input(form: Mapping[str, str], step: StepView, faults: Faults) -> Correction:
    """Why a step is corrected, and whether it is only taken away."""
    reason = required_text(form, "reason", "訂正の理由", faults, longest=_LONGEST_NOTE)
    return Correction(step.id, reason, withdrawn=form.get("withdrawn", "") == "1")


def step_values(step: StepInput) -> dict[str, str]:
    """A recorded step as the form shows it."""
    return {
        "step_date": japanese_date(step.step_date),
        "document_number": step.document_number,
        "amount_yen": f"{step.amount_yen:,}",
        "note": step.note,
        "reason": "",
    }


def procedure_input(form: Mapping[str, str]) -> ProcedureInput:
    """Period and deadlines; raises Invalid with every field's message."""
    faults = Faults()
    days = {name: _day(form, name, faults) for name in ("period_from", "period_to", "application_due", "report_date")}
    found = ProcedureInput(**days, report_days=_days(form, faults))
    if found.period_from and found.period_to and found.period_from > found.period_to:
        faults.note("period_to", "事業期間の終わりは、始まりより後の日にしてください。", "bad-period")
    if found.report_days is not None and found.period_to is None:
        message = "実績報告期限を日数で数えるときは、事業期間の終わりを入力してください。"
        faults.note("period_to", message, "required")
    faults.raise_if_any()
    return found


def procedure_values(view: ProcedureView) -> dict[str, str]:
    """Saved deadlines as the form shows them."""
    return {
        "period_from": _shown(view.period_from),
        "period_to": _shown(view.period_to),
        "application_due": _shown(view.application_due),
        "report_days": "" if view.report_days is None else str(view.report_days),
        "report_date": _shown(view.report_date),
    }


def _shown(day: date | None) -> str:
    return "" if day is None else japanese_date(day)


def _day(form: Mapping[str, str], name: str, faults: Faults) -> date | None:
    text = form.get(name, "").strip()
    return faults.read(name, parse_japanese_date, text, None) if text else None


def _days(form: Mapping[str, str], faults: Faults) -> int | None:
    text = form.get("report_days", "").strip()
    if not text:
        return None
    return faults.read("report_days", _read_days, text, None)


def _read_days(text: str) -> int:
    days = parse_yen(text.removesuffix("日"))
    if not 0 <= days <= _MOST_DAYS:
        raise Invalid("bad-days", f"0日から{_MOST_DAYS}日までの日数で入力してください。")
    return days
