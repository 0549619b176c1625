"""Sealing of what must be read again but never lie open at rest: second-factor secrets and kept drafts.

AES-256-GCM; the key is derived with HKDF-SHA-256 (RFC 5869) from ``YUI_SECRET_KEY`` under the purpose's name, so that
one purpose's key opens nothing of another. What it belongs to is bound in: a row moved to another person stays shut.
"""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12
"""What GCM wants (NIST SP 800-38D 5.2.1.1); random, because far fewer than 2^32 values are ever sealed with a key."""


class SealBrokenError(RuntimeError):
    """The value was sealed with another secret key, for something else, or changed."""


def seal(secret_key: str, purpose: str, belongs_to: str, plain: bytes) -> bytes:
    """The sealed form of ``plain``: nonce and ciphertext."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(_key(secret_key, purpose)).encrypt(nonce, plain, belongs_to.encode())


def unseal(secret_key: str, purpose: str, belongs_to: str, sealed: bytes) -> bytes:
    """What was sealed; raises SealBrokenError."""
    nonce, ciphertext = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
    try:
        return AESGCM(_key(secret_key, purpose)).decrypt(nonce, ciphertext, belongs_to.encode())
    except InvalidTag as error:
        raise SealBrokenError(f"cannot open what was sealed for {purpose}") from error


def keyed_digest(secret_key: str, purpose: str, text: str) -> bytes:
    """A digest nobody without the secret key can compute; for codes too short to be safe under a plain hash."""
    return hmac.new(_key(secret_key, purpose), text.encode(), hashlib.sha256).digest()


def _key(secret_key: str, purpose: str) -> bytes:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"yui:{purpose}".encode())
    return derive.derive(secret_key.encode())
