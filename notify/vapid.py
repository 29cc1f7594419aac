"""The town's key towards push services (VAPID, https://www.rfc-editor.org/rfc/rfc8292).

It derives from the town's secret, which is made at the first start: all processes of a town have
the same, and it is kept, moved and lost with that secret. A browser's permission is bound to it.
"""

import base64
from typing import TYPE_CHECKING

from core.sealing import derived_key

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

PURPOSE = "vapid"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""How many points P-256 has (NIST SP 800-186)."""


def vapid_key(secret: bytes) -> "EllipticCurvePrivateKey":
    """The private key, on P-256."""
    from cryptography.hazmat.primitives.asymmetric import ec

    # Twice as many bits as are needed: what is left of a division then favours no key.
    wide = b"".join(derived_key(secret, f"{PURPOSE} {part}") for part in (1, 2))
    return ec.derive_private_key(int.from_bytes(wide) % (ORDER - 1) + 1, ec.SECP256R1())


def public_vapid_key(secret: bytes) -> str:
    """What a page gives to the browser: the uncompressed point, in base64url."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    point = (
        vapid_key(secret).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    )
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()
