"""Passwords and tokens. Passwords by Argon2id (RFC 9106), tokens are random and kept hashed."""

import hashlib
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()  # RFC 9106's low-memory profile, the library's default


@cache
def _decoy() -> str:
    """Compared with when there is nothing stored; made at the first such login, not at start."""
    return _HASHER.hash(secrets.token_urlsafe())


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


def password_matches(stored: str | None, password: str) -> bool:
    """Whether the password is the stored one; takes as long when there is nothing stored.

    Slow on purpose: call it in a thread.
    """
    try:
        _HASHER.verify(stored or _decoy(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def new_token() -> str:
    """256 random bits, fit for a URL or a cookie."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What is stored of a token: it has enough entropy for a plain hash."""
    return hashlib.sha256(token.encode()).hexdigest()
