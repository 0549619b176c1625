"""Requests as bytes: what a browser would never send, without a client that tidies it up first."""

import re
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import unquote, urlencode

HOST = "yui.test"
ABSENT = "\x00absent"
"""A header of this value is not sent at all."""
_SHOWN_AT = re.compile("(?<=<dt>表示日時</dt><dd>)[^<]+".encode())
"""The minute in the foot of every page: two equal answers may stand on both sides of its end."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first header of that name, or nothing."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def fixed(self) -> tuple[int, tuple[tuple[str, str], ...], bytes]:
        """Everything except the request's own number and minute: what two equal answers share byte for byte."""
        headers = tuple(sorted(one for one in self.headers if one[0] != "x-request-id"))
        return self.status, headers, _SHOWN_AT.sub(b"", self.body)


@dataclass
class Client:
    """One browser's cookies on the application."""

    app: Any
    cookies: dict[str, str] = field(default_factory=dict)
    csrf_token: str = ""
    token: str = ""
    """A program's token, sent as its Authorization."""

    async def send(
        self,
        method: str,
        target: str,
        fields: dict[str, str] | bytes | None = None,
        headers: dict[str, str] | None = None,
        *,
        remember: bool = False,
    ) -> Answer:
        """One request; ``target`` is the percent-encoded path with query; ``fields`` as a form, or a body as it is."""
        path, _, query = target.partition("?")
        body = fields if isinstance(fields, bytes) else urlencode(fields or {}).encode()
        sent = {"host": HOST, "sec-fetch-site": "same-origin"}
        if fields is not None:
            sent |= {"content-type": "application/x-www-form-urlencoded", "content-length": str(len(body))}
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.token:
            sent["authorization"] = f"Bearer {self.token}"
        sent |= headers or {}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),  # as the server does it: bytes that are no UTF-8 become U+FFFD
            "raw_path": path.encode(),
            "query_string": query.encode("latin-1"),
            "root_path": "",
            "headers": [
                (name.encode(), value.encode("utf-8")) for name, value in sent.items() if value != "\x00absent"
            ],
            "client": ("127.0.0.1", 50_000),
            "server": (HOST, 80),
            "state": {},
        }
        answer = await _call(self.app, scope, body)
        if remember:
            for name, value in answer.headers:
                if name == "set-cookie":
                    for key, morsel in SimpleCookie(value).items():
                        self.cookies[key] = morsel.value
        return answer


async def _call(app: Any, scope: dict[str, Any], body: bytes) -> Answer:
    waiting = [{"type": "http.request", "body": body, "more_body": False}]
    messages: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        messages.append(message)

    await app(scope, receive, send)
    start = next(message for message in messages if message["type"] == "http.response.start")
    headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in start["headers"])
    return Answer(start["status"], headers, b"".join(message.get("body", b"") for message in messages))
