"""Is it our exchange that speaks? HMAC-SHA256 (RFC 2104) over the moment and the body.

``X-Guichet-Timestamp`` has the moment, in seconds since 1970; ``X-Guichet-Signature`` has
``sha256=`` and, in hexadecimal digits, the HMAC of the timestamp, a full stop and the body as sent.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

from core.clock import Clock
from core.errors import Refused

TIMESTAMP = "X-Guichet-Timestamp"
SIGNATURE = "X-Guichet-Signature"
_PREFIX = "sha256="
_SECONDS = re.compile(r"[0-9]{1,12}")


class Signatures:
    """Checks with several secrets, so that one can be replaced while both are in use.

    A signature is good for ``window`` seconds around our own clock. One that comes again within it
    is let through: an exchange that heard no answer sends again, and the same report of a call
    changes nothing.
    """

    def __init__(self, secrets: Sequence[bytes], clock: Clock, *, window: int) -> None:
        self._secrets = secrets
        self._clock = clock
        self._window = window

    def check(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raises Refused, with a reason for who sets the exchange up."""
        if not self._secrets:
            raise Refused("no secret is set: GUICHET_CTI_SECRETS")
        stamp, given = headers.get(TIMESTAMP, ""), headers.get(SIGNATURE, "")
        if not _SECONDS.fullmatch(stamp):
            raise Refused("the timestamp is wrong or missing")
        shown = given.encode("utf-8", "replace")
        # Every secret is tried, so that the time tells nothing of which one it was.
        matches = [
            hmac.compare_digest(sign(secret, stamp, body).encode(), shown)
            for secret in self._secrets
        ]
        if not any(matches):
            raise Refused("the signature is wrong or missing")
        if abs(int(stamp) - self._clock().timestamp()) > self._window:
            raise Refused("the signature is too old, or the clocks differ")


def sign(secret: bytes, stamp: str, body: bytes) -> str:
    """The value of the header."""
    return _PREFIX + hmac.new(secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def signed_headers(secret: bytes, body: bytes, clock: Clock) -> dict[str, str]:
    """What an exchange sends along."""
    stamp = str(int(clock().timestamp()))
    return {TIMESTAMP: stamp, SIGNATURE: sign(secret, stamp, body)}
