"""The signed tokens in links: who has one may see and change what it names, and nothing else.

They are short enough for a mail's header and need no row; what they name can be deleted, and then
they open nothing.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from core.sealing import derived_key

SIGNATURE = 17  # bytes: with an id 33, which are 44 characters without padding


class Tokens:
    """Of one purpose; those of another are not taken."""

    def __init__(self, secret: bytes, purpose: str) -> None:
        self._key = derived_key(secret, purpose)

    def of(self, id: UUID) -> str:
        return urlsafe_b64encode(id.bytes + self._sign(id.bytes)).decode()

    def read(self, token: str) -> UUID | None:
        """None when it is not one of ours."""
        try:
            raw = urlsafe_b64decode(token.encode("ascii"))
        except ValueError:
            return None
        if len(raw) != 16 + SIGNATURE:
            return None
        right = hmac.compare_digest(self._sign(raw[:16]), raw[16:])
        return UUID(bytes=raw[:16]) if right else None

    def _sign(self, content: bytes) -> bytes:
        return hmac.digest(self._key, content, "sha256")[:SIGNATURE]


def preferences_tokens(secret: bytes) -> Tokens:
    """Of subscribers: for the page with their subscriptions."""
    return Tokens(secret, "subscriptions")


def confirmation_tokens(secret: bytes) -> Tokens:
    """Of requests: for the link that proves an address."""
    return Tokens(secret, "subscription requests")
