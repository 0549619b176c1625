"""Bodies of requests: JSON → a declared shape, strictly; every fault of shape at once, with its JSON pointer.

What the values mean is checked where forms are checked: ``as_form`` hands them to the same functions.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeVar

import msgspec
from litestar import Request

from tenants.errors import Invalid
from tenants.web.form_data import FormData, check_text

T = TypeVar("T")
JSON = "application/json"
_PLACE = re.compile(r"^(?P<said>.*?)(?: - at `(?P<key>key in )?\$(?P<path>[^`]*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_WORDS = (
    (r"Expected `int` (>=|<=) (\S+)", "{1}{0}の整数で指定してください。"),
    (r"Expected `int`", "整数で指定してください。小数・文字・真偽は使えません。"),
    (r"Expected `str` of length (>=|<=) (\S+)", "{1}文字{0}で指定してください。"),
    (r"Expected `str` matching regex", "決められた書き方の文字で指定してください。"),
    (r"Expected `str`", '文字("…")で指定してください。'),
    (r"Expected `bool`", "true か false で指定してください。"),
    (r"Expected `array` of length (>=|<=) (\S+)", "{1}件{0}の配列で指定してください。"),
    (r"Expected `array`", "配列([…])で指定してください。"),
    (r"Expected `object` of length (>=|<=) (\S+)", "{1}項目{0}のオブジェクトで指定してください。"),
    (r"Expected `object`", "オブジェクト({…})で指定してください。"),
    (r"Invalid enum value", "決められた値の中から指定してください。"),
    (r"Object contains unknown field `([^`]*)`", "「{0}」という項目はありません。"),
    (r"Object missing required field `([^`]*)`", "「{0}」は必須の項目です。"),
    (r"(?:Invalid RFC3339|Invalid ISO8601|Expected `date`)", "日付は 2026-11-20 の形で指定してください。"),
)
_BOUNDS = {">=": "以上", "<=": "以下"}
_DEEPEST = 20
"""Bodies of ours nest four deep."""


class UnsupportedMediaType(Invalid):
    """The body is not declared as JSON."""

    def __init__(self) -> None:
        super().__init__(
            "unsupported-media-type", "見出し Content-Type: application/json を付け、JSON で送ってください。"
        )


async def read_body(request: Request[Any, Any, Any], kind: type[T]) -> T:
    """The body as ``kind``. Raises UnsupportedMediaType, Invalid (malformed-json, bad-text, bad-shape)."""
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != JSON:
        raise UnsupportedMediaType
    try:
        found = msgspec.json.decode(await request.body())
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Invalid("malformed-json", "JSON として読み取れません。") from error
    _check_texts(found, 0)
    return _shaped(found, kind)


def _check_texts(value: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise Invalid("malformed-json", "JSON の入れ子が深すぎます。")
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, dict):
        for name, one in value.items():
            check_text(name)
            _check_texts(one, depth + 1)
    elif isinstance(value, list):
        for one in value:
            _check_texts(one, depth + 1)


def _shaped(found: Any, kind: type[T]) -> T:
    """Each field is read by itself, so that every fault is told at once."""
    faults: dict[str, str] = {}
    if not isinstance(found, dict):
        raise Invalid("bad-shape", "本文は JSON のオブジェクト({…})で送ってください。")
    fields = {one.encode_name: one for one in msgspec.structs.fields(kind)}  # type: ignore[arg-type]  # Structs only
    for name in found.keys() - fields.keys():
        faults[_pointer(name)] = "この項目はありません。"
    for name, one in fields.items():
        if name not in found:
            if one.required:
                faults[_pointer(name)] = "必須の項目です。"
            continue
        try:
            msgspec.convert(found[name], one.type)
        except msgspec.ValidationError as error:
            place, message = _told(str(error))
            faults[_pointer(name) + place] = message
    if faults:
        raise Invalid("bad-shape", "送られた JSON の形が説明書と違います。", dict(sorted(faults.items())))
    return msgspec.convert(found, kind)


def _told(text: str) -> tuple[str, str]:
    """Where below the field it is (a JSON pointer), and what is wrong in Japanese."""
    match = _PLACE.match(text)
    said, path = (match["said"], match["path"] or "") if match else (text, "")
    path = path.split("[...]")[0]  # which entry of an object it is, is not told
    place = "".join(_pointer(name or index) for name, index in _STEP.findall(path))
    for pattern, words in _WORDS:
        if found := re.match(pattern, said):
            return place, words.format(*(_BOUNDS.get(one, one) for one in found.groups()))
    return place, "値の形が説明書と違います。"


def _pointer(name: str) -> str:
    """One step of a JSON pointer (RFC 6901)."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def as_form(values: Mapping[str, Any]) -> FormData:
    """Plain values as the text a form would have sent, for the functions that check forms: one place for the rules.

    None is an empty field, True a ticked box, False one that is not sent, a list a field sent several times.
    """
    fields: dict[str, list[str]] = {}
    for name, value in values.items():
        if isinstance(value, bool):
            fields[name] = ["1"] if value else []
        elif isinstance(value, list | tuple):
            fields[name] = [str(one) for one in value]
        elif isinstance(value, date):
            fields[name] = [value.isoformat()]
        else:
            fields[name] = ["" if value is None else str(value)]
    return FormData({name: texts for name, texts in fields.items() if texts})
