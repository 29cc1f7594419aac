"""A case's timeline as the desk shows it, from its history, messages and deliveries."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from uuid import UUID

from agent_api.desk.call_cards import shown_number
from agent_api.paper import DocumentLine, Paper, Suggestion
from agent_api.views import Entry, EventEntry, MessageEntry, NoteEntry
from cases import CaseEventRow, CaseRecord, CaseRow
from cases.history import UNFULFILLED
from cases.procedures import Filed
from cases.reading import CaseMessage
from ingest.message import ON_PAPER
from ingest.models import DocumentRow, MessageRow
from notify import DeliveryItem, Medium

TOLD = ("quality", "station", "gateway", "problem", "file", "folder", "by")
MAX_CODES = 5
SUGGESTED = ("sender", "date", "subject", "references", "language")
WITH_A_MESSAGE = frozenset({"opened", "message_joined", "replied"})


def entries_of(
    record: CaseRecord,
    deliveries: Sequence[DeliveryItem],
    queue_names: Mapping[str, str],
    *,
    after: int = 0,
    hits: Mapping[UUID, int] = MappingProxyType({}),
    forms: Mapping[UUID, Filed] = MappingProxyType({}),
) -> list[Entry]:
    """What happened, oldest first; only what came after the event number ``after``.

    ``hits`` are the pages of each document on which stands what was searched for, ``forms`` what
    messages came with.
    """
    messages = {message.message.id: message for message in record.messages}
    status = {item.message_id: item for item in deliveries if item.kind == "reply"}
    entries = [
        entry
        for event in record.events
        if event.sequence > after
        for entry in _entries(event, messages, status, queue_names, record.case, hits)
    ]
    return [
        replace(entry, form=forms.get(entry.id)) if isinstance(entry, MessageEntry) else entry
        for entry in entries
    ]


def _entries(
    event: CaseEventRow,
    messages: Mapping[UUID, CaseMessage],
    deliveries: Mapping[str, DeliveryItem],
    queue_names: Mapping[str, str],
    case: CaseRow,
    hits: Mapping[UUID, int],
) -> Iterator[Entry]:
    message = messages.get(event.message_id) if event.message_id else None
    if event.kind in ("documents_read", "documents_fetched"):
        return  # the documents themselves say so
    if event.kind in WITH_A_MESSAGE and message is not None:
        yield _message(message, deliveries.get(message.message.rfc_message_id), case, hits)
        if event.kind == "message_joined" and event.data.get("from") == "closed" != event.data.get(
            "to"
        ):
            yield EventEntry(change="reopened", at=event.at)
    elif _change(event) == "pages_received" and message is not None:
        yield _event(event, queue_names)
        yield _message(message, None, case, hits)
    elif event.kind == "noted":
        text = str(event.data.get("text", ""))
        yield NoteEntry(at=event.at, agent_name=event.actor_name, text=text)
    else:
        yield _event(event, queue_names)


def _event(event: CaseEventRow, queue_names: Mapping[str, str]) -> EventEntry:
    return EventEntry(
        change=_change(event),
        at=event.at,
        agent_name=event.actor_name if event.actor_kind == "agent" else "",
        text=_text(event, queue_names),
        seconds=event.data.get("seconds"),
    )


def _change(event: CaseEventRow) -> str:
    if event.kind == "consent_changed":
        return "consent_given" if event.data.get("allowed") else "consent_withdrawn"
    if event.kind == "closed" and event.data.get("outcome") == UNFULFILLED:
        return "closed_unfulfilled"
    if event.kind != "pages_changed":
        return event.kind
    return "pages_received" if "from" in event.data else f"pages_{event.data.get('change', '')}"


def _text(event: CaseEventRow, queue_names: Mapping[str, str]) -> str:
    data = event.data
    match event.kind:
        case "pages_changed":
            return str(data.get("from") or data.get("name", ""))
        case "moved":
            return queue_names.get(data.get("to", ""), data.get("to", ""))
        case "callback_requested" | "callback_done" | "callback_again" | "callback_unreachable":
            return "\n".join(filter(None, (str(data.get("phone", "")), str(data.get("text", "")))))
        case "call_linked" | "call_ended" | "call_missed":
            return shown_number(str(data.get("phone", "")))
        case "delivery_failed":
            return f"{data.get('recipient', '')}: {data.get('reason', '')}"
        case _:  # of a sender's domain, a document's name, a medium that was agreed to, or words
            known = ("domain", "name", "medium", "text")
            return str(next((data[one] for one in known if data.get(one)), ""))


def _message(
    message: CaseMessage,
    delivery: DeliveryItem | None,
    case: CaseRow,
    hits: Mapping[UUID, int],
) -> MessageEntry:
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
        filed_by=str(row.details.get("by", "")) if row.details.get("identity") else "",
        identity=str(row.details.get("identity", "")),
        paper=paper_of(row) if row.channel in ON_PAPER and row.direction == "in" else None,
        suggestions=suggestions_of(row),
        documents=[line_of(document, message.pages, hits) for document in message.documents],
    )


def paper_of(message: MessageRow) -> Paper:
    told = {name: str(message.details.get(name, "")) for name in TOLD}
    return Paper(
        **told,
        pages=int(message.details.get("pages") or 0),
        letters=int(message.details.get("letters") or 0),
        is_cut=message.cut_from is not None,
        has_cover=bool(message.details.get("cover")),
        codes=[str(code) for code in message.details.get("codes", ())][:MAX_CODES],
    )


def line_of(
    document: DocumentRow,
    pages: Mapping[UUID, tuple[int, UUID]],
    hits: Mapping[UUID, int] = MappingProxyType({}),
) -> DocumentLine:
    """``hits`` are the pages on which stands what was searched for."""
    count, first = pages.get(document.id, (0, None))
    return DocumentLine(
        id=document.id,
        name=document.name,
        media_type=document.media_type,
        size=document.size,
        reading=document.reading,
        malware=document.malware,
        problem=document.problem,
        pages=count,
        first_page=first,
        hits=hits.get(document.id, 0),
    )


def suggestions_of(message: MessageRow) -> list[Suggestion]:
    said = message.letter or {}
    return [
        Suggestion(
            name=name,
            value=said[name]["value"],
            confidence=said[name]["confidence"],
            day=_day(said[name]["value"]) if name == "date" else None,
        )
        for name in SUGGESTED
        if said.get(name)
    ]


def _day(value: str) -> datetime | None:
    try:
        # At noon it is the same day in every time zone that a town may have.
        return datetime.combine(date.fromisoformat(value), time(12), UTC)
    except ValueError:
        return None


def shown_status(delivery: DeliveryItem) -> str:
    """The state for the badge: what stayed on the outbox page was not really sent."""
    if delivery.medium == Medium.LETTER:
        return {"queued": "to_print", "sent": "printed"}.get(delivery.status, delivery.status)
    return "kept" if delivery.is_kept else delivery.status
