"""Password hashes (argon2id), computed off the event loop; unknown accounts cost the same time."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tenants.access.password_rules import normalise_password

# RFC 9106, second recommended option: 64 MiB, 3 passes; about 60 ms here, so guessing is slow and signing in is not.
_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
_NOBODY = _HASHER.hash("nobody has this password")
NO_PASSWORD = ""
"""Stands instead of a hash for a person who has not set a password yet; nothing matches it."""
MAXIMUM_LENGTH = 256
"""Longer input is not compared but takes the same time; nobody types more (NIST SP 800-63B asks for 64 at least)."""


async def hash_password(password: str) -> str:
    """The argon2id hash of ``password`` in NFKC, with its salt and parameters in the text."""
    return await asyncio.to_thread(_HASHER.hash, normalise_password(password).encode("utf-8", "surrogatepass"))


async def password_matches(password_hash: str | None, password: str) -> bool:
    """Whether ``password`` belongs to the hash.

    None (no such account, or one that may not sign in now), an account without a password and an endless password
    take the same time and answer no: every path hashes exactly once.
    """
    return await asyncio.to_thread(_matches, password_hash, password)


def _matches(password_hash: str | None, password: str) -> bool:
    too_long = len(password) > MAXIMUM_LENGTH
    given = normalise_password(password[:MAXIMUM_LENGTH]).encode("utf-8", "surrogatepass")
    try:
        _HASHER.verify(password_hash or _NOBODY, given)
    except (VerificationError, InvalidHashError):
        return False
    return bool(password_hash) and not too_long
