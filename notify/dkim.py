"""DKIM (RFC 6376, RFC 8463): the town's signature under its mails.

``dkimpy`` reads and canonicalizes, ``cryptography`` signs: the former does RSA in Python, which
takes twenty times as long. The From is named twice, so that no second one can be put before it.
"""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Self

from core.errors import BadInput

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

SIGNED = (
    b"from", b"to", b"reply-to", b"subject", b"date", b"message-id", b"in-reply-to", b"references",
    b"list-id", b"list-unsubscribe", b"list-unsubscribe-post", b"mime-version", b"content-type",
)  # fmt: skip
"""Those that a mail has of these (RFC 6376, section 5.4.1; RFC 8058, section 4)."""
MIN_RSA = 1024  # bits (RFC 8301)


class Dkim:
    """Signs for one domain. Thread-safe, and slow enough for a thread."""

    def __init__(
        self, domain: str, selector: str, key: "RSAPrivateKey | Ed25519PrivateKey"
    ) -> None:
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

        self.domain, self.selector = domain, selector
        self._key = key
        self._is_rsa = isinstance(key, RSAPrivateKey)

    @classmethod
    def load(cls, domain: str, selector: str, path: Path) -> Self:
        """Raises BadInput when there is no such key in the file."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError, TypeError) as problem:
            raise BadInput(f"GUICHET_DKIM_KEY: {path}: {problem}", where="dkim_key") from problem
        if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
            raise BadInput(f"GUICHET_DKIM_KEY: {path} is neither RSA nor Ed25519", where="dkim_key")
        if isinstance(key, RSAPrivateKey) and key.key_size < MIN_RSA:
            raise BadInput(f"GUICHET_DKIM_KEY: {path} is too short", where="dkim_key")
        return cls(domain, selector, key)

    @property
    def record(self) -> str:
        """What ``<selector>._domainkey.<domain>`` says in the DNS."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        public = self._key.public_key()
        if self._is_rsa:
            shown = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        else:
            shown = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"v=DKIM1; k={'rsa' if self._is_rsa else 'ed25519'}; p={b64encode(shown).decode()}"

    def sign(self, mail: bytes) -> bytes:
        """The mail with its signature before it."""
        import dkim
        from dkim.canonicalization import Relaxed

        headers, body = dkim.rfc822_parse(mail)
        fields = dict(Relaxed.canonicalize_headers(headers))  # each of them is there once
        names = [name for name in SIGNED if name in fields]
        body_hash = b64encode(sha256(Relaxed.canonicalize_body(body)).digest()).decode()
        start = (
            f"v=1; a={'rsa' if self._is_rsa else 'ed25519'}-sha256; c=relaxed/relaxed;"
            f" d={self.domain};\r\n s={self.selector};"
            f" h={(b':'.join([*names, b'from'])).decode()};\r\n bh={body_hash};\r\n b="
        )
        ((_, unsigned),) = Relaxed.canonicalize_headers([(b"DKIM-Signature", start.encode())])
        signed = b"".join(name + b":" + fields[name] for name in names)
        signature = self._signature(signed + b"dkim-signature:" + unsigned.rstrip(b"\r\n"))
        lines = "\r\n ".join(wrap(b64encode(signature).decode(), 72))
        return f"DKIM-Signature: {start}{lines}\r\n".encode() + mail

    def _signature(self, said: bytes) -> bytes:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        if isinstance(self._key, Ed25519PrivateKey):
            return self._key.sign(sha256(said).digest())
        return self._key.sign(said, PKCS1v15(), SHA256())
