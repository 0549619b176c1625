"""Pure rules of sign-in: tokens, session limits, which memberships count today."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tenants.context import Role

TOKEN_BYTES = 32
"""256 random bits: a session token cannot be guessed (OWASP ASVS 5.0 7.2.3 asks for 128)."""
TOUCH_AFTER = timedelta(minutes=1)
"""The last-seen time is written at most once a minute, so that reading pages stays reading."""


WAITS_FOR_CODE = "code"
"""The person has a second factor and has not given it in this session."""
WAITS_FOR_ENROLMENT = "enrolment"
"""The role asks for a second factor and the person has none yet."""


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """After how long without a request, and after how long at all, a session ends."""

    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True, slots=True)
class Supporting:
    """The prefecture's look into a town's records that this session is in."""

    access_id: int
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A live session with the membership it acts through."""

    session_id: int
    csrf_token: str
    person_id: int
    person_name: str
    tenant_id: int
    tenant_code: str
    tenant_name: str
    role: Role
    modules: frozenset[str]
    membership_count: int
    last_seen_at: datetime
    expires_at: datetime
    waits_for: str = ""
    """``WAITS_FOR_CODE`` or ``WAITS_FOR_ENROLMENT`` while the session may reach nothing but the second factor."""
    support: Supporting | None = None
    """Set while an operator of the prefecture looks in; tenant and role are then the town's."""


@dataclass(frozen=True, slots=True)
class MembershipView:
    """One role of the signed-in person, to choose from."""

    id: int
    tenant_id: int
    tenant_name: str
    role: Role


def new_token() -> str:
    """A fresh unguessable token, URL-safe."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_sha256(token: str) -> bytes:
    """What is stored of a token; a stolen table opens no session."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def is_live(last_seen_at: datetime, expires_at: datetime, now: datetime, limits: SessionLimits) -> bool:
    """Whether a session may still be used at ``now``."""
    return now < expires_at and now - last_seen_at < limits.idle


def membership_counts(valid_from: date, valid_to: date | None, today: date) -> bool:
    """Whether a membership holds on ``today``; both ends are inclusive days."""
    return valid_from <= today and (valid_to is None or today <= valid_to)


def normalise_email(text: str) -> str:
    """The form in which addresses are stored and looked up."""
    return text.strip().lower()


def waits_for(*, enrolled: bool, required: bool, passed: bool) -> str:
    """What a session waits for before anything else: nothing, the code, or the enrolment.

    Whoever has a second factor always gives it; whoever must have one and has none enrols first.
    """
    if enrolled:
        return "" if passed else WAITS_FOR_CODE
    return WAITS_FOR_ENROLMENT if required else ""


_BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
"""In this order: Edge also says Chrome, and Chrome also says Safari."""
_SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def device_label(user_agent: str) -> str:
    """A browser as people recognise it in their list of sessions: 「Edge(Windows)」; nothing else of it is kept."""
    browser = next((label for sign, label in _BROWSERS if sign in user_agent), "ブラウザー")
    system = next((label for sign, label in _SYSTEMS if sign in user_agent), "")
    return f"{browser}({system})" if system else browser
