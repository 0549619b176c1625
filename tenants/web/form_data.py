"""Forms as sent: text fields, once each, bounded; and how a page collects what is wrong with them."""

import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from litestar import Request
from litestar.datastructures import FormMultiDict

from tenants.errors import Conflict, Invalid, NotFound

T = TypeVar("T")
_LONGEST_FIELD = 500_000
"""Enough for a pasted table of 1,741 members; anything longer is a mistake or an attack."""
_ID_DIGITS = 18
"""The digits that always fit a 64-bit id."""
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
"""Control characters, line separators and marks that turn the direction of writing (Unicode UAX #9): in a name they
break files and pages downstream, or make it read as another."""

_UNTYPED = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Control characters other than a tab and the ends of lines: no page and no workbook may carry them."""

_IMPOSSIBLE = re.compile("[\x00\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
"""NUL, half characters, and code points that never become characters: nobody types them, no page may show them."""

_SENT = "sent_form"
"""Where the request keeps its form."""
_VERSION_DIGITS = 9
"""An integer column holds no more."""


class FormData(Mapping[str, str]):
    """The text fields of one form; a field sent several times is read with ``all``."""

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self._fields = {name: list(values) for name, values in fields.items()}

    def __getitem__(self, name: str) -> str:
        """The last value sent under ``name``."""
        return self._fields[name][-1]

    def __iter__(self) -> Iterator[str]:
        """The names of the fields."""
        return iter(self._fields)

    def __len__(self) -> int:
        """How many names there are."""
        return len(self._fields)

    def all(self, name: str) -> list[str]:
        """Every value sent under ``name``, in order."""
        return list(self._fields.get(name, []))


async def sent_form(request: Request[Any, Any, Any]) -> FormMultiDict:
    """The request's form, files included. Raises Invalid for bytes that are no text in the pages' encoding."""
    try:
        form = await request.form()
    except (UnicodeDecodeError, LookupError) as error:  # the framework decodes a multipart form without a net
        raise Invalid("bad-text", "文字の形式が正しくない入力があります。画面を開き直して入力してください。") from error
    request.scope["state"][_SENT] = form
    return form


@asynccontextmanager
async def closing_files(request: Request[Any, Any, Any]) -> AsyncIterator[None]:
    """Closes in the end what was sent as a file; the framework does it only for requests that reach their handler."""
    try:
        yield
    finally:
        if _SENT in request.scope["state"]:
            await request.scope["state"][_SENT].close()


async def read_form(request: Request[Any, Any, Any]) -> FormData:
    """The text fields of the request's form. Raises Invalid for a character no record can hold."""
    fields: dict[str, list[str]] = {}
    for name, value in (await sent_form(request)).multi_items():
        if isinstance(value, str):
            check_text(name)
            check_text(value)
            fields.setdefault(name, []).append(value)
    return FormData(fields)


def check_text(value: str) -> None:
    """Raises Invalid for a character no record can hold, or a text nobody typed."""
    if len(value) > _LONGEST_FIELD or _IMPOSSIBLE.search(value):
        raise Invalid("bad-text", "使えない文字が含まれているか、長すぎる入力があります。")


def positive_id(text: str) -> int:
    """An id from a form or a path; anything that is none is NotFound, like an id nobody has."""
    if not (text.isascii() and text.isdigit()) or len(text) > _ID_DIGITS:
        raise NotFound
    number = int(text)
    if number == 0:
        raise NotFound
    return number


def sent_version(form: Mapping[str, str], name: str = "version") -> int:
    """The version a form was made from; anything that is none counts as one nobody has."""
    text = form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _VERSION_DIGITS else -1


class Faults:
    """Collects what is wrong field by field, so that a person sees everything at once."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self._code = ""

    @contextmanager
    def at(self, field: str) -> Iterator[None]:
        """An Invalid raised inside is noted at ``field`` instead."""
        try:
            yield
        except Invalid as error:
            self.note(field, error.message, error.code)

    def read(self, field: str, parse: Callable[[str], T], text: str, fallback: T) -> T:
        """The parsed value, or ``fallback`` with the fault noted."""
        try:
            return parse(text)
        except Invalid as error:
            self.note(field, error.message, error.code)
            return fallback

    def note(self, field: str, message: str, code: str = "invalid-input") -> None:
        """Notes one fault; the first at a field stays."""
        self.fields.setdefault(field, message)
        self._code = self._code or code

    def raise_if_any(self) -> None:
        """Raises Invalid with every field's message when something is wrong."""
        if self.fields:
            raise Invalid(self._code, "入力内容を確かめてください。", self.fields)


def required_text(
    form: Mapping[str, str], name: str, label: str, faults: Faults, *, longest: int = 60, one_line: bool = False
) -> str:
    """A trimmed, non-empty text of at most ``longest`` characters; notes the fault otherwise.

    ``one_line`` refuses line breaks and control characters, which a case file allows in no name.
    """
    text = form.get(name, "").strip()
    if not text:
        faults.note(name, f"{label}を入力してください。", "required")
    elif one_line and _CONTROLS.search(text):
        faults.note(name, f"{label}に改行や制御文字は使えません。1行で入力してください。", "bad-text")
    else:
        _check_lines(text, name, label, faults, longest)
    return text


def free_text(form: Mapping[str, str], name: str, label: str, faults: Faults, *, longest: int) -> str:
    """A trimmed text of any number of lines, or none; notes a fault when it is too long or nobody can read it."""
    text = form.get(name, "").strip()
    _check_lines(text, name, label, faults, longest)
    return text


def _check_lines(text: str, name: str, label: str, faults: Faults, longest: int) -> None:
    if _UNTYPED.search(text):
        faults.note(name, f"{label}に制御文字は使えません。", "bad-text")
    elif len(text) > longest:
        faults.note(name, f"{label}は{longest}文字までで入力してください(いまは{len(text)}文字です)。", "too-long")


def one_of(form: Mapping[str, str], name: str, label: str, allowed: Mapping[str, Any], faults: Faults) -> str:
    """A value among ``allowed``; notes the fault otherwise."""
    text = form.get(name, "")
    if text not in allowed:
        faults.note(name, f"{label}を選んでください。", "required")
    return text


def field_messages(refused: Invalid | Conflict | None) -> dict[str, str]:
    """The refusal as the form macros take it: by field, or as a whole under the empty name."""
    if refused is None:
        return {}
    return refused.fields or {"": refused.message}


def status_of(refused: Invalid | Conflict | None) -> int:
    """The status of a page that shows a form again, or for the first time."""
    if refused is None:
        return 200
    return 409 if isinstance(refused, Conflict) else 422
