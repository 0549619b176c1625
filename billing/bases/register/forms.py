"""Forms of the register: who is checked, reasons, last year's basis, the threshold in percent, an evidence file."""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from billing.bases.register.rules import LineView
from billing.money import parse_quantity
from tenants.errors import Invalid
from tenants.web.form_data import FormData, positive_id

_MOST_PERCENT = 1_000
"""Ten times last year's value; whoever wants a reason from there on only wants none."""
_PREVIOUS = re.compile(r"(?P<program>[0-9]{1,18})-(?P<basis>b[0-9]{1,18})")
NO_PREVIOUS = "none"
EVIDENCE_TYPES: Mapping[str, str] = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "csv": "text/csv",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
}
"""What statistics come as, and scans of paper. Macros (xlsm) and archives, which hide what is in them, are left out."""
_BEGINNINGS = {
    "pdf": b"%PDF-",
    "xlsx": b"PK",
    "docx": b"PK",
    "png": b"\x89PNG",
    "jpg": b"\xff\xd8",
    "jpeg": b"\xff\xd8",
}


def chosen_members(form: FormData, lines: Sequence[LineView]) -> list[int] | None:
    """The organisations ticked; None when the button for all was pressed."""
    if form.get("scope") == "all":
        return None
    ticked = set(form.all("member"))
    return [one.value.tenant_id for one in lines if str(one.value.tenant_id) in ticked]


def reason_field(line: LineView) -> str:
    """The name of a member's field."""
    return f"reason-{line.value.tenant_id}"


def typed_reasons(form: Mapping[str, str], lines: Sequence[LineView]) -> dict[int, str]:
    """The reasons sent, by organisation."""
    return {one.value.tenant_id: form[reason_field(one)] for one in lines if reason_field(one) in form}


def previous_input(form: Mapping[str, str]) -> tuple[int, str] | None:
    """Last year's program and basis, or None for none. Raises Invalid at the field ``previous``."""
    text = form.get("previous", "")
    if text == NO_PREVIOUS:
        return None
    match = _PREVIOUS.fullmatch(text)
    if match is None:
        message = "前年度の事業・基準を選んでください。"
        raise Invalid("required", message, {"previous": message})
    return positive_id(match["program"]), match["basis"]


def threshold_input(form: Mapping[str, str]) -> Fraction:
    """The threshold from percent as typed. Raises Invalid at the field ``threshold``."""
    try:
        percent = parse_quantity(form.get("threshold", ""), "%")
    except Invalid as wrong:
        raise Invalid(wrong.code, "入力内容を確かめてください。", {"threshold": wrong.message}) from wrong
    if percent > _MOST_PERCENT:
        message = f"0から{_MOST_PERCENT:,}までの数(%)で入力してください。"
        raise Invalid("bad-threshold", "入力内容を確かめてください。", {"threshold": message})
    return percent / 100


def evidence_type(file_name: str, content: bytes) -> tuple[str, str]:
    """(suffix, type) of an evidence file. Raises Invalid for what is not taken, or is not what its name says."""
    suffix = file_name.rpartition(".")[2].lower()
    if suffix not in EVIDENCE_TYPES:
        message = "PDF、Excel(xlsx)、Word(docx)、CSV、PNG、JPEG のファイルを選んでください。"
        raise Invalid("bad-evidence", "入力内容を確かめてください。", {"file": message})
    if not content.startswith(_BEGINNINGS.get(suffix, b"")):
        message = f"ファイルの中身が {suffix} の形式ではありません。"
        raise Invalid("bad-evidence", "入力内容を確かめてください。", {"file": message})
    return suffix, EVIDENCE_TYPES[suffix]
