"""Pure rules of the second factor: time-based codes (RFC 6238), recovery codes, the address an app reads.

Twenty lines on ``hmac`` instead of a library: single use needs the matching step, which libraries do not give.
"""

import base64
import hashlib
import hmac
import re
import secrets
import struct
import unicodedata
from datetime import datetime
from urllib.parse import quote, urlencode

SECRET_BYTES = 20
"""160 bits, the length of the HMAC's hash (RFC 4226 section 4, R6)."""
STEP_SECONDS = 30
DIGITS = 6
"""SHA-1, 30 seconds and 6 digits are what every authenticator app understands (RFC 6238 section 1.2)."""
_DRIFT = 1
"""One step either way: a phone may be 30 seconds off, and typing takes time (RFC 6238 section 5.2)."""
RECOVERY_CODES = 10
_RECOVERY_CHARACTERS = 12
"""60 random bits, and the attempts are counted: far beyond guessing, short enough to type from paper."""
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""32 signs without 0 O 1 I, which look alike on paper."""
_GROUP = 4


def new_secret() -> bytes:
    """A fresh secret for one authenticator."""
    return secrets.token_bytes(SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """The secret as a person types it into an app: base32 in groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))


def app_address(secret: bytes, account: str, issuer: str) -> str:
    """The ``otpauth:`` address inside the QR code."""
    label = quote(f"{issuer}:{account}")
    facts = {"secret": base64.b32encode(secret).decode().rstrip("="), "issuer": issuer, "algorithm": "SHA1"}
    return f"otpauth://totp/{label}?" + urlencode({**facts, "digits": DIGITS, "period": STEP_SECONDS}, quote_via=quote)


def step_at(now: datetime) -> int:
    """The number of the time step of ``now``."""
    return int(now.timestamp()) // STEP_SECONDS


def code_of(secret: bytes, step: int) -> str:
    """The six digits of one step (RFC 4226 section 5.3, dynamic truncation)."""
    digest = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    (number,) = struct.unpack(">I", digest[offset : offset + 4])
    return f"{(number & 0x7FFFFFFF) % 10**DIGITS:0{DIGITS}}"


def matching_step(secret: bytes, code: str, now: datetime, last_step: int) -> int | None:
    """The step whose code was given, newer than the last one used; None otherwise. Compares every candidate."""
    given, found = normalised(code), None
    for step in range(step_at(now) - _DRIFT, step_at(now) + _DRIFT + 1):
        same = hmac.compare_digest(code_of(secret, step).encode(), given.encode())
        if same and step > last_step:
            found = step
    return found


def normalised(text: str) -> str:
    """A code as it is compared: half width, capitals, without blanks and hyphens."""
    return re.sub(r"[\s\-‐−ー]", "", unicodedata.normalize("NFKC", text)).upper()


def is_code(text: str) -> bool:
    """Whether this is six digits; anything else is taken for a recovery code."""
    return re.fullmatch(rf"[0-9]{{{DIGITS}}}", normalised(text)) is not None


def new_recovery_codes() -> list[str]:
    """Ten fresh codes, in groups of four: ``ABCD-EFGH-JKLM``."""
    return [
        _grouped("".join(secrets.choice(_ALPHABET) for _ in range(_RECOVERY_CHARACTERS))) for _ in range(RECOVERY_CODES)
    ]


def _grouped(text: str) -> str:
    return "-".join(text[at : at + _GROUP] for at in range(0, len(text), _GROUP))
