"""Forms of disputes: what is asked, what is answered, how long a period is."""

from collections.abc import Mapping

from billing.disputes.rules import DECIDED, DEFAULT_DAYS, KINDS, LONGEST_DAYS, TEXT_LONGEST
from tenants.web.form_data import Faults, one_of, required_text


def dispute_input(form: Mapping[str, str]) -> tuple[str, str, str]:
    """(line, kind, text) of a new dispute. Raises Invalid."""
    faults = Faults()
    kind = one_of(form, "kind", "種類", KINDS, faults)
    text = required_text(form, "text", "内容", faults, longest=TEXT_LONGEST)
    faults.raise_if_any()
    return form.get("line", "").strip(), kind, text


def reply_input(form: Mapping[str, str]) -> str:
    """The text of a reply. Raises Invalid."""
    faults = Faults()
    text = required_text(form, "text", "返信", faults, longest=TEXT_LONGEST)
    faults.raise_if_any()
    return text


def decision_input(form: Mapping[str, str]) -> tuple[str, str]:
    """(outcome, answer) with which the prefecture closes. Raises Invalid."""
    faults = Faults()
    outcome = one_of(form, "outcome", "結果", DECIDED, faults)
    text = required_text(form, "answer", "回答", faults, longest=TEXT_LONGEST)
    faults.raise_if_any()
    return outcome, text


def days_input(form: Mapping[str, str]) -> int:
    """How many days a period lasts. Raises Invalid."""
    faults, text = Faults(), form.get("days", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= LONGEST_DAYS):  # noqa: PLR2004
        faults.note("days", f"日数は、1から{LONGEST_DAYS}までの整数で入力してください(ふつうは{DEFAULT_DAYS})。")
    faults.raise_if_any()
    return int(text)
