"""An authenticator in software (W3C Web Authentication, level 3): one passkey for one site."""

import hashlib
import json
import secrets
import struct
from base64 import urlsafe_b64encode
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 1, 4, 64  # flags of the authenticator data


class Authenticator:
    def __init__(self, origin: str, site: str, *, verifies: bool = True) -> None:
        self.origin, self.site = origin, site
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        self.flags = PRESENT | (VERIFIED if verifies else 0)
        self.count = 0

    def create(self, options: dict[str, Any]) -> str:
        """What ``navigator.credentials.create`` answers, as the page sends it."""
        numbers = self.key.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: _big(numbers.x), -3: _big(numbers.y)}
        attested = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(key)
        data = self._data(ATTESTED) + attested
        statement = {"fmt": "none", "attStmt": {}, "authData": data}
        return self._answer(
            clientDataJSON=self._told("webauthn.create", options),
            attestationObject=cbor2.dumps(statement),
        )

    def get(self, options: dict[str, Any]) -> str:
        """What ``navigator.credentials.get`` answers, as the page sends it."""
        self.count += 1
        told, data = self._told("webauthn.get", options), self._data(0)
        signature = self.key.sign(data + hashlib.sha256(told).digest(), ec.ECDSA(SHA256()))
        return self._answer(clientDataJSON=told, authenticatorData=data, signature=signature)

    def _told(self, kind: str, options: dict[str, Any]) -> bytes:
        told = {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        return json.dumps(told).encode()

    def _data(self, flags: int) -> bytes:
        site = hashlib.sha256(self.site.encode()).digest()
        return site + struct.pack(">BI", self.flags | flags, self.count)

    def _answer(self, **response: bytes) -> str:
        return json.dumps(
            {
                "id": _text(self.id),
                "rawId": _text(self.id),
                "type": "public-key",
                "clientExtensionResults": {},
                "response": {name: _text(value) for name, value in response.items()},
            }
        )


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def _big(value: int) -> bytes:
    return value.to_bytes(32, "big")
