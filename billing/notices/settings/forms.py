"""The form of what a program's notices say: text as typed → frozen setting, with a message at every wrong field."""

from collections.abc import Mapping

from billing.notices.settings.rules import ADDRESSEES, STAGES, TAXES, NoticeSetting, parse_registration
from tenants.web.form_data import Faults, FormData, free_text, one_of

LONGEST_ITEM = 60
"""A 目 of a budget in use has up to some thirty characters; twice that still prints on one line."""
LONGEST_CAUSE = 300
"""Four lines of the paper; the six items must stay on one page."""
_LINES = {
    "account": ("会計", LONGEST_ITEM),
    "kan": ("款", LONGEST_ITEM),
    "kou": ("項", LONGEST_ITEM),
    "moku": ("目", LONGEST_ITEM),
    "setsu": ("節", LONGEST_ITEM),
    "place": ("納入場所", 200),
    "issuer": ("発行者", LONGEST_ITEM),
    "department": ("所管", LONGEST_ITEM),
    "officer": ("担当", LONGEST_ITEM),
    "phone": ("電話番号", 30),
    "manager_title": ("管理者の職名", LONGEST_ITEM),
    "registration_account": ("登録を受けた会計", LONGEST_ITEM),
}


def setting_values(setting: NoticeSetting) -> dict[str, str]:
    """The setting as its form shows it; the ticked stages are read apart."""
    names = [name for name in NoticeSetting.__dataclass_fields__ if name != "stages"]
    return {name: getattr(setting, name) for name in names}


def setting_input(form: FormData) -> NoticeSetting:
    """What a person decided so far; raises Invalid with every field's message."""
    faults = Faults()
    texts = {name: _line(form, name, label, longest, faults) for name, (label, longest) in _LINES.items()}
    category = one_of(form, "tax_category", "税区分", TAXES, faults)
    number = _registration(form, category, faults)
    if category != "taxed" and texts["registration_account"]:
        faults.note("registration_account", "登録を受けた会計は、税区分が「課税」のときだけ入力します。", "not-taxed")
    stages = tuple(code for code in STAGES if code in form.all("stages"))
    setting = NoticeSetting(
        **texts,
        cause=free_text(form, "cause", "納入の請求の事由", faults, longest=LONGEST_CAUSE),
        addressee=one_of(form, "addressee", "宛名", ADDRESSEES, faults),
        tax_category=category,
        registration_number=number,
        stages=stages,
    )
    faults.raise_if_any()
    return setting


def _line(form: Mapping[str, str], name: str, label: str, longest: int, faults: Faults) -> str:
    text = free_text(form, name, label, faults, longest=longest)
    if "\n" in text or "\r" in text:
        faults.note(name, f"{label}は1行で入力してください。", "bad-text")
    return text


def _registration(form: Mapping[str, str], category: str, faults: Faults) -> str:
    text = form.get("registration_number", "").strip()
    if not text:
        return ""
    if category != "taxed":
        faults.note("registration_number", "登録番号は、税区分が「課税」のときだけ入力します。", "not-taxed")
        return text
    return faults.read("registration_number", parse_registration, text, text)
