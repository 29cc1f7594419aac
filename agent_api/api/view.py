"""From the record to what programs read of it."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from agent_api.api import schemas
from cases import CaseEventRow, CaseItem, CaseRecord, CaseRow
from cases.reading import CaseMessage
from cases.wanted import WantedRow
from ingest.models import MessageRow
from notify import DeliveryItem


def summary_of(item: CaseItem) -> schemas.CaseSummary:
    return schemas.CaseSummary(
        reference=item.reference,
        subject=item.subject,
        channel=item.channel,
        queue=item.queue,
        status=item.status,
        sender=_sender(item),
        excerpt=item.excerpt,
        claimed_by=item.claimed_by,
        received_at=item.received_at,
        due_at=item.due_at,
        version=item.version,
    )


def case_of(
    record: CaseRecord,
    deliveries: Sequence[DeliveryItem],
    texts: Mapping[UUID, Sequence[str]],
    wanted: Sequence[WantedRow],
) -> schemas.Case:
    """``texts`` is what is read on the pages of each document, ``wanted`` what the case waits
    for."""
    case = record.case
    return schemas.Case(
        reference=case.reference,
        subject=case.subject,
        channel=case.channel,
        queue=record.queue.slug,
        status=case.status,
        sender=_sender(case),
        excerpt=case.excerpt,
        claimed_by=record.claimed_by,
        received_at=case.received_at,
        due_at=case.due_at,
        version=case.version,
        messages=[_message(message, texts) for message in record.messages],
        events=[_event(event) for event in record.events],
        deliveries=[schemas.CaseDelivery.model_validate(item) for item in deliveries],
        wanted=[row.name for row in wanted],
    )


def etag(case: CaseRow) -> str:
    """The case's version as an entity tag (RFC 9110, section 8.8.3)."""
    return f'"{case.version}"'


def _sender(of: CaseItem | CaseRow | MessageRow) -> schemas.CaseSender:
    return schemas.CaseSender(
        name=of.sender_name, address=of.sender_address or of.sender_phone, trust=of.sender_trust
    )


def _message(message: CaseMessage, texts: Mapping[UUID, Sequence[str]]) -> schemas.CaseMessage:
    row = message.message
    return schemas.CaseMessage(
        id=row.id,
        direction=row.direction,
        channel=row.channel,
        sender=_sender(row),
        recipients=row.recipients,
        subject=row.subject,
        text=row.text,
        quoted=row.quoted,
        html=row.html,
        authentication=row.authentication,
        automatic=row.automatic,
        joined_by=message.joined_by,
        received_at=row.received_at,
        notes=row.notes,
        details=row.details,
        letter=row.letter,
        documents=[
            schemas.Document(
                id=document.id,
                name=document.name,
                media_type=document.media_type,
                malware=document.malware,
                size=document.size,
                sha256=document.sha256,
                reading=document.reading,
                pages=message.pages.get(document.id, (0, None))[0],
                text="\n\n".join(texts.get(document.id, ())) or None,
            )
            for document in message.documents
        ],
    )


def _event(event: CaseEventRow) -> schemas.CaseEvent:
    return schemas.CaseEvent(
        sequence=event.sequence,
        kind=event.kind,
        at=event.at,
        actor=event.actor_name,
        message_id=event.message_id,
        data=event.data,
    )
