"""Sealing: what is kept so that nobody reads it from the disk (AES-256-GCM, NIST SP 800-38D)."""

import hmac
import secrets

from core.errors import BadInput

KEY = 32  # bytes
NONCE = 12  # bytes


def derived_key(secret: bytes, purpose: str) -> bytes:
    """A key of the town's secret for one purpose (the expand step of RFC 5869, one block)."""
    return hmac.digest(secret, purpose.encode() + b"\x01", "sha256")


def new_key() -> bytes:
    return secrets.token_bytes(KEY)


def seal(key: bytes, content: bytes, about: bytes) -> bytes:
    """``content`` under ``key``; it opens with the same ``about`` alone (its owner, its row)."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, content, about)


def unseal(key: bytes, sealed: bytes, about: bytes) -> bytes:
    """Raises BadInput when it was not sealed with this key, or for something else."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], about)
    except (InvalidTag, ValueError) as problem:
        raise BadInput("it was not sealed with this key") from problem
