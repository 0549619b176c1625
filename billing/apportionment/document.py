"""From bytes to plain JSON values, refusing whatever JSON readers disagree about."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from billing.apportionment.problems import CaseRefused, Problem

# 1,741 members with hundreds of bases stay below 20 MB; what is larger is not a case file.
MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
# The longest 64-bit integer has 20 characters with its sign; longer ones are not even converted.
_LONGEST_INTEGER = 20


class NotANumber:
    """Stands where the file holds a number that is no exact 64-bit integer; keeps its spelling."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class RepeatedNames(dict[str, Any]):
    """An object in which a name stands twice; the reader of that place reports it."""

    repeated: tuple[str, ...] = ()


def read_document(document: bytes | str | Mapping[str, Any]) -> Any:
    """Return the JSON value of a case file; a mapping is taken as it is.

    Decimal numbers, NaN and endless integers become ``NotANumber`` and repeated names ``RepeatedNames``, so
    that they are refused where they stand. Raises ``CaseRefused`` ``too-large``, ``not-utf8``, ``not-json``
    or ``too-deep``.
    """
    if isinstance(document, Mapping):
        return document
    if len(document) > MAX_DOCUMENT_BYTES:
        _refuse("too-large", f"入力が大きすぎます({MAX_DOCUMENT_BYTES // 1024**2}MBまで)。")
    if isinstance(document, bytes):
        try:
            document = document.decode("utf-8")
        except UnicodeDecodeError:
            _refuse("not-utf8", "文字コードがUTF-8ではありません。UTF-8で保存してください。")
    try:
        return json.loads(
            document.removeprefix("\ufeff"),  # editors on Windows put a byte order mark first
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=NotANumber,
            parse_constant=NotANumber,
        )
    except json.JSONDecodeError as error:
        _refuse("not-json", f"JSONとして読めません({error.lineno}行{error.colno}文字目)。")
    except RecursionError:
        _refuse("too-deep", "入れ子が深すぎます。")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    if len(plain) == len(pairs):
        return plain
    marked = RepeatedNames(plain)
    names = [name for name, _ in pairs]
    marked.repeated = tuple(name for name in plain if names.count(name) > 1)
    return marked


def _integer(text: str) -> int | NotANumber:
    return int(text) if len(text) <= _LONGEST_INTEGER else NotANumber(text)


def _refuse(code: str, message: str) -> NoReturn:
    raise CaseRefused([Problem("", message, code)]) from None
