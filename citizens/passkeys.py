"""Passkeys (W3C Web Authentication, level 3; https://www.w3.org/TR/webauthn-3/), by ``webauthn``.

A passkey is asked to verify its user (a fingerprint, a PIN), so that it stands for the password
and the second factor both. No attestation is asked for: any authenticator will do.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from citizens.models import PasskeyRow
from core.clock import Clock
from core.errors import NotThere, Refused
from core.ids import new_id

MAX_NAME = 60  # characters
MAX_PASSKEYS = 20
MAX_ANSWER = 64 * 1024  # characters of what a browser answers


@dataclass(frozen=True, slots=True)
class Site:
    """Who the browser is to find the passkeys of; ``origin`` as the citizen's browser has it."""

    origin: str
    name: str

    @classmethod
    def of(cls, portal_url: str, town: str) -> "Site":
        parts = urlsplit(portal_url)
        return cls(f"{parts.scheme}://{parts.netloc}", town)

    @property
    def id(self) -> str:
        """The relying party's: the host alone."""
        return urlsplit(self.origin).hostname or ""


@dataclass(frozen=True, slots=True)
class Owner:
    account_id: UUID
    email: str
    name: str


async def creation_options(
    session: AsyncSession, site: Site, owner: Owner, challenge: str
) -> dict[str, object]:
    """What ``navigator.credentials.create`` is called with (PublicKeyCredentialCreationOptions)."""
    from webauthn import base64url_to_bytes, generate_registration_options, options_to_json
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    options = generate_registration_options(
        rp_id=site.id,
        rp_name=site.name,
        user_id=owner.account_id.bytes,
        user_name=owner.email,
        user_display_name=owner.name or owner.email,
        challenge=challenge.encode(),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(row.credential_id))
            for row in await passkeys_of(session, owner.account_id)
        ],
    )
    found: dict[str, object] = json.loads(options_to_json(options))
    return found


def request_options(site: Site, challenge: str) -> dict[str, object]:
    """What ``navigator.credentials.get`` is called with: any passkey of this site will do."""
    from webauthn import generate_authentication_options, options_to_json
    from webauthn.helpers.structs import UserVerificationRequirement

    options = generate_authentication_options(
        rp_id=site.id,
        challenge=challenge.encode(),
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    found: dict[str, object] = json.loads(options_to_json(options))
    return found


def challenge_in(answer: str) -> str:
    """The challenge that a browser's answer is to. Raises Refused when it is no answer."""
    from webauthn import base64url_to_bytes

    try:
        told = json.loads(answer)["response"]["clientDataJSON"]
        challenge = json.loads(base64url_to_bytes(told))["challenge"]
        return base64url_to_bytes(challenge).decode()
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise Refused("that is no answer of a passkey") from problem


async def add_passkey(
    session: AsyncSession,
    clock: Clock,
    site: Site,
    account_id: UUID,
    *,
    answer: str,
    challenge: str,
    name: str,
) -> None:
    """Keep a new passkey. Raises Refused when the answer does not hold."""
    from webauthn import verify_registration_response
    from webauthn.helpers import bytes_to_base64url
    from webauthn.helpers.exceptions import WebAuthnException

    if len(await passkeys_of(session, account_id)) >= MAX_PASSKEYS:
        raise Refused(f"an account has {MAX_PASSKEYS} passkeys at most")
    try:
        proven = verify_registration_response(
            credential=answer,
            expected_challenge=challenge.encode(),
            expected_rp_id=site.id,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as problem:
        raise Refused(f"the passkey was not accepted: {problem}") from problem
    credential_id = bytes_to_base64url(proven.credential_id)
    if await session.scalar(select(PasskeyRow.id).where(PasskeyRow.credential_id == credential_id)):
        raise Refused("this passkey is there already")
    transports = json.loads(answer)["response"].get("transports") or []
    session.add(
        PasskeyRow(
            id=new_id(),
            account_id=account_id,
            credential_id=credential_id,
            public_key=proven.credential_public_key,
            sign_count=proven.sign_count,
            transports=[str(one)[:20] for one in transports[:10]],
            name=name[:MAX_NAME],
            created_at=clock(),
        )
    )


async def account_of_passkey(
    session: AsyncSession, clock: Clock, site: Site, *, answer: str, challenge: str
) -> UUID:
    """Whose passkey answered. Raises Refused alike for one that is unknown and one that fails."""
    from webauthn import verify_authentication_response
    from webauthn.helpers.exceptions import WebAuthnException

    query = select(PasskeyRow).where(PasskeyRow.credential_id == _credential_in(answer))
    row = await session.scalar(query.with_for_update())
    if row is None:
        raise Refused("the passkey is not known here")
    try:
        proven = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge.encode(),
            expected_rp_id=site.id,
            expected_origin=site.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=row.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError) as problem:
        raise Refused("the passkey is not known here") from problem
    row.sign_count, row.used_at = proven.new_sign_count, clock()
    return row.account_id


async def passkeys_of(session: AsyncSession, account_id: UUID) -> Sequence[PasskeyRow]:
    """The oldest first."""
    query = select(PasskeyRow).where(PasskeyRow.account_id == account_id).order_by(PasskeyRow.id)
    return (await session.scalars(query)).all()


async def remove_passkey(session: AsyncSession, account_id: UUID, passkey_id: UUID) -> None:
    """Raises NotThere when the account has no such passkey."""
    gone = (
        delete(PasskeyRow)
        .where(PasskeyRow.id == passkey_id, PasskeyRow.account_id == account_id)
        .returning(PasskeyRow.id)
    )
    if await session.scalar(gone) is None:
        raise NotThere("no such passkey")


def _credential_in(answer: str) -> str:
    try:
        return str(json.loads(answer)["id"])
    except (ValueError, KeyError, TypeError, RecursionError) as problem:
        raise Refused("that is no answer of a passkey") from problem
