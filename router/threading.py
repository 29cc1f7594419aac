"""Which case a message belongs to, if any: by reference, by thread, or as a duplicate."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cases import CaseMessageRow, CaseRow, CaseStatus, JoinedBy, fingerprint
from core.references import find_references
from ingest.message import ChannelName, Trust
from ingest.models import MessageRow

DUPLICATE_WITHIN = timedelta(days=14)
CONVERSATION = timedelta(days=7)
"""For so long after its closing an SMS still belongs to the conversation."""
MAX_SEARCHED = 20_000  # characters of a text that are searched for references


@dataclass(frozen=True, slots=True)
class Signs:
    """What a message shows of where it belongs."""

    references: Sequence[str]
    """Every reference that it quotes, where it is surest first."""
    fingerprint: str
    likeness: str
    """Of sender, subject and text, however short: what a second delivery has in common."""
    case: str = ""
    """The reference of the case that its citizen wrote it in, signed in or with its key: nothing
    is surer."""


@dataclass(slots=True)
class Threads:
    """What a batch of messages may belong to; grows with the cases that the batch opens."""

    signs: Mapping[UUID, Signs]

    by_reference: dict[str, UUID]
    """Also by the references that were promised to messages which joined another case."""
    by_message_id: dict[str, UUID]
    arrivals: dict[str, tuple[UUID, str]]
    """Case and fingerprint of what came under these Message-IDs before."""
    by_fingerprint: dict[str, tuple[UUID, str]]
    """Case and channel."""
    by_number: dict[str, UUID]
    """The open conversation by SMS of each number."""

    def find(self, message: MessageRow) -> tuple[UUID, JoinedBy] | None:
        """The case that the message belongs to and why, the surest sign first."""
        signs = self.signs[message.id]
        if signs.case in self.by_reference:
            by_key = message.sender_trust != Trust.VERIFIED
            return self.by_reference[signs.case], JoinedBy.KEY if by_key else JoinedBy.ACCOUNT
        # A Message-ID alone proves nothing: anybody can write it above a text of their own.
        arrival = self.arrivals.get(message.rfc_message_id)
        if arrival is not None and arrival[1] == signs.likeness:
            return arrival[0], JoinedBy.DUPLICATE
        return self._named(message, signs) or self._alike(message, signs)

    def _named(self, message: MessageRow, signs: Signs) -> tuple[UUID, JoinedBy] | None:
        """The case that it quotes or answers."""
        for reference in signs.references:
            if reference in self.by_reference:
                return self.by_reference[reference], JoinedBy.REFERENCE
        for message_id in reversed(message.in_reply_to):
            if message_id in self.by_message_id:
                return self.by_message_id[message_id], JoinedBy.THREAD
        return None

    def _alike(self, message: MessageRow, signs: Signs) -> tuple[UUID, JoinedBy] | None:
        # An SMS names nothing that it answers: a number has one conversation at a time.
        if message.channel == ChannelName.SMS and message.sender_address in self.by_number:
            return self.by_number[message.sender_address], JoinedBy.THREAD
        twin = self.by_fingerprint.get(signs.fingerprint)
        # The same text by the same way is somebody who asks again; by another way it is a twin.
        if twin is not None and twin[1] != message.channel:
            return twin[0], JoinedBy.DUPLICATE
        return None

    def remember(self, case_id: UUID, reference: str, message: MessageRow) -> None:
        """Let later messages of the same batch find this case."""
        self.by_reference.setdefault(reference, case_id)
        if message.reference:
            self.by_reference.setdefault(message.reference, case_id)
        if message.rfc_message_id:
            self.by_message_id.setdefault(message.rfc_message_id, case_id)
            likeness = self.signs[message.id].likeness
            self.arrivals.setdefault(message.rfc_message_id, (case_id, likeness))
        if own := self.signs[message.id].fingerprint:
            self.by_fingerprint.setdefault(own, (case_id, message.channel))
        if message.channel == ChannelName.SMS and message.sender_address:
            self.by_number.setdefault(message.sender_address, case_id)


async def read_threads(session: AsyncSession, messages: Sequence[MessageRow]) -> Threads:
    """Look up, in a few queries, what these messages may belong to."""
    signs = {message.id: signs_of(message) for message in messages}
    names = {
        name
        for message in messages
        for name in (message.rfc_message_id, *message.in_reply_to)
        if name
    }
    references = {reference for sign in signs.values() for reference in sign.references}
    references |= {sign.case for sign in signs.values() if sign.case}
    prints = {sign.fingerprint for sign in signs.values() if sign.fingerprint}
    since = min((message.received_at for message in messages), default=None)
    return Threads(
        signs=signs,
        by_reference=await _by_reference(session, references),
        by_message_id=await _by_message_id(session, names),
        arrivals=await _arrivals(
            session, {message.rfc_message_id for message in messages if message.rfc_message_id}
        ),
        by_fingerprint=await _by_fingerprint(session, prints, since),
        by_number=await _by_number(session, messages, since),
    )


def signs_of(message: MessageRow) -> Signs:
    """Our own Message-IDs carry the reference too, so that a bare reply finds its case."""
    places: Iterable[str] = (
        *message.recipients,
        *message.details.get("codes", ()),
        message.subject,
        *message.in_reply_to,
        message.text[:MAX_SEARCHED],
        message.quoted[:MAX_SEARCHED],
    )
    address = message.sender_address or message.sender_phone
    return Signs(
        find_references("\n".join(places)),
        fingerprint(address, message.text),
        _likeness(address, message.subject, message.text[:MAX_SEARCHED]),
        str(message.details.get("case", "")),
    )


def _likeness(address: str, subject: str, text: str) -> str:
    return hashlib.sha256(f"{address}\n{subject}\n{text}".encode()).hexdigest()


async def _by_reference(session: AsyncSession, references: set[str]) -> dict[str, UUID]:
    if not references:
        return {}
    promised = (
        select(MessageRow.reference, CaseMessageRow.case_id)
        .join(CaseMessageRow, CaseMessageRow.message_id == MessageRow.id)
        .where(MessageRow.reference.in_(references), MessageRow.reference != "")
    )
    own = select(CaseRow.reference, CaseRow.id).where(CaseRow.reference.in_(references))
    found = dict((await session.execute(promised)).all())
    return found | dict((await session.execute(own)).all())


async def _by_message_id(session: AsyncSession, names: set[str]) -> dict[str, UUID]:
    if not names:
        return {}
    query = (
        select(MessageRow.rfc_message_id, CaseMessageRow.case_id)
        .join(CaseMessageRow, CaseMessageRow.message_id == MessageRow.id)
        .where(MessageRow.rfc_message_id.in_(names), MessageRow.rfc_message_id != "")
    )
    return dict((await session.execute(query)).all())


async def _arrivals(session: AsyncSession, names: set[str]) -> dict[str, tuple[UUID, str]]:
    if not names:
        return {}
    query = (
        select(
            MessageRow.rfc_message_id,
            CaseMessageRow.case_id,
            MessageRow.sender_address,
            MessageRow.sender_phone,
            MessageRow.subject,
            func.substr(MessageRow.text, 1, MAX_SEARCHED),
        )
        .join(CaseMessageRow, CaseMessageRow.message_id == MessageRow.id)
        .where(MessageRow.rfc_message_id.in_(names), MessageRow.rfc_message_id != "")
    )
    return {
        name: (case_id, _likeness(address or phone, subject, text))
        for name, case_id, address, phone, subject, text in await session.execute(query)
    }


async def _by_fingerprint(
    session: AsyncSession, prints: set[str], since: datetime | None
) -> dict[str, tuple[UUID, str]]:
    if not prints or since is None:
        return {}
    query = (
        select(CaseRow.fingerprint, CaseRow.id, CaseRow.channel)
        .where(
            CaseRow.fingerprint.in_(prints),
            CaseRow.received_at > since - DUPLICATE_WITHIN,
            # Who asks once more after the answer asks anew.
            CaseRow.status != CaseStatus.CLOSED,
        )
        .order_by(CaseRow.id)
    )
    return {own: (case_id, channel) for own, case_id, channel in await session.execute(query)}


async def _by_number(
    session: AsyncSession, messages: Sequence[MessageRow], since: datetime | None
) -> dict[str, UUID]:
    numbers = {
        message.sender_address
        for message in messages
        if message.channel == ChannelName.SMS and message.sender_address
    }
    if not numbers or since is None:
        return {}
    query = (
        select(CaseRow.sender_address, CaseRow.id)
        .where(
            CaseRow.sender_address.in_(numbers),
            CaseRow.channel == ChannelName.SMS,
            CaseRow.closed_at.is_(None) | (CaseRow.closed_at > since - CONVERSATION),
        )
        .order_by(CaseRow.id)  # the newest counts
    )
    return dict((await session.execute(query)).all())
