"""DKIM, looked at by a verifier that shares no line with the signer (RFC 6376, RFC 8463)."""

import re
from base64 import b64decode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_public_key,
)

from core.errors import BadInput
from notify.dkim import Dkim
from notify.mail import compose
from tests.notify.test_mail import CONTENT, DELIVERY

KEYS: dict[str, Callable[[], rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey]] = {
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
}
MAIL = compose(DELIVERY, CONTENT)


@pytest.fixture(params=KEYS, scope="module")
def dkim(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Dkim:
    path = tmp_path_factory.mktemp("dkim") / "key.pem"
    key = KEYS[request.param]()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return Dkim.load("demo.example", "guichet", path)


def test_another_verifier_finds_the_signature_good(dkim: Dkim) -> None:
    verify(dkim.sign(MAIL), dkim.record)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"Subject: ", b"Subject: Urgent, "),
        ("c'est noté".encode()[:8], b"c'est pa"),
        (b"From: ", b"From: evil@spam.example\r\nFrom: "),
    ],
)
def test_what_is_changed_on_the_way_is_found_bad(dkim: Dkim, was: bytes, becomes: bytes) -> None:
    mail = dkim.sign(MAIL)
    assert was in mail
    with pytest.raises((InvalidSignature, ValueError)):
        verify(mail.replace(was, becomes, 1), dkim.record)


def test_white_space_may_change_on_the_way(dkim: Dkim) -> None:
    mail = dkim.sign(MAIL).replace(b"Subject: ", b"subject:  ", 1)
    verify(mail + b"\r\n\r\n", dkim.record)


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("-----BEGIN NONSENSE-----", encoding="ascii")
    with pytest.raises(BadInput, match="GUICHET_DKIM_KEY"):
        Dkim.load("demo.example", "guichet", path)


def verify(mail: bytes, record: str) -> None:
    """Raises when the signature does not hold. Relaxed canonicalization alone."""
    head, _, body = mail.partition(b"\r\n\r\n")
    fields = re.findall(rb"^([!-9;-~]+):((?:[^\r]|\r\n[ \t])*)(?:\r\n|\Z)", head, re.M)
    ((_, signature), *_) = [one for one in fields if one[0].lower() == b"dkim-signature"]
    tags = dict(re.findall(rb"(\w+)=([^;]*)", re.sub(rb"\s", b"", signature)))
    lines = [re.sub(rb"[ \t]+", b" ", line).rstrip(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    if b64decode(tags[b"bh"]) != sha256(b"".join(line + b"\r\n" for line in lines)).digest():
        raise ValueError("the body is another")
    left = [(name.lower(), relaxed(value)) for name, value in fields]
    said = b""
    for name in tags[b"h"].lower().split(b":"):
        found = [one for one in left if one[0] == name]
        if found:
            left.reverse()
            left.remove(found[-1])
            left.reverse()
            said += name + b":" + found[-1][1] + b"\r\n"
    said += b"dkim-signature:" + relaxed(re.sub(rb"\bb=[^;]*$", b"b=", signature))
    public = b64decode(record.rpartition("p=")[2])
    given = b64decode(tags[b"b"])
    if "k=rsa" in record:
        key = load_der_public_key(public)
        assert isinstance(key, rsa.RSAPublicKey)
        key.verify(given, said, padding.PKCS1v15(), SHA256())
    else:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(given, sha256(said).digest())


def relaxed(value: bytes) -> bytes:
    return re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip(b" ")
