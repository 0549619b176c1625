"""Every form a person can come to by links: read from the pages themselves, so that no form is forgotten."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from tests.walls.asgi import Answer, Client

_ELSEWHERE = ("/manual", "/static", "/status", "/api")
"""The same for everybody and without a form, or no page at all."""
_NUMBER = re.compile(r"(?<=/)(\d+|union-[a-z]+)(?=/|$)")


@dataclass
class Control:
    """One named field with what the page would send; ``kind`` is the input's type, or the element's name."""

    name: str
    kind: str
    value: str


@dataclass
class Form:
    """One POST form as it stands on a page."""

    page: str
    action: str
    multipart: bool
    controls: list[Control] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """Forms of one kind differ in their record only: ``/programs/#/costs``."""
        return kind_of(self.action)


def kind_of(path: str) -> str:
    """``/runs/7/return`` → ``/runs/#/return``; codes in capability links are left out as well."""
    return _NUMBER.sub("#", urlsplit(path).path)


class _Reader(HTMLParser):
    """Collects links and POST forms of one page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.links, self.forms = page, list[str](), list[Form]()
        self._form: Form | None = None
        self._select: Control | None = None
        self._area: Control | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes a link, a form, a field."""
        facts = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in facts:
            self.links.append(urljoin(self.page, facts["href"].split("#")[0]))
        elif tag == "form" and facts.get("method", "").lower() == "post":
            self._form = Form(self.page, urljoin(self.page, facts["action"]), facts.get("enctype", "") != "")
            self.forms.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, facts)

    def _field(self, form: Form, tag: str, facts: dict[str, str]) -> None:
        name, kind = facts.get("name", ""), facts.get("type", tag)
        if tag == "option" and self._select is not None:
            if "selected" in facts or not self._select.value:
                self._select.value = facts.get("value", "")
        elif tag in {"input", "button"} and name:
            chosen = kind not in {"checkbox", "radio"} or "checked" in facts
            if chosen or all(one.name != name for one in form.controls):
                form.controls.append(Control(name, kind, facts.get("value", "") if chosen or kind == "radio" else ""))
        elif tag in {"select", "textarea"} and name:
            control = Control(name, tag, "")
            form.controls.append(control)
            self._select, self._area = (control, None) if tag == "select" else (None, control)

    def handle_data(self, data: str) -> None:
        """What stands in a text area."""
        if self._area is not None:
            self._area.value += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        """Leaves a form or field."""
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None


def read_page(page: str, answer: Answer) -> _Reader:
    """The links and POST forms of an answer."""
    reader = _Reader(page)
    reader.feed(answer.body.decode("utf-8"))
    return reader


async def forms_of(client: Client, *, starts: tuple[str, ...] = ("/",)) -> dict[str, Form]:
    """One form of every kind the person can come to by links from ``starts``.

    One page of a kind is read, and every one of ``starts``: a page may offer other forms in another state.
    """
    found: dict[str, Form] = {}
    seen: set[Any] = set()
    waiting, unread = list(starts), set(starts)
    while waiting:
        path = waiting.pop(0)
        if urlsplit(path).path.startswith(_ELSEWHERE) or urlsplit(path).netloc:
            continue
        if kind_of(path) in seen and path not in unread:
            continue
        seen.add(kind_of(path))
        unread.discard(path)
        answer = await client.send("GET", path)
        assert answer.status < 500, (path, answer.status)
        if not answer.header("content-type").startswith("text/html"):
            continue
        reader = read_page(path, answer)
        for form in reader.forms:
            found.setdefault(form.kind, form)
        waiting += reader.links
    return found
