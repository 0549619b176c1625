"""Pure rules of mail: texts from templates, how often a person is written to, when a mail is tried again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from tenants.documents.text import printable
from tenants.web.rendering import Status, StatusKind

ATTEMPTS = 8
"""With the pauses below about a day: a mail server that is away longer has lost more than our mail."""
RETRY_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
)
"""RFC 5321 4.5.4.1 asks for at least 30 minutes in general; the first pauses are shorter for a server that restarts."""
LEASE = timedelta(minutes=5)
"""A mail whose worker has said nothing for so long is taken for abandoned; a server answers within two minutes."""
DIGEST_HOUR, DIGEST_MINUTE = 7, 30
"""Japanese time of the daily mail: before offices open at 8:30."""
LONGEST_SUBJECT = 120
"""Characters; mail programs show about 60, and a header line must stay below 998 octets (RFC 5322 2.1.1)."""


class Frequency(StrEnum):
    """How often a person wants mail about notices that can wait."""

    NOW = "now"
    DAILY = "daily"
    NEVER = "never"

    @property
    def label(self) -> str:
        """The choice in Japanese."""
        return {"now": "そのつど送る", "daily": "1日1回、朝にまとめて送る", "never": "送らない"}[self.value]


class MailState(StrEnum):
    """Where one mail stands."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    """A worker is talking to the mail server; nothing was handed over yet."""
    HANDING_OVER = "handing_over"
    """The text is on its way; from here a mail is never sent a second time by itself."""
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """The worker or the connection died while the text was on its way."""

    @property
    def status(self) -> Status:
        """Word and shape for people."""
        label, kind = _WORDS[self]
        return Status(label, kind)


_WORDS: dict[MailState, tuple[str, StatusKind]] = {
    MailState.WAITING: ("送信待ち", "neutral"),
    MailState.CLAIMED: ("送信中", "progress"),
    MailState.HANDING_OVER: ("送信中", "progress"),
    MailState.SENT: ("送信済み", "success"),
    MailState.FAILED: ("送れませんでした", "danger"),
    MailState.UNKNOWN: ("届いたか不明", "warning"),
}


@dataclass(frozen=True, slots=True)
class MailTemplate:
    """A text file: the subject on the first line, an empty line, then the sentences. ``{{ name }}`` takes a value."""

    path: Path

    @property
    def name(self) -> str:
        """What the record keeps: ``statements/issued`` for ``…/statements/mail/issued.txt``."""
        return f"{self.path.parent.parent.name}/{self.path.stem}"

    def text(self, values: Mapping[str, str]) -> "Text":
        """Fills the template; raises jinja2.UndefinedError for a value that is not given."""
        head, _, body = (
            _compiled(self.path).render({name: _one_line(value) for name, value in values.items()}).partition("\n")
        )
        return Text(head.strip()[:LONGEST_SUBJECT], body.strip())


@dataclass(frozen=True, slots=True)
class Text:
    """What a person reads: one line, and some sentences."""

    subject: str
    body: str


_ENVIRONMENT = Environment(undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)  # noqa: S701  (plain text, never a page)


@cache
def _compiled(path: Path):  # type: ignore[no-untyped-def]  # noqa: ANN202
    return _ENVIRONMENT.from_string(path.read_text(encoding="utf-8"))


def _one_line(value: str) -> str:
    """A person's text inside a mail stays on its line, so that it cannot look like a sentence of ours."""
    return " ".join(printable(value).split())


def digest_text(texts: Sequence[tuple[str, str]], tenant_name: str) -> Text:
    """The daily mail over (subject, url) of notices, oldest first."""
    lines = [f"・{_one_line(subject)}" for subject, _ in texts]
    return Text(
        f"【結】{_one_line(tenant_name)} のお知らせ {len(texts)}件",
        "前回のまとめ便のあとに届いたお知らせです。内容はサインインして確かめてください。\n\n" + "\n".join(lines),
    )


def next_try(attempts: int, now: datetime) -> datetime | None:
    """When a mail that failed for the ``attempts``-th time is tried again; None when it is given up."""
    return None if attempts >= ATTEMPTS else now + RETRY_AFTER[min(attempts - 1, len(RETRY_AFTER) - 1)]
