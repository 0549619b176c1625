"""Stale edits on pages: what was typed stays, and beside it stands what somebody else has saved meanwhile.

The form then carries the present version, so that sending it again is a decision and no accident; a form refused for
any other reason keeps the version it was opened with, so that it still is found stale.
"""

import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

from tenants.database.versions import EditedMeanwhile
from tenants.errors import Conflict, Invalid
from tenants.web.form_data import field_messages

Value = str | Collection[str]
_BOTH = (
    "この画面を開いたあとに、ほかの人が内容を変更しました。違う欄の下に「あなたの入力」と「いまの内容」を並べています。"
    "このまま保存すると、あなたの入力で上書きします。"
)


class FieldMessages(dict[str, str]):
    """Messages by field, as the form macros take them; ``now`` holds the present value of every field that differs."""

    def __init__(self, messages: Mapping[str, str], now: Mapping[str, Value]) -> None:
        super().__init__(messages)
        self.now = now


def messages_with_both(
    refused: Invalid | Conflict | None, typed: Mapping[str, Value], now: Mapping[str, Value]
) -> dict[str, str]:
    """The refusal as the form macros take it; after a stale edit, with the present values of the fields that differ.

    ``now`` is the record as the form would show it, read after the refusal; a group of boxes is a collection of text.
    """
    if not isinstance(refused, EditedMeanwhile):
        return field_messages(refused)
    differing = {name: value for name, value in now.items() if _plain(value) != _plain(typed.get(name, ""))}
    return FieldMessages({"": _BOTH if differing else refused.message}, differing)


def version_to_send(refused: Invalid | Conflict | None, typed: Mapping[str, Any], present: int) -> int | str:
    """The version the form carries: the one it was opened with, or the present one once both values were shown."""
    if refused is None or isinstance(refused, EditedMeanwhile):
        return present
    return str(typed.get("version", "")) or present


def _plain(value: Value) -> str:
    """As values are compared: full width, commas and the kind of line break mean nothing."""
    if not isinstance(value, str):
        return "\n".join(sorted(value))
    return unicodedata.normalize("NFKC", value).replace(",", "").replace("\r\n", "\n").strip()
