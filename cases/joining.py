"""A message comes to a case: it opens one, or joins one."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from cases.history import Actor, append
from cases.models import CaseMessageRow, CaseRow, CaseStatus, JoinedBy, QueueRow
from cases.search import index_words, phone_words
from core.ids import new_id
from core.keypad import keypad_of_reference
from ingest.events import Event
from ingest.message import Automatic
from ingest.models import MessageRow

EXCERPT = 160  # characters
MIN_FINGERPRINT = 20  # characters of text: less is too common to say "the same request"
MAX_FINGERPRINT = 4_000  # characters of text that are compared
_SPACE = re.compile(r"\s+")
_NOT_A_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Opening:
    """What the router decided of a new case."""

    reference: str
    queue: QueueRow
    citizen_id: UUID | None
    mailbox: str
    language: str
    fingerprint: str
    due_at: datetime | None


def open_case(session: AsyncSession, message: MessageRow, opening: Opening) -> Event:
    """Open a case with its first message; returns the event to publish."""
    case = CaseRow(
        id=new_id(),
        reference=opening.reference,
        keypad=keypad_of_reference(opening.reference),
        subject=message.subject,
        status=CaseStatus.NEW,
        channel=message.channel,
        queue_id=opening.queue.id,
        citizen_id=opening.citizen_id,
        sender_name=message.sender_name,
        sender_address=message.sender_address,
        sender_phone=message.sender_phone,
        sender_trust=message.sender_trust,
        mailbox=opening.mailbox,
        language=opening.language,
        excerpt=excerpt(message.text),
        automatic=message.automatic,
        fingerprint=opening.fingerprint,
        received_at=message.received_at,
        due_at=opening.due_at,
        version=1,
        event_count=0,
    )
    session.add(case)
    _attach(session, case, message, JoinedBy.OPENING)
    index_words(session, case.id, message.id, f"{case.reference} {_words(message)}")
    return append(
        session,
        case,
        "opened",
        actor=_citizen(message, opening.citizen_id),
        at=message.received_at,
        message_id=message.id,
        data={"queue": opening.queue.slug},
    )


def join_case(
    session: AsyncSession, case: CaseRow, message: MessageRow, joined_by: JoinedBy
) -> Event:
    """Add a message to its case.

    What a person writes brings the case back to the agents, and so does a bounce: the citizen has
    not read what the case waits for, or was closed with.
    """
    reopens = (
        message.automatic in (Automatic.NO, Automatic.BOUNCE)
        and joined_by != JoinedBy.DUPLICATE
        and case.status in (CaseStatus.WAITING, CaseStatus.CLOSED)
    )
    before = case.status
    if reopens:
        case.status = CaseStatus.IN_PROGRESS if case.claimed_by else CaseStatus.NEW
        case.closed_at = None
    case.version += 1
    _attach(session, case, message, joined_by)
    index_words(session, case.id, message.id, _words(message))
    return append(
        session,
        case,
        "message_joined",
        actor=_citizen(message, None),
        at=message.received_at,
        message_id=message.id,
        data={"joined_by": joined_by, "from": before, "to": case.status},
    )


def fingerprint(address: str, text: str) -> str:
    """What two arrivals of the same request have in common; empty when there is too little."""
    letters = _NOT_A_LETTER.sub(" ", text[:MAX_FINGERPRINT].casefold()).strip()
    if not address or len(letters) < MIN_FINGERPRINT:
        return ""
    return hashlib.sha256(f"{address}\n{letters}".encode()).hexdigest()


def excerpt(text: str) -> str:
    """The first words of a text on one line."""
    line = _SPACE.sub(" ", text[: EXCERPT * 4]).strip()
    return line if len(line) <= EXCERPT else line[: EXCERPT - 1].rstrip() + "…"


def _attach(session: AsyncSession, case: CaseRow, message: MessageRow, joined_by: JoinedBy) -> None:
    session.add(
        CaseMessageRow(
            message_id=message.id,
            case_id=case.id,
            joined_by=joined_by,
            joined_at=message.received_at,
        )
    )


def _words(message: MessageRow) -> str:
    phones = (phone_words(one) for one in (message.sender_address, message.sender_phone))
    return " ".join(
        (message.subject, message.sender_name, message.sender_address, *phones, message.text)
    )


def _citizen(message: MessageRow, citizen_id: UUID | None) -> Actor:
    return Actor("citizen", citizen_id, message.sender_name or message.sender_address)
