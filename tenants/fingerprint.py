"""Fingerprints of bytes."""

import hashlib


def sha256_of(content: bytes) -> str:
    """The SHA-256 of ``content`` as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
