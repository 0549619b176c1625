"""A real mail server on loopback that can be told to misbehave."""

import email
import email.policy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tenants.mail.delivery import MailServer


@dataclass
class Postbox:
    """What arrived, and what the server does at each step."""

    taken: list[EmailMessage] = field(default_factory=list)
    on_recipient: Callable[[str], str] = lambda _: "250 OK"
    on_text: Callable[[], str] = lambda: "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        answer = self.on_recipient(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.taken.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        answer = self.on_text()
        if not answer.startswith("250"):
            self.taken.pop()
        return answer


@contextmanager
def mail_server(port: int = 0) -> Iterator[tuple[MailServer, Postbox]]:
    """A running server and how the product reaches it."""
    postbox = Postbox()
    controller = Controller(postbox, hostname="127.0.0.1", port=port or free_port())
    controller.start()
    try:
        yield (
            MailServer("127.0.0.1", controller.port, "none", "", "", "yui@pref.example.lg.jp", "https://yui.example"),
            postbox,
        )
    finally:
        controller.stop()


def free_port() -> int:
    import socket

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
