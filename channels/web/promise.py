"""The reference that a submission is promised, before there is a case.

It follows from the browser's form cookie and from what was sent, so that pressing *send* twice, or
going back and sending it again, promises the same reference and is one intake, while the same page
sent again with another text is another.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cases.procedures import is_taken
from core.away import later_when_away
from core.database import Database
from core.references import new_reference
from ingest.intake import Accept, Arrival
from ingest.message import ChannelName
from ingest.models import IntakeRow

PROMISING = (ChannelName.WEB, ChannelName.COUNTER, ChannelName.PHONE)
"""The channels whose forms are promised a reference, which is their intake's key."""
MAX_TRIES = 20  # with a million cases, one reference in 30,000 is taken


class Promises:
    """Hands submissions in under references that nobody else has."""

    def __init__(self, database: Database, accept: Accept, secret: bytes) -> None:
        self._database = database
        self._accept = accept
        self._secret = secret

    async def hand_in(self, browser: str, raw: bytes, facts: Mapping[str, Any]) -> str:
        """Accept a submission, or recognise it; returns its reference. Raises Later."""
        identity = await asyncio.to_thread(_identity, browser, raw)
        return await self.keep(ChannelName.WEB, identity, raw, facts)

    async def kept(self, identity: str) -> str:
        """The reference under which it was accepted; empty when it was not."""
        for attempt in range(MAX_TRIES):
            reference = self._reference(identity, attempt)
            owner = await self._owner(reference)
            if owner in ("", identity):
                return reference if owner else ""
        return ""

    async def keep(
        self, channel: ChannelName, identity: str, raw: bytes, facts: Mapping[str, Any]
    ) -> str:
        """The same of any channel; ``identity`` is what a repeated submission has in common."""
        with later_when_away():
            return await self._keep(channel, identity, raw, facts)

    async def _keep(
        self, channel: ChannelName, identity: str, raw: bytes, facts: Mapping[str, Any]
    ) -> str:
        for attempt in range(MAX_TRIES):
            reference = self._reference(identity, attempt)
            owner = await self._owner(reference)
            if owner == "":
                arrival = Arrival(
                    channel=channel,
                    key=reference,
                    raw=raw,
                    facts={**facts, "reference": reference, "identity": identity},
                )
                await self._accept(arrival)
                owner = await self._owner(reference)  # two may have promised it at once
            if owner == identity:
                return reference
        raise RuntimeError(f"{MAX_TRIES} references in a row were taken")

    def _reference(self, identity: str, attempt: int) -> str:
        return new_reference(_chooser(self._secret, f"{identity}:{attempt}"))

    async def _owner(self, reference: str) -> str:
        """The identity of the submission that has this reference; empty when it is free."""
        async with self._database.read() as session:
            intake = await promised_intake(session, reference)
            if intake is not None:
                return str(intake.facts.get("identity"))
            return "a case from elsewhere, or a draft" if await is_taken(session, reference) else ""


async def promised_intake(session: AsyncSession, reference: str) -> IntakeRow | None:
    """The submission that was accepted under this reference, routed or not."""
    query = select(IntakeRow).where(IntakeRow.channel.in_(PROMISING), IntakeRow.key == reference)
    return (await session.scalars(query)).first()


def _identity(browser: str, raw: bytes) -> str:
    """What makes a submission the same one when it is sent again."""
    identity = hashlib.sha256(browser.encode() + b"\0")
    identity.update(raw)
    return identity.hexdigest()


def _chooser(secret: bytes, seed: str) -> Callable[[str], str]:
    """Picks characters by HMAC-SHA-256: as good as chance to whoever lacks the secret."""
    digest = iter(hmac.digest(secret, b"promised-reference:" + seed.encode(), "sha256"))
    return lambda alphabet: alphabet[next(digest) % len(alphabet)]
