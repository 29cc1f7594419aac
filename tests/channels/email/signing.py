"""Mails signed by DKIM with a key made for the tests."""

from base64 import b64encode
from functools import cache

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

SELECTOR = "s1"


def signed(
    raw: bytes,
    domain: str,
    *,
    length: bool = False,
    canonicalize: tuple[bytes, bytes] = (b"relaxed", b"simple"),
) -> bytes:
    """With ``length`` the signature covers the body as it is now, and not what is added later."""
    signature = dkim.sign(
        raw,
        SELECTOR.encode(),
        domain.encode(),
        _private_key(),
        include_headers=[b"from", b"subject"],
        length=length,
        canonicalize=canonicalize,
    )
    assert isinstance(signature, bytes)
    return signature + raw


def key_record() -> str:
    """What the DNS tells at ``s1._domainkey.<domain>``."""
    public = serialization.load_pem_private_key(_private_key(), None).public_key()
    der = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return f"v=DKIM1; k=rsa; p={b64encode(der).decode()}"


@cache
def _private_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
