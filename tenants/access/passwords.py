"""Password hashes (argon2id), computed off the event loop; unknown accounts cost the same time."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# RFC 9106, second recommended option: 64 MiB, 3 passes; about 60 ms here, so guessing is slow and signing in is not.
_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
_NOBODY = _HASHER.hash("nobody has this password")
MAXIMUM_LENGTH = 256
"""Longer input is refused before hashing; nobody types more."""


async def hash_password(password: str) -> str:
    """The argon2id hash of ``password``, with its salt and parameters in the text."""
    return await asyncio.to_thread(_HASHER.hash, password)


async def password_matches(password_hash: str | None, password: str) -> bool:
    """Whether ``password`` belongs to the hash; None (no such account) takes the same time and answers no."""
    if len(password) > MAXIMUM_LENGTH:
        return False
    return await asyncio.to_thread(_matches, password_hash, password)


def _matches(password_hash: str | None, password: str) -> bool:
    try:
        _HASHER.verify(password_hash or _NOBODY, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None
