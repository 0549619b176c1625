"""Pure rules of the API: what a token looks like, how long it lives, which verbs there are."""

import hashlib
import re
import secrets
import string
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tenants.context import Role, TenantContext

PREFIX = "yui_"
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_RANDOM_SIGNS = 43
"""43 of 62 signs are 256 random bits, as many as a session's token has."""
_CHECK_SIGNS = 6
"""A CRC-32 in base 62 fits six signs: a scanner tells a token from other text without asking us."""
TOKEN_PATTERN = f"{PREFIX}[0-9A-Za-z]{{{_RANDOM_SIGNS + _CHECK_SIGNS}}}"
"""What secret scanners look for; the last six signs are the checksum of those before."""
_TOKEN = re.compile(TOKEN_PATTERN)
HINT_SIGNS = 8
"""Prefix and four random signs: enough to recognise one's own token in the list, useless to anybody else."""

DEFAULT_DAYS, LONGEST_DAYS = 90, 365
"""A quarter by default, so that a forgotten token ends by itself; a year at most, as for the yearly audit of access."""
USED_AFTER = timedelta(minutes=1)
"""The time of last use is written at most once a minute, so that reading stays reading."""
KEPT_FOR = timedelta(days=400)
"""An ended token stays in the list as long as the answers it was given: a fiscal year and a month."""

_VERBS: dict[str, str] = {}
_VERB = re.compile(r"[a-z]+:[a-z]+")
ANY_VERB = ""
"""For what every token may ask: what it is itself."""


def say_verbs(labels: Mapping[str, str]) -> None:
    """Registers what a token can be allowed (``costs:write`` → 経費を登録・変更・削除する); beside the handlers."""
    for verb, label in labels.items():
        if not _VERB.fullmatch(verb) or _VERBS.get(verb, label) != label:
            raise ValueError(f"the verb {verb!r} is no verb or has another word already")
        _VERBS[verb] = label


def verb_labels() -> dict[str, str]:
    """Every verb with its Japanese words, in the order of the slices."""
    return dict(_VERBS)


@dataclass(frozen=True, slots=True)
class Caller:
    """A live token and the membership it acts through."""

    token_id: int
    token_name: str
    verbs: frozenset[str]
    person_id: int
    person_name: str
    tenant_id: int
    tenant_code: str
    tenant_name: str
    role: Role
    modules: frozenset[str]
    expires_at: datetime
    last_used_at: datetime | None

    def context(self, request_id: str, address: str) -> TenantContext:
        """The context in which the token's person acts; the trail names the token."""
        return TenantContext(
            tenant_id=self.tenant_id,
            tenant_code=self.tenant_code,
            tenant_name=self.tenant_name,
            role=self.role,
            person_id=self.person_id,
            person_name=self.person_name,
            request_id=request_id,
            address=address,
            via=self.token_name,
        )


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token as its person or an administrator sees it; never the token itself."""

    id: int
    name: str
    hint: str
    person_id: int
    person_name: str
    tenant_name: str
    role: Role
    verbs: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    revoked_by: str
    usable: bool
    """Whether a request with it would be let in now."""


@dataclass(frozen=True, slots=True)
class NewToken:
    """What a person asks for: a name to recognise it by, the verbs, and for how many days."""

    name: str
    verbs: tuple[str, ...]
    days: int


def new_api_token() -> str:
    """A fresh unguessable token with its checksum."""
    secret = "".join(secrets.choice(_DIGITS) for _ in range(_RANDOM_SIGNS))
    return PREFIX + secret + _checksum(secret)


def is_api_token(text: str) -> bool:
    """Whether the text can be a token of ours: its form and its checksum are right."""
    if not _TOKEN.fullmatch(text):
        return False
    return _checksum(text[len(PREFIX) : -_CHECK_SIGNS]) == text[-_CHECK_SIGNS:]


def api_token_sha256(token: str) -> bytes:
    """What is stored of a token; a stolen table opens nothing."""
    return hashlib.sha256(token.encode("ascii")).digest()


def _checksum(secret: str) -> str:
    number, signs = zlib.crc32(secret.encode("ascii")), ""
    for _ in range(_CHECK_SIGNS):
        number, digit = divmod(number, len(_DIGITS))
        signs = _DIGITS[digit] + signs
    return signs
