"""The answer of a request, held back until its transaction has ended."""

from litestar.types import Message, Send

from tenants.web.answered import Replayed
from tenants.web.visit import Visit


class HeldAnswer:
    """Holds the answer back until the transaction has ended."""

    def __init__(self, visit: Visit, send: Send) -> None:
        self._visit = visit
        self._send = send
        self._messages: list[Message] = []
        self.status = 0
        self.body = b""

    async def keep(self, message: Message) -> None:
        """Takes one message of the application."""
        if message["type"] == "http.response.start":
            self._messages.clear()
            self.body = b""
            self.status = message["status"]
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")
        self._messages.append(message)

    def header(self, name: str) -> str:
        """A header of the answer, or an empty text."""
        for message in self._messages:
            if message["type"] == "http.response.start":
                for key, value in message.get("headers", []):
                    if key.decode("latin-1").lower() == name:
                        return str(value.decode("latin-1"))
        return ""

    def exchange_body(self, body: bytes, *, length: int | None = None) -> None:
        """Puts another body into the answer that is held back; ``length`` when the body itself comes later."""
        start = next(one for one in self._messages if one["type"] == "http.response.start")
        headers = [one for one in start.get("headers", []) if one[0].lower() != b"content-length"]
        headers.append((b"content-length", str(len(body) if length is None else length).encode()))
        self.body = body
        self._messages = [
            {**start, "headers": headers},
            {"type": "http.response.body", "body": body, "more_body": False},
        ]

    def replay(self, replay: Replayed) -> None:
        """Makes the answer given before the one to give."""
        self.status = replay.status
        headers = [(b"idempotency-replayed", b"true")]
        if replay.location:
            headers.append((b"location", replay.location.encode("latin-1")))
        if replay.content_type:
            headers.append((b"content-type", replay.content_type.encode("latin-1")))
        if replay.etag:
            headers.append((b"etag", replay.etag.encode("latin-1")))
        body = replay.body.encode()
        headers.append((b"content-length", str(len(body)).encode()))
        self._messages = [
            {"type": "http.response.start", "status": replay.status, "headers": headers},
            {"type": "http.response.body", "body": body, "more_body": False},
        ]

    async def send_all(self) -> None:
        """Sends everything; the content of a stored file goes out in chunks, so that no process holds it whole."""
        stored = self._visit.stored
        if stored is None:
            for message in self._messages:
                await self.pass_on(message)
            return
        self.exchange_body(b"", length=stored.size)
        await self.pass_on(self._messages[0])
        while chunk := await stored.next_chunk():
            await self.pass_on({"type": "http.response.body", "body": chunk, "more_body": True})
        await self.pass_on({"type": "http.response.body", "body": b"", "more_body": False})

    async def pass_on(self, message: Message) -> None:
        """Sends one message at once, with the request's number and cookies on its head."""
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", []))
            if not any(name.lower() == b"x-request-id" for name, _ in headers):
                headers.append((b"x-request-id", self._visit.request_id.encode()))
            headers += [(b"set-cookie", cookie.encode("latin-1")) for cookie in self._visit.set_cookies]
            message = {**message, "headers": headers}
        await self._send(message)
