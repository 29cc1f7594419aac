"""Return paths that say which delivery comes back (VERP), and that only we can make.

``bounces+<token>@town.example``: the delivery's id and a signature of it, in letters of one case.
Whoever has not got a mail of ours cannot forge that it came back.
"""

import hmac
import re
from base64 import b32decode, b32encode
from collections.abc import Iterator
from uuid import UUID

from core.sealing import derived_key

PURPOSE = "return paths"
SIGNATURE = 6  # bytes
LENGTH = 36  # characters: 16 bytes of id and those of the signature, in base 32
_TOKEN = re.compile(rf"[+]([a-z2-7]{{{LENGTH}}})(?![a-z2-7])", re.IGNORECASE)


class ReturnPaths:
    """Of one town, by its secret; ``mailbox`` is where mails come back to."""

    def __init__(self, secret: bytes, mailbox: str) -> None:
        self._key = derived_key(secret, PURPOSE)
        local, _, self._domain = mailbox.rpartition("@")
        self._local = local.partition("+")[0]
        self.mailbox = f"{self._local}@{self._domain}"

    def address(self, delivery_id: UUID) -> str:
        token = b32encode(delivery_id.bytes + self._sign(delivery_id))
        return f"{self._local}+{token.decode().rstrip('=').lower()}@{self._domain}"

    def deliveries(self, text: str) -> Iterator[UUID]:
        """The deliveries whose return path stands in the text; forged ones are passed over."""
        for token in dict.fromkeys(_TOKEN.findall(text)):
            raw = b32decode(token.upper() + "=" * (-LENGTH % 8))
            delivery_id = UUID(bytes=raw[:16])
            if hmac.compare_digest(raw[16:], self._sign(delivery_id)):
                yield delivery_id

    def _sign(self, delivery_id: UUID) -> bytes:
        return hmac.digest(self._key, delivery_id.bytes, "sha256")[:SIGNATURE]
