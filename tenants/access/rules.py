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


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """After how long without a request, and after how long at all, a session ends."""

    idle: timedelta
    absolute: timedelta


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
