"""Speaks SMTP: hands one mail to the server in two steps, so that it is known where a break left it.

Until the text is on its way a mail may be tried again; from there on it never is by itself, because the server may
have taken it although its answer was lost. Every call blocks: use it in a thread.
"""

import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from types import TracebackType

from tenants.calendar import JST
from tenants.errors import Invalid
from tenants.mail.rules import Text

_PATIENCE_SECONDS = 30
"""RFC 5321 4.5.3.2 allows minutes; a server near us that takes longer is taken for away."""
_PERMANENT_FROM = 500


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over; ``security`` is ``tls``, ``starttls`` or ``none``."""

    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    sender: str
    public_url: str
    """Where people reach the product, without a slash at the end; empty leaves addresses out of mails."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One mail, ready to be written."""

    address: str
    text: Text
    url: str
    message_id: str
    written_at: datetime


class Refused(Exception):  # noqa: N818  (what happened)
    """The server did not take the mail; ``permanent`` says that trying again will not help."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent


class LostContact(Exception):  # noqa: N818
    """The connection broke while the text was on its way: nobody knows whether the mail was taken."""


class Connection:
    """One conversation with the server, for several mails."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if self._smtp is not None:
            try:
                self._smtp.quit()
            except (smtplib.SMTPException, OSError):
                self._smtp.close()

    def announce(self, envelope: Envelope) -> None:
        """Connects if need be and names sender and recipient. Raises Refused; nothing was handed over yet."""
        try:
            smtp = self._connected()
            _check(*smtp.mail(self._server.sender))
            _check(*smtp.rcpt(envelope.address))
        except Refused:
            self.start_over()
            raise
        except smtplib.SMTPResponseException as error:
            self._drop()
            raise Refused(_words(error.smtp_code), permanent=error.smtp_code >= _PERMANENT_FROM) from error
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise Refused("メールサーバーに接続できませんでした。", permanent=False) from error

    def hand_over(self, envelope: Envelope) -> None:
        """Sends the text. Raises Refused when the server says so, LostContact when it says nothing."""
        smtp = self._smtp
        if smtp is None:
            raise LostContact
        try:
            _check(*smtp.data(message_bytes(self._server, envelope)))
        except Refused:
            self.start_over()
            raise
        except smtplib.SMTPResponseException as error:
            self.start_over()
            raise Refused(_words(error.smtp_code), permanent=error.smtp_code >= _PERMANENT_FROM) from error
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise LostContact from error

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is not None:
            return self._smtp
        server, context = self._server, ssl.create_default_context()
        if server.security == "tls":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=_PATIENCE_SECONDS, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=_PATIENCE_SECONDS)
        self._smtp = smtp
        smtp.ehlo()
        if server.security == "starttls":
            smtp.starttls(context=context)
            smtp.ehlo()
        if server.user:
            smtp.login(server.user, server.password)
        return smtp

    def start_over(self) -> None:
        """Leaves the server ready for the next mail."""
        if self._smtp is not None:
            try:
                self._smtp.rset()
            except (smtplib.SMTPException, OSError):
                self._drop()

    def _drop(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def message_bytes(server: MailServer, envelope: Envelope) -> bytes:
    """The mail as RFC 5322 text: plain, UTF-8, one address, marked as automatic (RFC 3834)."""
    message = EmailMessage()
    try:
        message["From"] = f"Yui <{server.sender}>"
        message["To"] = envelope.address
        message["Subject"] = envelope.text.subject
    except ValueError as error:  # a line end or an address no header can hold
        raise Invalid("bad-mail", "宛先または件名に、メールで使えない文字が含まれています。") from error
    message["Date"] = format_datetime(envelope.written_at.astimezone(JST))
    message["Message-ID"] = f"<{envelope.message_id}@{server.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    where = (
        f"\n\n{server.public_url}{envelope.url}"
        if server.public_url
        else "\n\n結にサインインして「お知らせ」を開いてください。"
    )
    message.set_content(envelope.text.body + where + _FOOT, charset="utf-8", cte="base64")
    return message.as_bytes()


_FOOT = (
    "\n\n--\nこのメールは結(Yui)から自動で送っています。返信は届きません。\n"
    "メールの受け取り方は「自分の設定」で変えられます。\n"
)


def _check(code: int, answer: bytes | None = None) -> None:
    del answer  # what the server writes is for its operator, not for the person
    if not 200 <= code < 300:  # noqa: PLR2004  (RFC 5321 4.2.1: positive completion)
        raise Refused(_words(code), permanent=code >= _PERMANENT_FROM)


def _words(code: int) -> str:
    if code in {550, 551, 553}:
        return f"宛先のメールアドレスを、相手のサーバーが受け付けませんでした({code})。"
    if code >= _PERMANENT_FROM:
        return f"メールサーバーに断られました({code})。"
    return f"メールサーバーが混み合っているか、一時的に受け付けていません({code})。"
