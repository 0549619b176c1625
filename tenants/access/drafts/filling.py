"""Puts a draft's values back into the page its form stands on; pure, for any form of the product.

The page is the product's own answer to the person's own request: only values inside the one form change, so whatever
the person may not see any more is simply not there.
"""

from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

from tenants.access.drafts.rules import LIST_PAGE, Draft

_TYPED = frozenset({"", "text", "email", "tel", "url", "search", "number", "date", "hidden"})
_CHOSEN = frozenset({"checkbox", "radio"})
_FRESH = frozenset({"csrf_token", "idempotency_key"})
_FILLED = "サインインし直す前に入力した内容を戻しました。まだ送られていません。確かめてから、もう一度送ってください。"
_PARTLY = "サインインし直す前に入力した内容のうち、この画面の欄に戻せないものがあります。"


@dataclass(frozen=True, slots=True)
class Filled:
    """The page with what could be put back, and whether that was everything."""

    html: str
    complete: bool


def fill(html: str, draft: Draft) -> Filled:
    """The page with the draft's values in its form and a sentence that says so."""
    filler = _Filler(html, draft)
    filler.feed(html)
    filler.close()
    complete = filler.found and not any(filler.waiting.values())
    said = f"<p>{_FILLED}</p>" if filler.found else ""
    if not complete:
        said += f'<p>{_PARTLY}<a href="{LIST_PAGE}">入力した内容を表示する</a></p>'
    notice = f'<div class="notice notice--info" role="status"><div class="notice__body">{said}</div></div>'
    pieces, place = [], 0
    for edit in sorted([*filler.edits, _Edit(filler.main_at, filler.main_at, notice)], key=lambda one: one.start):
        pieces += [html[place : edit.start], edit.text]
        place = edit.end
    return Filled("".join([*pieces, html[place:]]), complete)


@dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: str


@dataclass
class _Open:
    """What the parser stands in: the draft's form, a textarea's beginning and value, a select's values."""

    form: bool = False
    textarea: tuple[int, str] | None = None
    chosen: list[str] = field(default_factory=list)


class _Filler(HTMLParser):
    def __init__(self, html: str, draft: Draft) -> None:
        super().__init__(convert_charrefs=True)
        self._action = draft.action
        self.waiting = {name: list(values) for name, values in draft.fields.items()}
        self._values = {name: frozenset(values) for name, values in draft.fields.items()}
        self._lines = [0]
        for line in html.split("\n"):  # the parser counts this line end and no other
            self._lines.append(self._lines[-1] + len(line) + 1)
        self._open = _Open()
        self.edits: list[_Edit] = []
        self.found = False
        self.main_at = 0

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start, raw = self._at(), self.get_starttag_text() or ""
        given = {name: value if value is not None else "" for name, value in attrs}
        if tag == "main":
            self.main_at = start + len(raw)
        elif tag == "form":
            same = urlsplit(given.get("action", "")).path == self._action
            self._open = _Open(form=same and given.get("method", "").lower() == "post")
            self.found = self.found or self._open.form
        elif self._open.form:
            self._field(tag, given, start, start + len(raw))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = _Open()
        elif tag == "select":
            self._open.chosen = []
        elif tag == "textarea" and self._open.textarea is not None:
            start, value = self._open.textarea
            self.edits.append(_Edit(start, self._at(), "\n" + escape(value)))  # HTML drops one line end after the tag
            self._open.textarea = None

    def _field(self, tag: str, given: dict[str, str], start: int, end: int) -> None:
        name, kind = given.get("name", ""), given.get("type", "").lower()
        if tag == "option":
            self._mark(tag, given, "selected", self._open.chosen, start, end)
        elif name in _FRESH or name not in self._values:
            if tag == "input" and kind == "checkbox" and "checked" in given:  # it was sent unchecked: not at all
                self._mark(tag, given, "checked", [], start, end)
        elif tag == "input" and kind in _CHOSEN:
            self._mark(tag, given, "checked", list(self._values[name]), start, end)
        elif tag == "select":
            self._open.chosen = [self._next(name)]
        elif tag == "textarea":
            self._open.textarea = (end, self._next(name))
        elif tag == "input" and kind in _TYPED:
            self.edits.append(_Edit(start, end, _tag(tag, {**given, "value": self._next(name)})))

    def _mark(self, tag: str, given: dict[str, str], mark: str, values: list[str], start: int, end: int) -> None:
        value, name = given.get("value", "on" if tag == "input" else ""), given.get("name", "")
        plain = {key: text for key, text in given.items() if key != mark}
        chosen = value in values
        if tag == "option" and not values:
            return
        if chosen and value in self.waiting.get(name, []):
            self.waiting[name].remove(value)
        self.edits.append(_Edit(start, end, _tag(tag, {**plain, mark: ""} if chosen else plain)))

    def _next(self, name: str) -> str:
        waiting = self.waiting[name]
        return waiting.pop(0) if waiting else ""


def _tag(tag: str, attributes: dict[str, str]) -> str:
    return f"<{tag} " + " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items()) + ">"
