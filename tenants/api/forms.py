"""The form of a new token: text as typed → frozen input, with a message at every field that is wrong."""

import unicodedata
from collections.abc import Collection

from tenants.api.rules import DEFAULT_DAYS, LONGEST_DAYS, NewToken
from tenants.web.form_data import Faults, FormData, required_text

NEW_TOKEN = {"name": "", "days": str(DEFAULT_DAYS)}


def token_input(form: FormData, offered: Collection[str]) -> NewToken:
    """What the person asks for; raises Invalid with every field's message. ``offered`` are the verbs of their role."""
    faults = Faults()
    name = required_text(form, "name", "トークンの名前", faults, one_line=True)
    verbs = tuple(one for one in offered if one in set(form.all("verbs")))
    if len(verbs) != len(set(form.all("verbs"))):
        faults.note("verbs", "いまの役割では選べないものが含まれています。選び直してください。", "unknown-verb")
    elif not verbs:
        faults.note("verbs", "できることを1つ以上選んでください。", "required")
    days = unicodedata.normalize("NFKC", form.get("days", "")).strip()
    if (
        not (days.isascii() and days.isdigit())
        or len(days) > len(str(LONGEST_DAYS))
        or not 1 <= int(days) <= LONGEST_DAYS
    ):
        faults.note("days", f"有効期間は1日から{LONGEST_DAYS}日までの整数で入力してください。", "bad-period")
    if not form.get("password", ""):
        faults.note("password", "パスワードを入力してください。", "required")
    faults.raise_if_any()
    return NewToken(name, verbs, int(days))
