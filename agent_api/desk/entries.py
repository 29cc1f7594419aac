"""A case's timeline as the desk shows it, from its history, messages and deliveries."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from agent_api.views import DocumentLine, Entry, EventEntry, MessageEntry, NoteEntry
from cases import CaseEventRow, CaseRecord, CaseRow
from cases.reading import CaseMessage
from notify import DeliveryItem

WITH_A_MESSAGE = frozenset({"opened", "message_joined", "replied"})


def entries_of(
    record: CaseRecord,
    deliveries: Sequence[DeliveryItem],
    queue_names: Mapping[str, str],
    *,
    after: int = 0,
) -> list[Entry]:
    """What happened, oldest first; only what came after the event number ``after``."""
    messages = {message.message.id: message for message in record.messages}
    status = {item.message_id: item for item in deliveries if item.kind == "reply"}
    return [
        entry
        for event in record.events
        if event.sequence > after
        for entry in _entries(event, messages, status, queue_names, record.case)
    ]


def _entries(
    event: CaseEventRow,
    messages: Mapping[UUID, CaseMessage],
    deliveries: Mapping[str, DeliveryItem],
    queue_names: Mapping[str, str],
    case: CaseRow,
) -> Iterator[Entry]:
    message = messages.get(event.message_id) if event.message_id else None
    if event.kind in WITH_A_MESSAGE and message is not None:
        yield _message(message, deliveries.get(message.message.rfc_message_id), case)
        if event.kind == "message_joined" and event.data.get("from") == "closed" != event.data.get(
            "to"
        ):
            yield EventEntry(change="reopened", at=event.at)
    elif event.kind == "noted":
        text = str(event.data.get("text", ""))
        yield NoteEntry(at=event.at, agent_name=event.actor_name, text=text)
    else:
        yield EventEntry(
            change=event.kind,
            at=event.at,
            agent_name=event.actor_name if event.actor_kind == "agent" else "",
            text=_text(event, queue_names),
        )


def _text(event: CaseEventRow, queue_names: Mapping[str, str]) -> str:
    data = event.data
    match event.kind:
        case "moved":
            return queue_names.get(data.get("to", ""), data.get("to", ""))
        case "delivery_failed":
            return f"{data.get('recipient', '')}: {data.get('reason', '')}"
        case "sender_verified" | "sender_doubtful":
            return str(data.get("domain", ""))
        case _:
            return str(data.get("text", ""))


def _message(message: CaseMessage, delivery: DeliveryItem | None, case: CaseRow) -> MessageEntry:
    row = message.message
    return MessageEntry(
        id=row.id,
        direction="out" if row.direction == "out" else "in",
        channel=row.channel,
        at=row.received_at,
        sender_name=row.sender_name,
        sender_address=row.sender_address,
        sender_trust=row.sender_trust,
        other_sender=row.direction == "in" and row.sender_address != case.sender_address,
        forged=bool(row.authentication and row.authentication.get("dmarc") == "fail"),
        recipients=row.recipients,
        subject=row.subject,
        text=row.text,
        quoted=row.quoted,
        has_html=message.has_html,
        automatic=row.automatic,
        joined_by=message.joined_by,
        delivery=shown_status(delivery) if delivery else "",
        in_doubt=bool(delivery and delivery.in_doubt),
        delivery_error=delivery.last_error if delivery else "",
        notes=row.notes,
        documents=[
            DocumentLine(
                id=document.id,
                name=document.name,
                media_type=document.media_type,
                size=document.size,
                text=document.text,
            )
            for document in message.documents
        ],
    )


def shown_status(delivery: DeliveryItem) -> str:
    """The state for the badge: what stayed on the outbox page was not really sent."""
    return "kept" if delivery.is_kept else delivery.status
